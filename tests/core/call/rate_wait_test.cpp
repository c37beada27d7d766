// Calls for which a rate limit has no room.
#include <string>

#include "call/call.hpp"
#include "support/catch.hpp"
#include "support/walk.hpp"

using namespace wayfare;
using simulated::plan;
using simulated::Walk;

namespace {

constexpr call::Micros second = 1'000'000;
constexpr const char* answered =
    R"({"id":"gen-1","model":"m/1","choices":[{"message":{"content":"yes"},
"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"cost":0.001}})";

Error full() {
  return {.code = Code::over_rate,
          .message = "the rate limit r is full",
          .advice = "wait",
          .retryable = true,
          .limit = "r"};
}

call::Plan waiting(call::Micros most = 60 * second) {
  call::Plan made = plan({{.model = "m/1"}});
  made.rate_wait_us = most;
  return made;
}

} // namespace

TEST_CASE("a call that does not wait fails with the refusal") {
  Walk walk(plan({{.model = "m/1"}, {.model = "m/2"}}));
  walk.over_rate(full(), 5 * second);
  CHECK(walk.last().error->code == Code::over_rate);
  CHECK(walk.last().error->message == "the rate limit r is full");
  CHECK(walk.over());
}

TEST_CASE("a call that waits asks again when there is room, and each time anew") {
  Walk walk(waiting());
  walk.over_rate(full(), 5 * second);
  CHECK(walk.wake_at == 5 * second);
  walk.wait(4 * second);
  CHECK(walk.asked.size() == 1);
  walk.wait(second);
  CHECK(walk.asked.size() == 2);
  walk.over_rate(full(), 7 * second); // another call was faster
  CHECK(walk.wake_at == 12 * second);
  walk.wait(7 * second);
  CHECK(walk.asked.size() == 3);
  walk.answer(200, answered);
  CHECK(walk.last().type == EventType::done);
  CHECK(walk.booked.size() == 1);
}

TEST_CASE("a call does not wait for room that comes too late, or never") {
  Walk never(waiting());
  never.over_rate(full(), std::nullopt);
  CHECK(never.last().error->message == "the rate limit r is full");
  Walk late(waiting(10 * second));
  late.over_rate(full(), 11 * second);
  CHECK(late.last().error->message ==
        "the rate limit r is full; there is room in 11 s, later than the call waits");
  CHECK(late.last().error->code == Code::over_rate);
  Walk deadline(waiting(1000 * second)); // its deadline is after 100 s
  deadline.over_rate(full(), 101 * second);
  CHECK(deadline.last().error->code == Code::over_rate);
  Walk second_time(waiting(10 * second)); // both waits count together
  second_time.over_rate(full(), 6 * second).wait(6 * second).over_rate(full(), 6 * second);
  CHECK(second_time.over());
}

TEST_CASE("a call can be cancelled while it waits, and a cool-down ends the wait") {
  Walk walk(waiting());
  walk.over_rate(full(), 5 * second).cancel();
  CHECK(walk.last().error->code == Code::cancelled);
  CHECK(walk.last().error->message == "the call was cancelled in a wait: the rate limit r is full");
  CHECK(walk.over());

  call::Plan two = plan({{.model = "m/1"}, {.model = "m/2"}});
  two.rate_wait_us = 60 * second;
  Walk skips(two);
  skips.over_rate(full(), second).wait(second).cool({.failures = 3});
  CHECK(skips.choice().model == "m/2");
  CHECK(skips.asked.size() == 3);
}
