// The public methods in C++, against a loopback server and a real ledger.

#include <wayfare/wayfare.hpp>

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>

#include "support/catch.hpp"
#include "support/folder.hpp"
#include "support/server.hpp"

using namespace wayfare;
using namespace std::chrono_literals;

namespace {

std::string streamed(int deltas) {
  std::string body = ": OPENROUTER PROCESSING\n\n";
  for (int at = 0; at < deltas; ++at)
    body += "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ab\"}}]}\n\n";
  return body +
         "data: "
         "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_"
         "tokens\":1,\"completion_tokens\":2,"
         "\"cost\":0.5}}\n\ndata: [DONE]\n\n";
}

std::string answer(const std::string& body) {
  if (body.find("silent") != std::string::npos) {
    std::this_thread::sleep_for(600ms);
    return "";
  }
  return body.find("\"stream\":true") != std::string::npos ? Server::stream(streamed(20))
                                                           : Server::pong();
}

Client open(const Server& server, const std::string& ledger, Options options = {}) {
  options.api_key = "sk-or-v1-test";
  options.base_url = server.base_url();
  options.ledger = ledger;
  options.dialect = Dialect::openrouter;
  return Client::open(std::move(options)).value();
}

std::vector<State> states(Client& client) {
  // In a variable, because a range-for would not keep the result of value() alive.
  const auto page = client.entries().value();
  std::vector<State> found;
  for (const Entry& entry : page.entries) found.push_back(entry.state);
  return found;
}

} // namespace

TEST_CASE("a chat and a stream are answered and booked") {
  const Folder folder;
  const Server server(answer);
  auto client = open(server, folder / "l.db");
  const auto reply =
      client.chat({.body = user_message("Hello"), .charge_to = {.agent = "a"}}).value();
  CHECK(reply.text == "pong");
  CHECK(reply.cost->text() == "0.001");

  auto stream = client.stream({.body = user_message("Hello"), .charge_to = {.agent = "a"}});
  std::string text;
  int deltas = 0;
  while (const Event* event = stream.next())
    if (event->type == EventType::text) text += event->text, ++deltas;
  CHECK(deltas == 20); // each server event is one event, however the bytes arrived
  CHECK(stream.reply().value().text == text);
  CHECK(stream.next() == nullptr);

  const auto usage = client.usage({.by = {Dimension::agent}}).value();
  REQUIRE(usage.size() == 1);
  CHECK(usage[0].calls == 2);
  CHECK(usage[0].cost.text() == "0.501");
}

TEST_CASE("a server that streams without being asked still answers a chat") {
  const Folder folder;
  const Server server([](const std::string&) { return Server::stream(streamed(500)); });
  auto client = open(server, folder / "l.db");
  const auto reply = client.chat({.body = user_message("Hello")}).value();
  CHECK(reply.text.size() == 1000);
  CHECK(reply.cost->text() == "0.5");
}

TEST_CASE("next returns nothing, events, over or busy") {
  const Folder folder;
  const Server server(answer);
  auto client = open(server, folder / "l.db");
  const auto id =
      client.submit(Chat{.request = {.body = user_message("silent"), .route = {.retries = 0}}});
  REQUIRE(id > 0);
  std::vector<Event> events;
  CHECK(client.next(id, 0ms, events) == NextStatus::nothing);
  CHECK(client.next(id, 20ms, events) == NextStatus::nothing);
  auto waiter = std::async(std::launch::async, [&] {
    std::vector<Event> waited;
    return client.next(id, 10s, waited);
  });
  std::this_thread::sleep_for(50ms);
  CHECK(client.next(id, 1ms, events) == NextStatus::busy);
  CHECK(waiter.get() == NextStatus::events);
  CHECK(client.next(id, 0ms, events) == NextStatus::over);
  CHECK(client.next(id + 99, 0ms, events) == NextStatus::over);
  // the server read the request and closed the connection
  CHECK(states(client) == std::vector{State::unknown});
}

TEST_CASE("cancel gives exactly one final event, and forget gives none") {
  const Folder folder;
  const Server server(answer);
  auto client = open(server, folder / "l.db");
  client.chat({.body = user_message("warm")}).value();
  const auto id = client.submit(Chat{.request = {.body = user_message("silent")}});
  std::this_thread::sleep_for(100ms);
  CHECK(client.cancel(id) == Code::ok);
  CHECK(client.cancel(id) == Code::ok);
  std::vector<Event> events;
  CHECK(client.next(id, 5s, events) == NextStatus::events);
  REQUIRE(events.size() == 1);
  CHECK(events[0].error->code == Code::cancelled);
  CHECK(client.next(id, 0ms, events) == NextStatus::over);

  const auto other = client.submit(Chat{.request = {.body = user_message("silent")}});
  auto waiter = std::async(std::launch::async, [&] {
    std::vector<Event> waited;
    return client.next(other, 10s, waited);
  });
  std::this_thread::sleep_for(100ms);
  client.cancel(other, true);
  CHECK(waiter.get() == NextStatus::over);
  for (int left = 200; left > 0 && std::ranges::count(states(client), State::unknown) < 2; --left)
    std::this_thread::sleep_for(5ms);
  CHECK(std::ranges::count(states(client), State::unknown) == 2); // the bookings went on
}

TEST_CASE("many threads that cancel and drop calls at random end each call once") {
  const Folder folder;
  const Server server([](const std::string& body) {
    return answer(body.find("\"stream\":true") != std::string::npos ? body : "x");
  });
  auto client = open(server, folder / "l.db");
  std::atomic<int> ends{0}, calls{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread)
    threads.emplace_back([&, thread] {
      for (int at = 0; at < 25; ++at) {
        ++calls;
        if ((thread + at) % 3 == 0) {
          ends += client.chat({.body = user_message("x")}).ok();
          continue;
        }
        auto stream = client.stream({.body = user_message("x")});
        if (at % 4 == 1) stream.cancel();
        if (at % 4 == 2)
          stream.next(); // then drops the stream
        else
          while (stream.next()) {}
        ++ends;
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(ends == calls);
  client.close();
  auto again = open(server, folder / "l.db");
  const auto found = states(again);
  // A call that was cancelled before its reservation may have no row.
  CHECK(found.size() <= static_cast<std::size_t>(calls));
  CHECK(std::ranges::count(found, State::reserved) == 0);
}

TEST_CASE("full, closed, and the ledger after close") {
  const Folder folder;
  const Server server(answer);
  auto client = open(server, folder / "l.db", {.max_open_calls = 2});
  const auto one = client.submit(Chat{.request = {.body = user_message("silent")}});
  const auto two = client.submit(Chat{.request = {.body = user_message("x")}});
  CHECK(client.submit(Chat{.request = {.body = user_message("x")}}) ==
        static_cast<std::int64_t>(Code::full));
  CHECK(client.chat({.body = user_message("x")}).error().code == Code::full);
  std::vector<Event> events;
  CHECK(client.next(two, 5s, events) == NextStatus::events);
  auto waiter = std::async(std::launch::async, [&] {
    std::vector<Event> waited;
    const NextStatus next = client.next(one, 10s, waited);
    return std::pair(next, waited.empty() ? Code::ok : waited.back().error->code);
  });
  std::this_thread::sleep_for(100ms);
  client.close();
  // the waiting thread gets the final event
  CHECK(waiter.get() == std::pair(NextStatus::events, Code::cancelled));
  CHECK(client.submit(Chat{.request = {.body = user_message("x")}}) ==
        static_cast<std::int64_t>(Code::closed));
  CHECK(client.chat({.body = user_message("x")}).error().code == Code::closed);
  CHECK(client.entries().error().code == Code::closed);
  auto after = open(server, folder / "l.db");
  CHECK(states(after) == std::vector{State::settled, State::unknown});
}

TEST_CASE("a ledger that cannot be opened sends nothing") {
  std::atomic<int> asked{0};
  const Server server([&](const std::string&) {
    ++asked;
    return Server::pong();
  });
  auto client = open(server, "/proc/no/such/l.db");
  const auto error = client.chat({.body = user_message("x")}).error();
  CHECK(error.code == Code::ledger_unavailable);
  CHECK_FALSE(error.advice.empty());
  CHECK(asked == 0);
}
