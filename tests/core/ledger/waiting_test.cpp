// Calls that wait for budgets: their order, and what the ledger tells them.

#include <string>
#include <vector>

#include "ledger/waiting.hpp"
#include "support/budget_bench.hpp"
#include "support/catch.hpp"

using namespace ledger_words;
using ledger::Waiting;

namespace {

struct Turns {
  Waiting waiting;
  std::string seen; // the names of the calls that had a turn
  std::uint64_t join(const char* name, const std::string& budget, std::uint64_t place = 0) {
    return waiting.join(place, budget, [this, name] { seen += name; });
  }
  std::string take() { return std::exchange(seen, {}); }
};

Reservation waiter(std::int64_t bound, bool is_first = true) {
  Reservation r = reservation("a");
  r.bound = Amount{bound};
  r.has_turn = [is_first](const std::string&) { return is_first; };
  return r;
}

SetBudget limit(const std::string& name, std::int64_t most) {
  return {.name = name, .limit = Amount{most}, .window = Window::day};
}

} // namespace

TEST_CASE("the first of each budget has the turn, in the order of their coming") {
  Turns turns;
  CHECK(turns.waiting.is_empty());
  const auto one = turns.join("1", "b");
  CHECK(turns.take() == "1"); // what changed meanwhile told nobody
  const auto two = turns.join("2", "b"), other = turns.join("3", "c");
  CHECK(turns.take() == "3");
  turns.waiting.changed();
  CHECK(turns.take() == "13");
  CHECK(turns.waiting.has_turn("b", one));
  CHECK_FALSE(turns.waiting.has_turn("b", two));
  CHECK_FALSE(turns.waiting.has_turn("b", 0));
  CHECK(turns.waiting.has_turn("d", 0));
  turns.waiting.leave(one);
  CHECK(turns.take() == "2");
  turns.waiting.leave(one); // once more is harmless
  turns.waiting.leave(two);
  turns.waiting.leave(other);
  CHECK(turns.take().empty());
  CHECK(turns.waiting.is_empty());
  turns.waiting.changed();
  CHECK(turns.take().empty());
}

TEST_CASE("a call keeps its place when it waits for another budget") {
  Turns turns;
  const auto one = turns.join("1", "b"), two = turns.join("2", "b"), three = turns.join("3", "c");
  turns.take();
  CHECK(turns.join("1", "c", one) == one);
  CHECK(turns.take() == "21"); // the next one of b; the first one of c
  CHECK_FALSE(turns.waiting.has_turn("c", three));
  CHECK(turns.waiting.has_turn("b", two));
  CHECK(turns.join("1", "c", one) == one); // where it stands already
  CHECK(turns.take().empty());
}

TEST_CASE("the ledger tells for which budget a call can wait, and holds nothing for it") {
  Bench bench;
  REQUIRE(bench.change(limit("a", 100)).ok());
  REQUIRE(bench.change(limit("b", 50)).ok());
  const Reservation first = waiter(40);
  REQUIRE(bench.reserve(first).is_granted());
  const Verdict full = bench.reserve(waiter(20));
  REQUIRE(full.refused);
  CHECK(full.refused->code == Code::budget_exceeded);
  CHECK(full.waits_for == "b");
  CHECK(bench.database.integer("SELECT sum(reserved_p) FROM budget_window") == 80);

  Reservation hasty = waiter(20);
  hasty.has_turn = nullptr;
  CHECK(bench.reserve(hasty).waits_for.empty());
  CHECK(bench.reserve(waiter(101)).waits_for.empty()); // it never fits in a
  const Verdict never = bench.reserve(waiter(70));     // it fits in a later, and never in b
  CHECK(never.waits_for.empty());
  CHECK(never.refused->budget == "b");

  // Others wait there already: it is not asked before them, although it would fit.
  const Verdict behind = bench.reserve(waiter(5, false));
  CHECK(behind.waits_for == "a");
  CHECK(behind.refused->message.starts_with("other calls wait before it: the budget a of"));
  CHECK(bench.reserve(waiter(0, false)).is_granted()); // what holds nothing passes
  CHECK(bench.reserve(waiter(5)).is_granted());
  bench.end(first.uid, settled(1));
  CHECK(bench.reserve(waiter(20)).is_granted());
}

TEST_CASE("a call can wait for what only an override has") {
  Bench bench;
  REQUIRE(bench.change(limit("b", 50)).ok());
  const OverrideBudget more{
      .name = "b",
      .amount = Amount{50},
      .until = Time(std::chrono::microseconds(bench.moment.wall_us + 3'600'000'000))};
  CHECK(bench.reserve(waiter(60)).waits_for.empty());
  REQUIRE(
      bench.commit([&](std::int64_t now) { return bench.rows->budgets().change(more, now); }).ok());
  REQUIRE(bench.reserve(waiter(60)).is_granted());
  CHECK(bench.reserve(waiter(60)).waits_for == "b");
}
