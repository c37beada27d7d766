// The rules of the eleven functions in wayfare.h, with many threads for the rules about threads.

#include <poll.h>
#include <sys/wait.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "capi/client.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"

using namespace std::chrono_literals;

namespace {

// The server holds calls with the prompt "held" until the gate opens.
struct Gate {
  std::mutex mutex;
  std::condition_variable changed;
  bool open = false;
  void wait() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return open; });
  }
  void release() {
    std::lock_guard lock(mutex);
    open = true;
    changed.notify_all();
  }
};

Server::Answer answering(Gate& gate) {
  return [&gate](const std::string& body) {
    if (body.find("held") != std::string::npos) gate.wait();
    if (body.find("\"stream\":true") == std::string::npos) return Server::pong();
    std::string events;
    for (int at = 0; at < 20; ++at)
      events += "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ab\"}}]}\n\n";
    return Server::stream(events +
                          "data: "
                          "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],"
                          "\"usage\":{\"prompt_tokens\":1,"
                          "\"completion_tokens\":2,\"cost\":0.5}}\n\ndata: [DONE]\n\n");
  };
}

struct World {
  Folder folder;
  Gate gate;
  Server server{answering(gate)};
  CClient client{server, folder / "l.db"};
  ~World() { gate.release(); } // the destructor of the server waits for its threads
};

bool is_readable(int descriptor, int timeout_ms = 0) {
  pollfd one{descriptor, POLLIN, 0};
  return poll(&one, 1, timeout_ms) == 1;
}

} // namespace

TEST_CASE("C: a chat, a stream and a report") {
  World world;
  auto& client = world.client;
  CHECK(wayfare_abi() == WAYFARE_ABI);
  CHECK(std::string(wayfare_version()).find('.') != std::string::npos);

  const auto chat = client.rest(client.say("hi"));
  CHECK(chat.find(R"("type":"done","reply":{"text":"pong")") != std::string::npos);
  CHECK(chat.find(R"("cost":"0.001")") != std::string::npos);
  CHECK(finals(chat) == 1);

  const auto stream = client.rest(client.say("hi", true));
  CHECK(count_of(stream, R"("type":"text","text":"ab")") == 20);
  CHECK(stream.find(R"("cost":"0.5")") != std::string::npos);
  CHECK(finals(stream) == 1);

  const auto usage = client.rest(wayfare_submit(client, R"({"op":"usage"})"));
  CHECK(usage.find(R"("cost":"0.501")") != std::string::npos);
  const auto entries = client.rest(wayfare_submit(client, R"({"op":"entries"})"));
  CHECK(count_of(entries, R"("state":"settled")") == 2);
}

TEST_CASE("C: an error in a request comes as its final event") {
  World world;
  auto& client = world.client;
  for (const char* request : {"",
                              "nonsense",
                              "[]",
                              "{}",
                              R"({"body":[]})",
                              R"({"op":"paint"})",
                              R"({"body":{},"colour":1})",
                              R"({"body":{},"route":{"x":1}})",
                              R"({"body":{},"route":{"policy":"quickest"}})",
                              R"({"body":{},"route":{"policy":{"max_price":{"prompt":"x"}}}})",
                              R"({"body":{},"route":{"max_cost":"x"}})",
                              R"({"body":{},"route":{"retries":-1}})",
                              R"({"body":{},"route":{"models":["a","a"]}})",
                              R"({"op":"select","body":{"stream":true}})",
                              R"({"op":"models","x":1})",
                              R"({"body":{},"charge_to":{"x":"y"}})",
                              R"({"op":"usage","by":["colour"]})",
                              R"({"op":"usage","since":"yesterday"})",
                              R"({"op":"entries","limit":-1})",
                              R"({"op":"entries","limit":99999999})"}) {
    std::int32_t last = 0;
    const auto events = client.rest(wayfare_submit(client, request), &last);
    INFO(request << " → " << events);
    CHECK(finals(events) == 1);
    CHECK((events.find(R"("code":"invalid")") != std::string::npos ||
           events.find(R"("code":"unsupported")") != std::string::npos));
    CHECK(last == 2);
  }
  const auto null = client.rest(wayfare_submit(client, nullptr));
  CHECK(finals(null) == 1);
}

TEST_CASE("C: open refuses options that cannot be used") {
  for (const char* options :
       {"nonsense", "[]", R"({"colour":1})", R"({"base_url":"ftp://x"})", R"({"deadline":"soon"})",
        R"({"durability":"none"})", R"({"max_open_calls":0})", R"({"deadline":-1})"}) {
    auto* client = reinterpret_cast<wayfare_client*>(1);
    char* error = nullptr;
    CHECK(wayfare_open(options, &client, &error) == WAYFARE_INVALID);
    CHECK(client == nullptr);
    CHECK(CClient::take(error).find(R"("code":"invalid")") != std::string::npos);
    CHECK(wayfare_open(options, &client, nullptr) == WAYFARE_INVALID);
  }
  wayfare_client* client = nullptr;
  CHECK(wayfare_open(nullptr, &client, nullptr) == 0); // only checks the options
  wayfare_close(client);
  wayfare_close(nullptr);
  wayfare_free(nullptr);
}

TEST_CASE("C: many threads call next, each for its own call") {
  World world;
  std::atomic<int> whole{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread)
    threads.emplace_back([&, thread] {
      for (int round = 0; round < 20; ++round) {
        std::int32_t last = 0;
        const auto events =
            world.client.rest(world.client.say("hi", (thread + round) % 2 == 0), &last);
        whole += finals(events) == 1 && last == 2;
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(whole == 160);
}

TEST_CASE("C: next without events, in a second thread, and for a call that is over") {
  World world;
  std::string events;
  const auto id = world.client.say("held");
  CHECK(world.client.next(id, 0, events) == 0);
  CHECK(world.client.next(id, 20, events) == 0);
  std::atomic<std::int32_t> first{-100};
  std::string got;
  std::thread waiter([&] { first = world.client.next(id, -1, got); });
  // Waits until the other thread waits.
  while (world.client.next(id, 0, events) != WAYFARE_BUSY) std::this_thread::sleep_for(1ms);
  world.gate.release();
  waiter.join();
  CHECK(first == 1);
  CHECK(finals(got) == 1);
  CHECK(world.client.next(id, -1, events) == 2);
  CHECK(world.client.next(999'999, -1, events) == 2);
}

TEST_CASE("C: ready returns an id once until its events are taken") {
  World world;
  const auto id = world.client.say("hi");
  CHECK(wayfare_ready(world.client, -1) == id);
  CHECK(wayfare_ready(world.client, 0) == 0);
  CHECK(wayfare_ready(world.client, 30) == 0);
  std::string events;
  CHECK(world.client.next(id, 0, events) == 1);
  CHECK(wayfare_ready(world.client, 0) == 0);
}

TEST_CASE("C: ready does not return calls whose events were taken or are waited for") {
  World world;
  std::string events;
  CHECK(finals(world.client.rest(world.client.say("hi"))) == 1);
  CHECK(wayfare_ready(world.client, 0) == 0);

  const auto held = world.client.say("held");
  std::thread waiter([&] { world.client.rest(held); });
  while (world.client.next(held, 0, events) != WAYFARE_BUSY) std::this_thread::sleep_for(1ms);
  world.gate.release();
  waiter.join();
  CHECK(wayfare_ready(world.client, 0) == 0);
}

TEST_CASE("C: many streams in one thread by ready and the descriptor") {
  World world;
  const int descriptor = wayfare_fd(world.client);
  CHECK(descriptor >= 0);
  CHECK(wayfare_fd(world.client) == descriptor);
  CHECK(!is_readable(descriptor));
  std::set<std::int64_t> open;
  for (int at = 0; at < 100; ++at) open.insert(world.client.say("hi", true));
  std::string all, events;
  while (!open.empty()) {
    REQUIRE(is_readable(descriptor, 20'000));
    for (std::int64_t id = 0; (id = wayfare_ready(world.client, 0)) > 0;)
      while (world.client.next(id, 0, events) == 1) {
        all += events;
        if (finals(events) == 1) open.erase(id);
      }
  }
  CHECK(count_of(all, R"("type":"text")") == 2000);
  CHECK(finals(all) == 100);
  CHECK(!is_readable(descriptor));
}

TEST_CASE("C: cancel ends a call with one final event, and forget without any") {
  World world;
  const auto cancelled = world.client.say("held");
  CHECK(wayfare_cancel(world.client, cancelled, 0) == 0);
  CHECK(wayfare_cancel(world.client, cancelled, 0) == 0);
  const auto events = world.client.rest(cancelled);
  CHECK(finals(events) == 1);
  CHECK(events.find(R"("code":"cancelled")") != std::string::npos);
  CHECK(wayfare_cancel(world.client, cancelled, 1) == 0); // the call is over: does nothing
  CHECK(wayfare_cancel(world.client, 999'999, 0) == 0);

  const auto forgotten = world.client.say("held");
  std::atomic<std::int32_t> got{-100};
  std::thread waiter([&] {
    std::string none;
    got = world.client.next(forgotten, -1, none);
  });
  std::string none;
  while (world.client.next(forgotten, 0, none) != WAYFARE_BUSY) std::this_thread::sleep_for(1ms);
  CHECK(wayfare_cancel(world.client, forgotten, 1) == 0);
  waiter.join();
  CHECK(got == 2);
  CHECK(wayfare_ready(world.client, 50) == 0);
  // Both calls may have been billed, the forgotten one too.
  for (int tries = 0; tries < 200; ++tries) {
    const auto entries = world.client.rest(wayfare_submit(world.client, R"({"op":"entries"})"));
    if (count_of(entries, R"("state":"unknown")") + count_of(entries, R"("state":"void")") == 2)
      return;
    std::this_thread::sleep_for(20ms);
  }
  FAIL("the forgotten call was not booked");
}

TEST_CASE("C: wake lasts until one ready returns 0, and does not affect next") {
  World world;
  const int descriptor = wayfare_fd(world.client);
  wayfare_wake(world.client);
  wayfare_wake(world.client);
  CHECK(is_readable(descriptor));
  CHECK(wayfare_ready(world.client, -1) == 0);
  CHECK(!is_readable(descriptor));

  std::thread waker([&] {
    std::this_thread::sleep_for(20ms);
    wayfare_wake(world.client);
  });
  CHECK(wayfare_ready(world.client, -1) == 0);
  waker.join();

  const auto id = world.client.say("hi");
  while (!is_readable(descriptor, 20'000)) {}
  wayfare_wake(world.client);
  CHECK(wayfare_ready(world.client, -1) == id); // a listed call comes before a wake
  CHECK(wayfare_ready(world.client, -1) == 0);

  const auto held = world.client.say("held");
  std::string events;
  wayfare_wake(world.client);
  CHECK(world.client.next(held, 30, events) == 0);
}

TEST_CASE("C: close ends waiting threads first") {
  for (int round = 0; round < 10; ++round) {
    World world;
    std::vector<std::thread> threads;
    std::atomic<int> out{0};
    for (int at = 0; at < 6; ++at) {
      const auto id = world.client.say("held", at % 2 == 0);
      threads.emplace_back([&, id, handle = world.client.handle] {
        char* text = nullptr;
        std::int32_t got = 0;
        std::string all;
        while ((got = wayfare_next(handle, id, -1, &text)) == 1) {
          all += CClient::take(text);
          if (finals(all) == 1) break;
        }
        out += finals(all) == 1 || got == WAYFARE_CLOSED;
      });
    }
    threads.emplace_back([&, handle = world.client.handle] {
      std::int64_t got = 0;
      while ((got = wayfare_ready(handle, -1)) > 0) {}
      out += got == WAYFARE_CLOSED;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(3 * round));
    world.client.close();
    for (auto& thread : threads) thread.join();
    CHECK(out == 7);
  }
}

TEST_CASE("C: submit returns full until a final event is taken") {
  const Folder folder;
  Gate gate;
  const Server server(answering(gate));
  CClient client(server, folder / "l.db", R"(,"max_open_calls":2)");
  const auto first = client.say("hi");
  const auto second = client.say("hi");
  CHECK(client.say("hi") == WAYFARE_FULL);
  client.rest(first);
  const auto third = client.say("hi");
  CHECK(third > second);
  client.rest(second);
  client.rest(third);
}

TEST_CASE("C: after a fork a used client returns forked, and the parent goes on") {
  World world;
  const auto held = world.client.say("held", true);
  const pid_t child = fork();
  if (child == 0) {
    std::string events;
    char* text = nullptr;
    const bool good = wayfare_submit(world.client, "{}") == WAYFARE_FORKED &&
                      wayfare_next(world.client, held, -1, &text) == WAYFARE_FORKED &&
                      wayfare_cancel(world.client, held, 1) == WAYFARE_FORKED &&
                      wayfare_ready(world.client, -1) == WAYFARE_FORKED &&
                      wayfare_fd(world.client) == -1;
    wayfare_wake(world.client);
    wayfare_close(world.client);
    _exit(good ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(status == 0);
  CHECK(wayfare_ready(world.client, 0) == 0); // the wake in the child did not reach the parent
  world.gate.release();
  CHECK(count_of(world.client.rest(held), R"("type":"text")") == 20);
}
