// The mailbox of a call between two threads: the rules of mailbox.hpp.

#include <atomic>
#include <thread>

#include "engine/mailbox.hpp"
#include "support/catch.hpp"

using namespace wayfare;
using namespace std::chrono_literals;

namespace {

using Shared = std::shared_ptr<Mailbox::Shared>;

Shared nothing_open() { return std::make_shared<Mailbox::Shared>(); }

Event delta(std::string text) { return {.type = EventType::text, .text = std::move(text)}; }
Event done() { return {.type = EventType::done}; }
Event failed() { return {.type = EventType::error}; }

void put(Mailbox& box, std::vector<Event> events) {
  box.put(events);
  if (!events.empty()) throw std::logic_error("put left events behind");
}

struct Taken {
  NextStatus next{};
  std::vector<Event> events;
  bool wake = false;
};
Taken take(Mailbox& box, std::chrono::milliseconds timeout = 0ms) {
  Taken taken;
  taken.next = box.take(timeout, taken.events, taken.wake);
  return taken;
}

// A thread that calls take() once. result() waits for it.
class Taker {
 public:
  Taker(Mailbox& box, std::chrono::milliseconds timeout)
      : thread_([this, &box, timeout] {
          running_ = true;
          taken_ = take(box, timeout);
        }) {
    while (!running_) std::this_thread::yield();
    // The thread is most likely waiting now. The tests also pass if it is not.
    std::this_thread::sleep_for(5ms);
  }
  ~Taker() {
    if (thread_.joinable()) thread_.join();
  }
  const Taken& result() {
    thread_.join();
    return taken_;
  }

 private:
  Taken taken_;
  std::atomic<bool> running_{false};
  std::thread thread_;
};

} // namespace

TEST_CASE("take appends all waiting events in order") {
  Mailbox box(1, nothing_open());
  put(box, {delta("a"), delta("b")});
  put(box, {delta("c")});
  std::vector<Event> events{delta("before")};
  bool wake = true;
  CHECK(box.take(0ms, events, wake) == NextStatus::events);
  REQUIRE(events.size() == 4);
  CHECK(events[0].text + events[1].text + events[2].text + events[3].text == "beforeabc");
  CHECK_FALSE(wake);
  CHECK(take(box).next == NextStatus::nothing);
}

TEST_CASE("putting no events does nothing") {
  const Shared shared = nothing_open();
  Mailbox box(1, shared);
  put(box, {});
  CHECK(take(box).next == NextStatus::nothing);
  CHECK(shared->open == 1);
}

TEST_CASE("a call counts as open until its final event is taken") {
  const Shared shared = nothing_open();
  for (const auto& final : {done(), failed()}) {
    Mailbox box(1, shared);
    CHECK(shared->open == 1);
    put(box, {delta("a")});
    CHECK(take(box).next == NextStatus::events);
    CHECK(shared->open == 1);
    put(box, {delta("b"), final});
    CHECK(shared->open == 1); // the call ended, but the final event was not taken
    CHECK(take(box).events.size() == 2);
    CHECK(shared->open == 0);
    CHECK(take(box).next == NextStatus::over);
    CHECK(take(box).next == NextStatus::over);
    box.forget();
    box.close();
    CHECK(shared->open == 0); // counted only once
    CHECK(take(box).next == NextStatus::over);
    CHECK(take(box, -1ms).next == NextStatus::over); // take() never waits then
  }
}

TEST_CASE("the maker learns that a mailbox is full, and is woken once when it was emptied") {
  Mailbox box(1, nothing_open());
  CHECK(box.has_room());
  int count = 0;
  while (box.has_room()) {
    put(box, {delta(std::string(1000, 'x'))});
    ++count;
    REQUIRE(count < 1000);
  }
  CHECK(count * (1000 + sizeof(Event)) >= Mailbox::room); // the last put() may exceed the limit
  CHECK((count - 1) * (1000 + sizeof(Event)) < Mailbox::room);
  CHECK_FALSE(box.has_room()); // asking twice gives only one wake
  const Taken first = take(box);
  CHECK(first.events.size() == static_cast<std::size_t>(count));
  CHECK(first.wake);
  CHECK(box.has_room());
  put(box, {delta("more")});
  CHECK_FALSE(take(box).wake);
}

TEST_CASE("events without text fill a mailbox too") {
  Mailbox box(1, nothing_open());
  for (std::size_t left = Mailbox::room / sizeof(Event) + 1; left > 0; --left)
    put(box, {delta("")});
  CHECK_FALSE(box.has_room());
}

TEST_CASE("tool names and ids count towards the room") {
  Mailbox box(1, nothing_open());
  put(box, {{.type = EventType::tool,
             .tool_call = {.id = std::string(Mailbox::room / 2, 'i'),
                           .name = std::string(Mailbox::room / 2, 'n')}}});
  CHECK_FALSE(box.has_room());
}

TEST_CASE("the events of one network read fit, and the final event always fits") {
  Mailbox box(1, nothing_open());
  put(box, {delta(std::string(10 * Mailbox::room, 'x')), delta("y")});
  CHECK_FALSE(box.has_room());
  put(box, {done()});
  const Taken taken = take(box);
  REQUIRE(taken.events.size() == 3);
  CHECK(taken.events[2].type == EventType::done);
  CHECK(take(box).next == NextStatus::over);
}

TEST_CASE("a taker waits for the first event") {
  Mailbox box(1, nothing_open());
  for (const auto timeout :
       {-1ms, 10'000ms, std::chrono::milliseconds::max(), std::chrono::milliseconds::min()}) {
    Taker taker(box, timeout);
    put(box, {delta("a")});
    CHECK(taker.result().next == NextStatus::events);
  }
}

TEST_CASE("a taker waits no longer than its timeout") {
  Mailbox box(1, nothing_open());
  const auto begin = std::chrono::steady_clock::now();
  CHECK(take(box, 20ms).next == NextStatus::nothing);
  const auto waited = std::chrono::steady_clock::now() - begin;
  CHECK(waited >= 20ms);
  CHECK(waited < 5s);
}

TEST_CASE("a second taker gets busy while the first one waits") {
  Mailbox box(1, nothing_open());
  Taker taker(box, -1ms);
  Taken second;
  for (int left = 1000; left > 0; --left) { // the first thread may not wait yet
    second = take(box);
    if (second.next == NextStatus::busy) break;
    std::this_thread::sleep_for(1ms);
  }
  CHECK(second.next == NextStatus::busy);
  CHECK(take(box, -1ms).next == NextStatus::busy);
  put(box, {delta("for the first"), done()});
  CHECK(taker.result().next == NextStatus::events);
  CHECK(take(box).next == NextStatus::over);
}

TEST_CASE("forget drops the waiting events and ends waiting takers") {
  const Shared shared = nothing_open();
  Mailbox box(1, shared);
  Taker taker(box, -1ms);
  box.forget();
  CHECK(taker.result().next == NextStatus::over);
  CHECK(shared->open == 1); // the call still runs
  put(box, {delta("a")});
  CHECK(shared->open == 1);
  CHECK(box.has_room()); // no thread takes events, so the maker must not wait
  put(box, {delta(std::string(2 * Mailbox::room, 'x'))});
  CHECK(box.has_room());
  put(box, {delta("b"), done()});
  CHECK(shared->open == 0);
  CHECK(take(box).next == NextStatus::over);
  CHECK(take(box).events.empty());
}

TEST_CASE("forget lets the maker of a full mailbox go on") {
  Mailbox box(1, nothing_open());
  put(box, {delta(std::string(2 * Mailbox::room, 'x'))});
  CHECK_FALSE(box.has_room());
  box.forget();
  CHECK(box.has_room());
}

TEST_CASE("forget also counts out a call whose final event was not taken") {
  const Shared shared = nothing_open();
  Mailbox box(1, shared);
  put(box, {failed()});
  CHECK(shared->open == 1);
  box.forget();
  CHECK(shared->open == 0);
  box.forget();
  CHECK(shared->open == 0);
}

TEST_CASE("a closed mailbox gives its events, and then closed") {
  Mailbox box(1, nothing_open());
  put(box, {delta("a")});
  box.close();
  CHECK(take(box).next == NextStatus::events);
  CHECK(take(box, -1ms).next == NextStatus::closed); // without waiting
  put(box, {failed()});                              // the end of a call after close() cancelled it
  CHECK(take(box).next == NextStatus::events);
  CHECK(take(box).next == NextStatus::over);
}

TEST_CASE("close ends waiting takers") {
  const Shared shared = nothing_open();
  Mailbox box(1, shared);
  Taker taker(box, -1ms);
  box.close();
  const Taken& taken = taker.result();
  CHECK(taken.next == NextStatus::closed);
  CHECK(taken.events.empty());
  CHECK(shared->open == 1);
}

TEST_CASE("a waiting taker gets a final event that came before close") {
  for (int left = 50; left > 0; --left) {
    Mailbox box(1, nothing_open());
    Taken taken;
    std::thread thread([&] { taken = take(box, -1ms); });
    put(box, {done()});
    box.close();
    thread.join();
    CHECK(taken.next == NextStatus::events);
  }
}

TEST_CASE(
    "a slow taker gets every event once and in order, and the maker never passes the bound by more "
    "than a piece") {
  constexpr int total = 20'000, piece = 7;
  const Shared shared = nothing_open();
  Mailbox box(1, shared);
  std::atomic<bool> woken{false};
  std::atomic<int> slept{0};
  std::thread maker([&] {
    std::vector<Event> events;
    for (int at = 0; at < total;) {
      while (!box.has_room()) {
        ++slept;
        // A lost wake would hang here.
        while (!woken.exchange(false)) std::this_thread::yield();
      }
      for (int left = piece; left > 0 && at < total; --left)
        events.push_back(delta(std::to_string(at++)));
      box.put(events);
    }
    events.push_back(done());
    box.put(events);
  });

  int expected = 0, finals = 0, wakes = 0;
  std::size_t most = 0;
  bool in_order = true;
  // However slow the maker is, it reaches the limit once.
  while (slept == 0) std::this_thread::yield();
  for (Taken taken; (taken = take(box, 10'000ms)).next == NextStatus::events;) {
    std::size_t bytes = 0;
    for (const Event& event : taken.events) {
      bytes += sizeof(Event) + event.text.size();
      if (event.type == EventType::done)
        ++finals;
      else
        in_order = in_order && finals == 0 && event.text == std::to_string(expected++);
    }
    most = std::max(most, bytes);
    if (taken.wake) {
      ++wakes;
      woken = true;
    }
    std::this_thread::sleep_for(100us);
  }
  woken = true; // so that the maker ends after a failure above
  maker.join();
  CHECK(in_order);
  CHECK(expected == total);
  CHECK(finals == 1);
  CHECK(wakes == slept);
  CHECK(wakes > 0);
  CHECK(most < Mailbox::room + (piece + 1) * (sizeof(Event) + 8));
  CHECK(take(box).next == NextStatus::over);
  CHECK(shared->open == 0);
}

TEST_CASE("a watcher that takes nothing loses the oldest notices and is told how many") {
  const Shared shared = nothing_open();
  Mailbox box(1, shared);
  const auto put_some = [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t at = from; at < to; ++at)
      box.put_notice(std::make_shared<const Notice>(Notice{.total_us = at}));
  };
  put_some(0, 5000);
  std::vector<Event> events = take(box).events;
  CHECK(events.size() <= Mailbox::notices_max);
  CHECK(events.front().type == EventType::notice);
  CHECK(events.front().notice->dropped == *events.front().notice->total_us);
  std::int64_t told = 0, next = *events.front().notice->total_us;
  for (const Event& event : events) {
    told += 1 + event.notice->dropped;
    CHECK(*event.notice->total_us == next++);
  }
  CHECK(told == 5000);
  put_some(0, 3); // nothing was dropped since
  events = take(box).events;
  CHECK(events.size() == 3);
  CHECK(events.front().notice->dropped == 0);
  put(box, {done()});
  put_some(0, 1); // nothing follows the end
  CHECK(take(box).events.size() == 1);
}
