// Calls whose models cool down.
#include <string>

#include "call/call.hpp"
#include "call/cooldown_text.hpp"
#include "support/catch.hpp"
#include "support/walk.hpp"
#include "wire/endpoint.hpp"

using namespace wayfare;
using simulated::plan;
using simulated::Walk;

namespace {

constexpr const char* answered =
    R"({"id":"gen-1","model":"m/two","choices":[{"message":{"content":"yes"},
"finish_reason":"stop"}],
"usage":{"prompt_tokens":1,"completion_tokens":1,"cost":0.001}})";
constexpr const char* failed = R"({"error":{"code":502,"message":"down"}})";

const std::string none_left =
    R"({"error":{"code":404,"message":"All providers have been ignored."}})";

const Cooling cold{.until_us = 1'795'000'000'000'000,
                   .wait_us = 6'999'100,
                   .failures = 3,
                   .error = Code::provider_failed,
                   .status = 502,
                   .provider = "P"};

call::Plan with(OnCooldown cooldown, int models, int retries = 0) {
  std::vector<call::Choice> choices;
  for (int at = 1; at <= models; ++at)
    choices.push_back({.model = "m/" + std::string(1, static_cast<char>('0' + at))});
  call::Plan made = plan(std::move(choices), retries);
  made.cooldown = cooldown;
  return made;
}

} // namespace

TEST_CASE("a call skips a model that cools down while it has another") {
  Walk walk(with(OnCooldown::skip, 2));
  CHECK(walk.asked.back().skip_cooling);
  walk.cool(cold);
  CHECK(walk.choice().model == "m/2");
  REQUIRE(walk.asked.size() == 2);
  CHECK_FALSE(walk.asked.back().skip_cooling); // the last one is tried all the same
  CHECK(walk.booked.empty());
  walk.answer(200, answered);
  REQUIRE(walk.last().type == EventType::done);
  const Reply& reply = *walk.last().reply;
  REQUIRE(reply.warnings.size() == 1);
  CHECK(reply.warnings[0] ==
        "skipped m/1: it cools down until 2026-11-18T11:06:40.000000Z, after 3 failures: "
        "provider_failed "
        "(502) of P");
  CHECK(reply.attempts.size() == 1);
}

TEST_CASE("refuse skips, and does not try the last model either") {
  Walk walk(with(OnCooldown::refuse, 2));
  CHECK(walk.asked.back().skip_cooling);
  walk.cool(cold);
  CHECK(walk.asked.back().skip_cooling);
  walk.cool(cold);
  REQUIRE(walk.last().type == EventType::error);
  const Error& error = *walk.last().error;
  CHECK(error.code == Code::cooling_down);
  CHECK(error.retryable);
  CHECK(error.retry_after == std::chrono::milliseconds(7000));
  CHECK(error.message ==
        "m/2: it cools down until 2026-11-18T11:06:40.000000Z, after 3 failures: provider_failed "
        "(502) of "
        "P; skipped m/1: it cools down until 2026-11-18T11:06:40.000000Z, after 3 failures: "
        "provider_failed (502) of P; nothing was sent to it");
  CHECK_FALSE(error.reply);
  CHECK(walk.booked.empty());
  CHECK(walk.over());
}

TEST_CASE("refuse tells what an earlier model answered") {
  Walk walk(with(OnCooldown::refuse, 2));
  walk.answer(502, failed).cool(cold);
  const Error& error = *walk.last().error;
  CHECK(error.code == Code::cooling_down);
  CHECK(error.message.find("the last attempt failed: the server answered 502") !=
        std::string::npos);
  REQUIRE(error.reply);
  CHECK(error.reply->attempts.size() == 1);
}

TEST_CASE("ignore looks at no cool-down") {
  const Walk walk(with(OnCooldown::ignore, 3));
  CHECK_FALSE(walk.asked.back().skip_cooling);
}

TEST_CASE("a model is not skipped for one that max_cost does not allow") {
  call::Plan dear = with(OnCooldown::skip, 2);
  dear.max_cost = Amount{100};
  dear.models[0].bound = Amount{50};
  dear.models[1].bound = Amount{200};
  CHECK_FALSE(Walk(dear).asked.back().skip_cooling);
  dear.models[1].bound = Amount{60};
  CHECK(Walk(dear).asked.back().skip_cooling);
}

TEST_CASE("a retry of the last model asks as its first attempt did") {
  Walk walk(with(OnCooldown::skip, 1, 1));
  walk.answer(502, failed).wait(60'000'000);
  REQUIRE(walk.asked.size() == 2);
  CHECK_FALSE(walk.asked.back().skip_cooling);
  Walk strict(with(OnCooldown::refuse, 1, 1));
  strict.answer(502, failed).wait(60'000'000);
  CHECK(strict.asked.back().skip_cooling);
}

TEST_CASE("a call that has ended meanwhile skips nothing") {
  Walk walk(with(OnCooldown::skip, 2));
  walk.cancel();
  walk.cool(cold);
  CHECK(walk.over());
  CHECK(walk.asked.size() == 1);
  CHECK(walk.last().error->code == Code::cancelled);
}

TEST_CASE("while another call probes, the words tell that") {
  Cooling probed = cold;
  probed.probing = true;
  probed.failures = 1;
  probed.status = 0;
  probed.provider.clear();
  CHECK(call::in_words("m/1", probed) ==
        "m/1: another call tries now whether it works, after 1 failure: provider_failed");
}

namespace {

const std::vector<LedgerView::Cooldown> cold_provider{
    {"https://openrouter.ai/api/v1", "m/1", 1'795'000'000'000'000, "", "azure", "Azure"}};

// A call of a body, and its planner.
struct Routed {
  explicit Routed(Route given, std::string body = R"({"messages":[]})",
                  Server on = openrouter_server())
      : route(std::move(given)),
        server(std::move(on)),
        planner(wire::chat_completions
                    .prepare({.body = std::move(body), .route = route}, false, server, nullptr)
                    .value(),
                route, server) {}
  std::vector<call::Choice> choices() {
    const select::Catalogue none{std::vector<Model>{}};
    const call::Market market{none, {}, {}};
    return {planner.plan_again({.model = "m/1"}, {{}, {}, ""}, market)};
  }
  std::string sent(const call::Choice& choice) const {
    return *planner.body_of(choice, R"({"messages":[]})").text;
  }
  Route route;
  Server server;
  call::Planner planner;
};

} // namespace

TEST_CASE("a request leaves out the providers that cool down, and the reply tells it") {
  Routed routed({.model = "m/1"});
  Walk walk(plan(routed.choices(), 0));
  CHECK(walk.choice().may_leave_out);
  walk.leave_out(cold_provider, routed.planner);
  REQUIRE(walk.asked.size() == 2);
  CHECK(walk.choice().cooling == std::vector<std::string>{"azure"});
  CHECK(routed.sent(walk.choice()) ==
        R"({"messages":[],"model":"m/1","provider":{"ignore":["azure"]}})");
  walk.answer(200, answered);
  const Reply& reply = *walk.last().reply;
  CHECK(reply.added == std::vector<std::string>{"model", "provider.ignore"});
  REQUIRE(reply.warnings.size() == 1);
  CHECK(reply.warnings[0] ==
        "left out the provider Azure (azure) of m/1: it cools down until "
        "2026-11-18T11:06:40.000000Z");
}

TEST_CASE("a request that no provider is left for is sent once more with all of them") {
  Routed routed({.model = "m/1"});
  Walk walk(plan(routed.choices(), 0));
  walk.leave_out(cold_provider, routed.planner).answer(404, none_left);
  REQUIRE(walk.asked.size() == 3);
  CHECK_FALSE(walk.choice().may_leave_out);
  CHECK(routed.sent(walk.choice()) == R"({"messages":[],"model":"m/1"})");
  walk.answer(200, answered);
  const Reply& reply = *walk.last().reply;
  CHECK(reply.added == std::vector<std::string>{"model"});
  CHECK(reply.attempts.size() == 2);
  Walk other(plan(routed.choices(), 0)); // a 404 that has another cause ends the call
  other.answer(404, none_left);
  CHECK(other.last().error->code == Code::not_found);
}

TEST_CASE("the policy's own rules stay beside the providers that cool down") {
  Routed routed({.model = "m/1", .policy = {.providers = {.ignore = {"novita"}}}});
  Walk walk(plan(routed.choices(), 0));
  walk.leave_out(cold_provider, routed.planner);
  CHECK(routed.sent(walk.choice()) ==
        R"({"messages":[],"model":"m/1","provider":{"ignore":["novita","azure"]}})");
  walk.answer(404, none_left);
  CHECK(walk.choice().caps.provider.back().second == R"(["novita"])");
  walk.answer(200, answered);
  CHECK(walk.last().reply->added == std::vector<std::string>{"model", "provider.ignore"});
}

TEST_CASE("where the caller chooses providers, and at other servers, none is left out") {
  const auto may = [](const std::string& body, const Route& route, const Server& server) {
    return Routed(route, body, server).choices().front().may_leave_out;
  };
  const Server usual = openrouter_server();
  const Route named{.model = "m/1"};
  CHECK(may(R"({"messages":[],"provider":{"zdr":true}})", named, usual));
  for (const char* chosen :
       {R"("order":["a"])", R"("only":["a"])", R"("ignore":["a"])", R"("sort":"price")"})
    CHECK_FALSE(may(R"({"messages":[],"provider":{)" + std::string(chosen) + "}}", named, usual));
  CHECK_FALSE(may(R"({"messages":[],"provider":7})", named, usual));
  CHECK_FALSE(may(R"({"messages":[]})", named, openai_server("http://localhost:1/v1")));
  CHECK_FALSE(
      may(R"({"messages":[]})", {.model = "m/1", .policy = {.providers = {.only = {"a"}}}}, usual));
  CHECK_FALSE(may(R"({"model":"m/1","models":["m/2"],"messages":[]})", {}, usual));
}
