// Calls whose models cool down.
#include <string>

#include "call/call.hpp"
#include "call/cooldown_text.hpp"
#include "support/catch.hpp"
#include "support/walk.hpp"

using namespace wayfare;
using simulated::plan;
using simulated::Walk;

namespace {

constexpr const char* answered =
    R"({"id":"gen-1","model":"m/two","choices":[{"message":{"content":"yes"},
"finish_reason":"stop"}],
"usage":{"prompt_tokens":1,"completion_tokens":1,"cost":0.001}})";
constexpr const char* failed = R"({"error":{"code":502,"message":"down"}})";

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
