// How a call waits for a budget, in virtual time.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "call/call.hpp"
#include "support/catch.hpp"

using namespace wayfare;
using call::Actions;
using call::BudgetWait;
using call::Micros;

namespace {

constexpr Micros second = 1'000'000;

Error too_little() {
  return {.code = Code::budget_exceeded,
          .message = "the budget b has too little left; nothing was sent",
          .advice = "raise the limit of the budget",
          .budget = "b"};
}

// A call whose one attempt waits for the ledger.
struct Asking {
  Actions actions;
  call::Call call;
  explicit Asking(Micros wait = 10 * second, Micros deadline = 60 * second)
      : call(call::Plan{.uid = Uid::make(1, {}),
                        .models = {{.model = "m/one", .bound = Amount{5}}},
                        .budget_wait_us = wait,
                        .deadline_us = deadline,
                        .first_byte_us = 20 * second,
                        .idle_us = 20 * second}) {
    call.start(0, actions);
    REQUIRE(asked());
  }
  bool asked() { return std::exchange(actions.reserve, std::nullopt).has_value(); }
  std::optional<std::string> queue() { return std::exchange(actions.queue, std::nullopt); }
  Micros wakes() { return std::exchange(actions.wake_at, std::nullopt).value_or(-1); }
  void refuse(Micros now, const std::string& budget = "b") {
    actions.wake_at.reset();
    call.refused(now, too_little(), actions, budget);
  }
  void turn(Micros now) { call.turn(now, actions); }
  void timer(Micros now) { call.timer(now, actions); }
  const Error* end() const {
    return actions.events.empty() ? nullptr : actions.events.back().error.get();
  }
};

} // namespace

TEST_CASE("a call that waits asks when it has the turn, and is sent when there is room") {
  Asking one;
  one.refuse(second);
  CHECK(one.queue() == "b");
  CHECK_FALSE(one.asked());
  CHECK(one.wakes() == 11 * second); // it is not the first: it does not look
  one.timer(5 * second);
  CHECK_FALSE(one.asked());
  one.turn(6 * second);
  CHECK(one.asked());
  CHECK_FALSE(one.end());
  one.call.reserved(6 * second, true, one.actions);
  CHECK(one.queue() == "");
  CHECK(one.actions.send);
}

TEST_CASE("the first of a queue looks five times a second, as other processes tell nothing") {
  Asking one;
  one.refuse(0);
  one.turn(0);
  REQUIRE(one.asked());
  one.refuse(0);
  int asked = 0;
  for (Micros now = 1000; now < 2 * second; now += 1000) {
    one.timer(now);
    if (!one.asked()) continue;
    ++asked;
    one.refuse(now);
    CHECK(one.wakes() == now + BudgetWait::look_us);
  }
  CHECK(asked == 9);
}

TEST_CASE("a turn that comes while the ledger is asked is not lost") {
  Asking one;
  one.refuse(0);
  one.turn(0);
  REQUIRE(one.asked());
  one.turn(100); // something changed behind the question
  CHECK_FALSE(one.asked());
  one.refuse(200);
  CHECK(one.asked());
  one.refuse(300);
  CHECK_FALSE(one.asked());
}

TEST_CASE("a call that another budget refuses waits for that one, and is not the first there") {
  Asking one;
  one.refuse(0);
  one.turn(0);
  REQUIRE(one.asked());
  CHECK(one.queue() == "b");
  one.refuse(100, "c");
  CHECK(one.queue() == "c");
  CHECK_FALSE(one.asked());
  one.timer(5 * second);
  CHECK_FALSE(one.asked());
}

TEST_CASE("a wait ends by its limit with the refusal of the budget") {
  Asking one;
  one.refuse(second);
  one.timer(11 * second - 1);
  CHECK_FALSE(one.end());
  one.timer(11 * second);
  REQUIRE(one.end());
  CHECK(one.end()->code == Code::budget_exceeded);
  CHECK(one.end()->message ==
        "the call waited 10 s, and the budget b has too little left; nothing was sent");
  CHECK(one.end()->advice == "raise route.budget_wait, raise the limit of the budget");
  CHECK(one.queue() == "");
  CHECK(one.call.over());
}

TEST_CASE("a wait ends by the deadline of the call") {
  Asking one(600 * second, 30 * second);
  one.refuse(second);
  one.timer(30 * second);
  REQUIRE(one.end());
  CHECK(one.end()->code == Code::deadline);
  CHECK(one.end()->message.starts_with("the deadline of 30 s has passed in a wait: the budget b"));
  CHECK(one.end()->budget == "b");
  CHECK(one.call.over());
}

TEST_CASE("a wait that is over while the ledger is asked ends with the answer") {
  Asking one;
  one.refuse(0);
  one.turn(9 * second);
  REQUIRE(one.asked());
  one.timer(11 * second);
  CHECK_FALSE(one.end());
  SECTION("a refusal") {
    one.refuse(12 * second);
    REQUIRE(one.end());
    CHECK(one.end()->code == Code::budget_exceeded);
    CHECK(one.call.over());
  }
  SECTION("a grant") {
    one.call.reserved(12 * second, true, one.actions);
    CHECK(one.actions.send);
  }
  SECTION("none before the deadline: what is reserved later is made void") {
    one.timer(60 * second);
    REQUIRE(one.end());
    CHECK(one.queue() == "");
    one.call.reserved(61 * second, true, one.actions);
    REQUIRE(one.actions.book);
    CHECK(one.actions.book->state == State::voided);
  }
}

TEST_CASE("a wait ends when it is cancelled") {
  Asking one;
  one.refuse(0);
  SECTION("between two questions") {
    one.call.cancel(second, one.actions);
    REQUIRE(one.end());
    CHECK(one.call.over());
    CHECK(one.end()->message.starts_with("the call was cancelled in a wait: the budget b"));
  }
  SECTION("while the ledger is asked") {
    one.turn(second);
    one.call.cancel(second, one.actions);
    REQUIRE(one.end());
    CHECK_FALSE(one.call.over()); // what is reserved now is made void
    one.call.refused(2 * second, too_little(), one.actions, "b");
    CHECK(one.call.over());
  }
  CHECK(one.end()->code == Code::cancelled);
  CHECK(one.actions.queue == "");
  CHECK_FALSE(one.actions.book);
}

TEST_CASE("a refusal for another reason ends a wait, and a call that does not wait fails at once") {
  Asking one;
  one.refuse(0);
  one.turn(0);
  one.call.refused(second, Error{.code = Code::blocked, .message = "blocked"}, one.actions);
  REQUIRE(one.end());
  CHECK(one.end()->code == Code::blocked);
  CHECK(one.queue() == "");

  call::Call other(call::Plan{.uid = Uid::make(1, {}),
                              .models = {{.model = "m/one", .bound = Amount{5}}},
                              .deadline_us = second});
  Actions actions;
  other.start(0, actions);
  other.refused(0, too_little(), actions, "b");
  REQUIRE_FALSE(actions.events.empty());
  CHECK(actions.events.back().error->code == Code::budget_exceeded);
  CHECK_FALSE(actions.queue);
}
