// What a server refuses of that which wayfare added: the one second try without stream_options, and
// the advice that names the rest.

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "base/json_text.hpp"
#include "call/call.hpp"
#include "support/catch.hpp"
#include "support/walk.hpp"

using namespace wayfare;
using call::Choice;
using simulated::plan;
using simulated::Walk;

namespace {

using Names = std::vector<std::string>;

Choice asking(std::string model) {
  return {.model = std::move(model), .added = {"model", "stream", "stream_options"}};
}

const std::string refusal = R"({"message":"Extra inputs are not permitted: stream_options"})";
const std::string good =
    "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}\n\n"
    "data: [DONE]\n\n";
const std::string good_with_usage =
    "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}],"
    "\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n";

call::Plan streamed(std::vector<Choice> models, int retries = 0) {
  call::Plan made = plan(std::move(models), retries);
  made.streamed = true;
  made.servers.front().tells_cost = false;
  return made;
}

bool tells(const std::vector<std::string>& lines, std::string_view part) {
  return std::ranges::any_of(lines, [&](const auto& line) { return line.find(part) != line.npos; });
}

Names blamed(int status, const std::string& message, const std::string& raw, const Names& added) {
  return call::refused_additions({.code = Code::bad_request, .message = message, .status = status},
                                 raw, added);
}

} // namespace

TEST_CASE("stream_options that the server refuses are left out in one more attempt, at once") {
  for (const int status : {400, 422}) {
    Walk walk(streamed({asking("a")}));
    walk.answer(status, refusal);
    REQUIRE(walk.asked.size() == 2); // without retries
    CHECK(walk.choice().usage_unasked);
    CHECK(walk.choice().added == Names{"model", "stream"});
    walk.answer(200, good, "text/event-stream");
    REQUIRE(walk.last().type == EventType::done);
    const Reply& reply = *walk.last().reply;
    CHECK(reply.text == "hi");
    CHECK(reply.added == Names{"model", "stream"});
    REQUIRE(reply.attempts.size() == 2);
    CHECK(reply.attempts[0].state == State::voided);
    CHECK(reply.attempts[0].error == Code::bad_request);
    CHECK(reply.attempts[1].waited_us == 0);
    REQUIRE(walk.booked.size() == 2);
    CHECK(walk.booked[0].state == State::voided);
    CHECK(walk.booked[1].state == State::settled);
    CHECK(tells(reply.warnings, "refuses stream_options"));
    CHECK(tells(reply.warnings, "told no usage"));
  }
}

TEST_CASE("the second try waits only where the server asks for it, and not past the deadline") {
  using call::decide;
  using call::Step;
  Error error{.code = Code::bad_request, .message = "no", .status = 400};
  const call::Left left{.refused_addition = true, .time = 5'000'000};
  CHECK(decide(error, State::voided, false, left, 7).kind == Step::Kind::without_addition);
  CHECK(decide(error, State::voided, false, left, 7).wait == 0);
  CHECK(decide(error, State::unknown, false, left, 7).kind == Step::Kind::give_up);
  error.retry_after = std::chrono::seconds(2);
  CHECK(decide(error, State::voided, false, left, 7).wait == 2'000'000);
  error.retry_after = std::chrono::seconds(5);
  CHECK(decide(error, State::voided, false, left, 7).kind == Step::Kind::give_up);
}

TEST_CASE("usage that comes unasked is missed by nobody") {
  Walk walk(streamed({asking("a")}));
  walk.answer(422, refusal).answer(200, good_with_usage, "text/event-stream");
  CHECK(tells(walk.last().reply->warnings, "refuses stream_options"));
  CHECK_FALSE(tells(walk.last().reply->warnings, "told no usage"));
  Choice by_null = asking("a");
  by_null.usage_unasked = true;
  by_null.added = {"stream"};
  Walk with(streamed({by_null}));
  with.answer(200, good_with_usage, "text/event-stream");
  CHECK(with.last().reply->warnings.empty());
  Walk without(streamed({by_null}));
  without.answer(200, good, "text/event-stream");
  CHECK(without.last().reply->warnings.size() == 1);
  CHECK(tells(without.last().reply->warnings, "told no usage"));
}

TEST_CASE("the second try comes once a call, whatever follows, and for the models after it too") {
  Walk walk(streamed({asking("a"), asking("b")}, 1));
  walk.answer(400, refusal).answer(503, R"({"error":{"message":"busy"}})");
  REQUIRE(walk.asked.size() == 3);
  CHECK(walk.choice().model == "b");
  CHECK(walk.choice().usage_unasked);
  walk.answer(400, refusal); // of what was not sent
  CHECK(walk.over());
  CHECK(walk.asked.size() == 3);
  CHECK(walk.last().error->code == Code::bad_request);
  CHECK(walk.last().error->advice == "check the request's model, messages and parameters");

  Walk again(streamed({asking("a")}, 1)); // a new plan does not bring it back
  again.answer(400, refusal).plan_again(std::nullopt);
  CHECK(again.choice().usage_unasked);
  CHECK(again.choice().added == Names{"model", "stream"});
}

TEST_CASE("no second try without the name, after another status, a cost, or of the caller's own") {
  const auto attempts = [](int status, const std::string& body, Choice choice) {
    Walk walk(streamed({std::move(choice)}));
    walk.answer(status, body);
    CHECK((walk.over() || walk.asked.size() == 2));
    return walk.asked.size();
  };
  CHECK(attempts(400, R"({"message":"stream_options"})", asking("a")) == 2);
  CHECK(attempts(400, R"({"message":"no"})", asking("a")) == 1);
  CHECK(attempts(400, R"({"message":"upstream_options"})", asking("a")) == 1);
  for (const int status : {401, 403, 404, 409, 413, 500})
    CHECK(attempts(status, refusal, asking("a")) == 1);
  CHECK(attempts(400, R"({"message":"stream_options","usage":{"prompt_tokens":1,"cost":0.1}})",
                 asking("a")) == 1);
  Choice own = asking("a");
  own.added = {"stream", "stream_options.include_usage"};
  Walk walk(streamed({own}));
  walk.answer(400, refusal);
  CHECK(walk.over());
  CHECK(walk.last().error->advice ==
        "wayfare added stream_options.include_usage to learn the usage: \"include_usage\": false "
        "leaves it out");
}

TEST_CASE("what makes a bound true is never left out, and the advice says what asked for it") {
  Choice capped{.model = "a",
                .added = {"provider.max_price", "max_completion_tokens"},
                .asked_by = "the budget \"team\""};
  Walk walk(plan({capped}, 2));
  walk.answer(400, R"({"error":{"message":"Unsupported parameter: 'max_completion_tokens'"}})");
  CHECK(walk.over());
  CHECK(walk.asked.size() == 1);
  CHECK(walk.last().error->advice ==
        "wayfare added max_completion_tokens because the budget \"team\" limits the cost, and "
        "never leaves it out: change the budget \"team\", or give max_tokens yourself");
  Walk price(plan({capped}, 0));
  price.answer(422, R"({"detail":[{"loc":["body","provider"],"msg":"Extra inputs"}]})");
  CHECK(price.last().error->advice.starts_with(
      "wayfare added provider.max_price because the budget \"team\" limits the cost"));
  // more is said where the code says more
  Walk both(plan({capped}, 0));
  both.answer(400, R"({"error":{"message":"maximum context length is 10, max_tokens is 20"}})");
  CHECK(both.last().error->code == Code::context_exceeded);
  CHECK(both.last().error->advice.starts_with("wayfare added max_completion_tokens"));
  CHECK(both.last().error->advice.ends_with("a model with a longer context"));
}

TEST_CASE("a refusal names a member by its words, a parameter or a path, not by a word like it") {
  const Names all{"model", "stream", "stream_options", "provider.max_price",
                  "max_completion_tokens"};
  const auto named = [&](const std::string& raw) { return blamed(400, "", raw, all); };
  CHECK(named(R"({"error":{"message":"Unknown parameter","param":"stream_options"}})") ==
        Names{"stream_options"});
  CHECK(named(R"({"detail":[{"loc":["body","stream_options"],"msg":"no"}]})") ==
        Names{"stream_options"});
  CHECK(
      named(R"({"detail":[{"loc":["body","x"],"msg":"no","input":{"loc":["stream"]}}]})").empty());
  CHECK(named(json::quoted("'stream_options' is not known")) == Names{"stream_options"});
  CHECK(named(R"({"error":{"message":"the stream of this model has a provider"}})").empty());
  CHECK(named(R"({"error":{"message":"unknown field `model`, and 'stream'"}})") ==
        Names{"model", "stream"});
  CHECK(named(R"({"error":"Unrecognized request argument supplied: provider"})") ==
        Names{"provider.max_price"});
  CHECK(named(R"({"error":"max_price is not known"})") == Names{"provider.max_price"});
  CHECK(named(R"({"error":"max_tokens is too large"})") == Names{"max_completion_tokens"});
  CHECK(named("").empty());
  CHECK(blamed(400, "bad stream_options", "null", {"stream_options"}) == Names{"stream_options"});
  CHECK(blamed(404, "bad stream_options", "null", {"stream_options"}).empty());
  CHECK(blamed(400, "bad stream_options", "null", {}).empty());
}
