// Large answers are read aside: the thread that serves all calls goes on meanwhile.

#include <wayfare/wayfare.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/client_access.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"
#include "support/held_aside.hpp"
#include "support/repeated_parts.hpp"
#include "support/server.hpp"

using namespace wayfare;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t large = std::size_t{300} << 10; // more than is read at once

const std::string usage = R"("usage":{"prompt_tokens":3,"completion_tokens":4,"cost":0.001})";

std::string plain_of(const std::string& text) {
  return ::Server::plain(R"({"id":"g","choices":[{"finish_reason":"stop","message":{"content":")" +
                         text + "\"}}]," + usage + "}");
}
const std::string pong = plain_of("pong");
const std::string words = repeated::times(large / 10, "some words");
std::string event_of(const std::string& text) {
  return R"(data: {"choices":[{"delta":{"content":")" + text + "\"}}]}\n\n";
}
const std::string end_of_stream =
    R"(data: {"choices":[{"delta":{},"finish_reason":"stop"}],)" + usage + "}\n\ndata: [DONE]\n\n";

std::string with_status(int status, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) +
         " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}
// An answer whose end does not come.
std::string without_end(const std::string& body) {
  return "HTTP/1.1 200 X\r\nContent-Length: 99999999\r\n\r\n" + body;
}

// A server and a client. A request with the word `silent` is not answered before the end of the
// test, one with the word `ping` is answered at once, and others get the answer of the test.
class World {
 public:
  using Answer = std::function<std::string(const std::string& body)>;

  explicit World(Answer answer)
      : server_([this, answer = std::move(answer)](const std::string& body) {
          if (body.find("silent") != body.npos) end_.wait();
          return body.find("ping") != body.npos ? pong : answer(body);
        }),
        client(open()) {}
  explicit World(const std::string& answer)
      : World([answer](const std::string&) { return answer; }) {}
  ~World() {
    held.reset();
    client.close();
    ends_.set_value();
  }

  Client open() const {
    return Client::open({.api_key = "sk-or-v1-test",
                         .base_url = server_.base_url(),
                         .ledger = folder_ / "l.db",
                         .durability = Durability::no_sync,
                         .dialect = Dialect::openrouter})
        .value();
  }
  std::int64_t submit(const std::string& word, bool stream = false, Route route = {}) {
    if (!route.retries) route.retries = 0;
    return client.submit(
        Chat{.request = {.body = user_message(word), .route = std::move(route)}, .stream = stream});
  }
  // From now on nothing is read aside.
  void hold() {
    const auto engine = ClientAccess::engine(client).value();
    for (int turn = 0; turn < 2; ++turn) { // calls that have ended are gone after a turn
      const auto turned = std::make_shared<std::promise<void>>();
      auto is_turned = turned->get_future();
      engine->at(0, [turned] { turned->set_value(); });
      is_turned.wait();
    }
    held.emplace(engine);
    held->await_hold();
  }

  // Another call is served, and yet another ends by its deadline.
  void check_others() {
    CHECK(client.chat({.body = user_message("ping")}).value().text == "pong");
    CHECK(end_of(submit("silent", false, {.deadline = 20ms})).error);
  }
  // The last event of the call. The texts before it come to `text`.
  Event end_of(std::int64_t id) {
    text.clear();
    std::vector<Event> events;
    while (client.next(id, -1ms, events) == NextStatus::events) {
      for (const Event& event : events) text += event.text;
      if (events.back().is_final()) return events.back();
      events.clear();
    }
    return {};
  }
  bool is_running(std::int64_t id) {
    std::vector<Event> events;
    return client.next(id, 0ms, events) == NextStatus::nothing;
  }

 private:
  const Folder folder_;
  std::promise<void> ends_;
  const std::shared_future<void> end_ = ends_.get_future();
  const ::Server server_;

 public:
  Client client;
  std::optional<HeldAside> held;
  std::string text;
};

std::vector<State> states_of(Client& client) {
  const auto page = client.entries().value();
  std::vector<State> found;
  for (const Entry& entry : page.entries) found.push_back(entry.state);
  return found;
}

// An answer with a large part.
std::string body_of(const repeated::Answer& answer) {
  std::size_t count = 1000;
  std::string body = answer.body(count);
  while (body.size() <= large) body = answer.body(count *= 2);
  return body;
}

} // namespace

TEST_CASE("a large answer is read aside, whatever part is repeated, and other calls go on") {
  std::vector<repeated::Answer> all = repeated::answers();
  std::ranges::copy_if(repeated::other_answers(), std::back_inserter(all),
                       [](const repeated::Answer& one) { return !one.streamed; });
  std::string answer;
  World world([&](const std::string&) { return answer; });
  for (const repeated::Answer& one : all) {
    INFO(one.name);
    const std::string body = body_of(one);
    answer = with_status(one.status, body);
    world.hold();
    const std::int64_t id = world.submit("large", one.streamed);
    REQUIRE(world.held->await(1));
    world.check_others();
    CHECK(world.is_running(id));
    world.held.reset();
    const Event end = world.end_of(id);
    const Reply& reply = end.error ? *end.error->reply : *end.reply;
    const Reply expected = repeated::read(body, one.streamed, one.status);
    CHECK(reply.raw == expected.raw);
    CHECK(reply.message == expected.message);
    CHECK(reply.text == expected.text);
  }
}

TEST_CASE("an answer that is not very long does not wait for one that is") {
  const std::string very_long = plain_of(repeated::times(20, words));
  World world([&](const std::string& body) {
    return body.find("very long") == body.npos ? plain_of(words) : very_long;
  });
  HeldAside held(ClientAccess::engine(world.client).value(), {HeldAside::long_size});
  held.await_hold();
  const std::int64_t id = world.submit("very long");
  REQUIRE(held.await(1));
  CHECK(world.end_of(world.submit("long")).reply->text == words);
  CHECK(world.is_running(id));
  held.release();
  CHECK(world.end_of(id).reply->text.size() == 20 * words.size());
}

TEST_CASE("a large stream comes whole and in order while it is read aside") {
  std::string body;
  for (int at = 0; at < 2000; ++at)
    body += event_of(std::to_string(at) + (at % 400 == 0 ? words : std::string(" some words")));
  World world(::Server::stream(body + end_of_stream));
  const Event end = world.end_of(world.submit("stream", true));
  REQUIRE(end.reply);
  CHECK(end.reply->cost->text() == "0.001");
  CHECK(end.reply->text == world.text);
  CHECK(end.reply->raw == repeated::read(body + end_of_stream, true, 200).raw);
  // So does one whose pieces are taken late: its transfer pauses, since its mailbox is full.
  auto stream = world.client.stream({.body = user_message("stream")});
  std::string late;
  while (const Event* event = stream.next()) late += event->text;
  CHECK(late == world.text);
}

TEST_CASE("a call whose whole answer is being read ends with it, though it is cancelled or late") {
  World world(plain_of(words));
  const bool is_late = GENERATE(false, true);
  world.hold();
  const std::int64_t id =
      world.submit("large", false, {.deadline = is_late ? 1500ms : 1'000'000ms});
  REQUIRE(world.held->await(1));
  if (is_late) // its deadline has passed when that of another call has
    CHECK(world.end_of(world.submit("silent", false, {.deadline = 1500ms})).error);
  else
    world.client.cancel(id);
  world.check_others();
  CHECK(world.is_running(id));
  world.held.reset();
  const Event end = world.end_of(id);
  REQUIRE(end.reply);
  CHECK(end.reply->text == words);
  CHECK(end.reply->cost->text() == "0.001");
  CHECK(end.reply->attempts.front().state == State::settled);
}

TEST_CASE(
    "a call that is cancelled or late while a part of its stream is read ends after the part") {
  World world(without_end(event_of(words)));
  const bool is_late = GENERATE(false, true);
  world.hold();
  const std::int64_t id = world.submit("large", true, {.deadline = is_late ? 1500ms : 1'000'000ms});
  REQUIRE(world.held->await(1));
  if (is_late)
    CHECK(world.end_of(world.submit("silent", false, {.deadline = 1500ms})).error);
  else
    world.client.cancel(id);
  world.check_others();
  world.held.reset();
  const Event end = world.end_of(id);
  REQUIRE(end.error);
  CHECK(end.error->code == (is_late ? Code::deadline : Code::cancelled));
  CHECK(end.error->reply->text == words);
  CHECK(end.error->reply->attempts.front().state == State::unknown);
}

TEST_CASE("a call that is given up while its answer is read is booked all the same") {
  World world(plain_of(words));
  world.hold();
  const std::int64_t id = world.submit("large");
  REQUIRE(world.held->await(1));
  world.client.cancel(id, true);
  world.held.reset();
  world.client.close(); // waits for it
  Client other = world.open();
  CHECK(other.usage().value().front().cost.text() == "0.001");
}

TEST_CASE("close waits for answers that are being read, and books them") {
  World world(plain_of(words));
  world.hold();
  const std::int64_t id = world.submit("large");
  REQUIRE(world.held->await(1));
  auto closed = std::async(std::launch::async, [&] { world.client.close(); });
  CHECK(closed.wait_for(50ms) == std::future_status::timeout);
  world.held.reset();
  closed.get();
  CHECK(world.end_of(id).reply->text == words);
  Client other = world.open();
  CHECK(states_of(other) == std::vector{State::settled});
}

TEST_CASE("close leaves an answer alone whose reading takes too long", "[slow]") {
  World world(plain_of(words));
  world.hold();
  const std::int64_t id = world.submit("large");
  REQUIRE(world.held->await(1));
  world.client.close();
  std::vector<Event> events;
  CHECK(world.client.next(id, -1ms, events) == NextStatus::closed);
  world.held.reset(); // now it is read, and uses nothing that the client has freed
  Client other = world.open();
  CHECK(states_of(other).front() != State::settled);
}

TEST_CASE("a fork does not wait for an answer that is being read, and does not harm it") {
  World world(plain_of(words));
  world.hold();
  const std::int64_t id = world.submit("large");
  REQUIRE(world.held->await(1));
  const pid_t child = fork();
  if (child == 0) {
    std::vector<Event> events;
    _exit(world.client.next(id, 0ms, events) == NextStatus::forked ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(status == 0);
  world.held.reset();
  CHECK(world.end_of(id).reply->text == words);
}

TEST_CASE("retries and other models follow large refusals as they follow small ones") {
  int asked = 0;
  World world([&](const std::string&) {
    const std::string refused = R"({"error":{"message":"busy )" + words + "\"}}";
    return ++asked < 3 ? with_status(503, refused) : plain_of(words);
  });
  const Event end = world.end_of(
      world.submit("large " + words, false, {.models = {"a/one", "a/two"}, .retries = 1}));
  REQUIRE(end.reply);
  CHECK(end.reply->attempts.size() == 3);
  CHECK(end.reply->text == words);
  CHECK(std::ranges::count(states_of(world.client), State::settled) == 1);
  CHECK(std::ranges::count(states_of(world.client), State::voided) == 2);
}

TEST_CASE("a large request is made anew for another model aside") {
  std::string sent;
  World world([&](const std::string& body) {
    if (body.find("a/one") != body.npos) return with_status(503, "busy");
    sent = body;
    return pong;
  });
  const bool is_cancelled = GENERATE(false, true);
  world.hold();
  const std::int64_t id = world.submit("large " + words, false, {.models = {"a/one", "a/two"}});
  REQUIRE(world.held->await(1)); // the end of the first attempt: its error may quote the prompt
  HeldAside again(ClientAccess::engine(world.client).value());
  world.held.reset();
  again.await_hold();
  REQUIRE(again.await(1));
  world.check_others();
  if (is_cancelled) world.client.cancel(id);
  CHECK(world.is_running(id));
  again.release();
  const Event end = world.end_of(id);
  CHECK((end.error ? end.error->code : Code::ok) == (is_cancelled ? Code::cancelled : Code::ok));
  CHECK((sent.find("a/two") != sent.npos) != is_cancelled);
  const std::vector<State> states = states_of(world.client);
  CHECK(std::ranges::count(states, State::unknown) == 1); // the other call, which was late
  CHECK(std::ranges::count(states, State::voided) == (is_cancelled ? 2 : 1));
}

TEST_CASE("an answer that begins while the call is aside comes after that") {
  std::promise<void> asked, answers;
  World world([&](const std::string& body) {
    if (body.find("a/two") == body.npos) return with_status(503, "busy");
    asked.set_value();
    answers.get_future().wait();
    return plain_of("late");
  });
  const std::int64_t id = world.submit("large " + words, false, {.models = {"a/one", "a/two"}});
  asked.get_future().wait();
  world.hold();
  world.client.cancel(id); // to end the call, the prompt is sought in the error of the first model
  REQUIRE(world.held->await(1));
  answers.set_value();
  world.check_others();
  CHECK(world.is_running(id));
  world.held.reset();
  CHECK(world.end_of(id).error->code == Code::cancelled);
}

TEST_CASE("budgets hold whatever the size of the answers") {
  World world([](const std::string& body) {
    return plain_of(body.find("large") == body.npos ? "small" : words);
  });
  world.client
      .budget({.name = "all",
               .limit = Amount::parse("1").value(),
               .window = Window::day,
               .assume = Amount::parse("0.01").value()})
      .value();
  constexpr int calls = 40;
  std::vector<std::int64_t> ids;
  for (int at = 0; at < calls; ++at) ids.push_back(world.submit(at % 3 == 0 ? "large" : "small"));
  for (const std::int64_t id : ids) {
    const Event end = world.end_of(id);
    INFO((end.error ? end.error->message : ""));
    REQUIRE(end.reply);
  }
  const Budget budget = world.client.budgets().value().front();
  CHECK(budget.spent.text() == "0.04");
  CHECK(budget.reserved.text() == "0");
}

TEST_CASE("what a server tells of a key is read aside where it is long") {
  const std::string key = R"({"data":{"label":"k","x":")" + words + R"(","usage":1.5}})";
  World world(::Server::plain(key));
  world.hold();
  const std::int64_t id = world.client.submit(GetKeyInfo{});
  REQUIRE(world.held->await(1));
  world.check_others();
  CHECK(world.is_running(id));
  world.held.reset();
  CHECK(std::get<KeyInfo>(*world.end_of(id).result).label == "k");
}
