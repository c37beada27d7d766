// Overrides: what is added to the limit of a budget for a while.

#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "ledger/mend.hpp"
#include "ledger/verify.hpp"
#include "support/budget_bench.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"
#include "support/keeping.hpp"

using namespace ledger_words;
using namespace keeping_words;

namespace {

constexpr std::int64_t hour_us = 3'600'000'000;

Reservation bounded(std::int64_t bound) {
  Reservation r = reservation("a");
  r.bound = Amount{bound};
  return r;
}

struct Overridden : Bench {
  explicit Overridden(Window window) {
    REQUIRE(change(SetBudget{.name = "b", .limit = Amount{100}, .window = window}).ok());
  }
  Result<Budget> raise(std::int64_t amount, std::int64_t hours, const std::string& name = "b") {
    OverrideBudget one{.name = name, .amount = Amount{amount}};
    if (amount != 0) one.until = Time(std::chrono::microseconds(moment.wall_us + hours * hour_us));
    return commit([&](std::int64_t now) { return rows->budgets().change(one, now); });
  }
  std::optional<Error> spend(std::int64_t cost) {
    const Reservation r = bounded(cost);
    auto refused = reserve(r).refused;
    if (!refused) end(r.uid, settled(cost));
    return refused;
  }
  Budget state() { return ledger::budgets(database, moment.wall_us).at(0); }
  void check_whole() { CHECK(ledger::verify(database).problems == std::vector<std::string>{}); }
};

} // namespace

TEST_CASE("an override adds to the limit until it ends, and what was spent stays spent") {
  Overridden bench(Window::lifetime);
  REQUIRE_FALSE(bench.spend(100));
  REQUIRE(bench.spend(1));
  const Budget raised = bench.raise(50, 2).value();
  CHECK(raised.limit == Amount{100});
  CHECK(raised.extra == Amount{50});
  CHECK(raised.left == Amount{50});
  REQUIRE(raised.extra_until);
  REQUIRE_FALSE(bench.spend(30));
  const auto refused = bench.spend(21);
  REQUIRE(refused);
  CHECK(refused->budget_limit == Amount{150});
  CHECK(refused->left == Amount{20});
  CHECK(refused->message.find("of $0.00000000015 ($0.00000000005 of it by an override)") !=
        std::string::npos);
  bench.check_whole();

  bench.pass(2 * hour_us); // the end is not included
  CHECK(bench.state().extra == Amount{});
  CHECK_FALSE(bench.state().extra_until);
  CHECK(bench.state().left == Amount{-30});
  CHECK(bench.state().spent == Amount{130});
  CHECK(bench.spend(1));
  CHECK(bench.spend(1)->budget_limit == Amount{100});
  bench.check_whole();

  // The next one takes the place of the row that has ended.
  REQUIRE(bench.raise(31, 1).ok());
  CHECK(bench.database.integer("SELECT count(*) FROM budget_override") == 1);
  CHECK_FALSE(bench.spend(1));
  CHECK(bench.spend(1));
  CHECK(bench.state().excess == Amount{30});
  bench.check_whole();
}

TEST_CASE("an override counts in each window that is open meanwhile") {
  Overridden bench(Window::hour);
  bench.pass(hour_us - bench.moment.wall_us % hour_us);
  REQUIRE(bench.raise(50, 2).ok());
  for (int window = 0; window < 2; ++window) {
    CHECK_FALSE(bench.spend(150));
    CHECK(bench.spend(1));
    bench.pass(hour_us);
  }
  CHECK(bench.spend(101));
  CHECK_FALSE(bench.spend(100));
  bench.check_whole();
  REQUIRE(bench.raise(1, 1).ok()); // the rows that have ended go
  bench.check_whole();
}

TEST_CASE("overrides add up, and an amount of 0 ends all of them") {
  Overridden bench(Window::day);
  REQUIRE(bench.raise(50, 3).ok());
  bench.pass(hour_us / 2);
  const Budget both = bench.raise(20, 1).value();
  CHECK(both.extra == Amount{70});
  CHECK(both.extra_until == Time(std::chrono::microseconds(bench.moment.wall_us + hour_us)));
  REQUIRE_FALSE(bench.spend(165));
  bench.pass(hour_us);
  CHECK(bench.state().extra == Amount{50});
  CHECK(bench.spend(1));
  const Budget ended = bench.raise(0, 0).value();
  CHECK(ended.extra == Amount{});
  CHECK(ended.left == Amount{-65});
  bench.pass(1);
  CHECK(bench.spend(1));
  bench.check_whole();
}

TEST_CASE("a limit that is set during an override keeps the law") {
  Overridden bench(Window::lifetime);
  REQUIRE(bench.raise(50, 2).ok());
  REQUIRE_FALSE(bench.spend(150));
  REQUIRE(bench.change(SetBudget{.name = "b", .limit = Amount{60}}).ok());
  CHECK(bench.state().excess == Amount{40});
  bench.check_whole();
  bench.pass(3 * hour_us);
  bench.check_whole();
  REQUIRE(bench.change(SetBudget{.name = "b", .scope = {.agent = "a"}}).ok());
  CHECK(bench.state().left == Amount{-90});
  bench.check_whole();
}

TEST_CASE("more than the override allows is found") {
  Overridden bench(Window::lifetime);
  REQUIRE(bench.raise(50, 1).ok());
  bench.pass(2 * hour_us);
  REQUIRE(bench.raise(20, 1).ok()); // the two never hold at once
  REQUIRE_FALSE(bench.spend(120));
  bench.database.execute("UPDATE budget_window SET reserved_p = 1");
  const auto problems = ledger::verify(bench.database).problems;
  CHECK(std::ranges::any_of(problems, [](const std::string& line) {
    return line.starts_with("a hard limit is exceeded: b from");
  }));
}

TEST_CASE("a repair keeps what an override allowed, and drops one without a budget") {
  Overridden bench(Window::lifetime);
  REQUIRE(bench.raise(50, 1).ok());
  REQUIRE_FALSE(bench.spend(150));
  bench.pass(2 * hour_us);
  bench.database.execute(
      "UPDATE budget_window SET spent_p = 7; INSERT INTO budget_override(budget, amount_p, "
      "made_us, until_us) VALUES (99, 1, 1, 2)");
  CHECK_FALSE(ledger::verify(bench.database).ok);
  bench.commit([&](std::int64_t now) { return ledger::mend(bench.database, *bench.rows, now), 0; });
  bench.check_whole();
  CHECK(bench.state().spent == Amount{150});
  CHECK(bench.spend(1));
}

TEST_CASE("what an override cannot be is named") {
  Overridden bench(Window::day);
  CHECK(bench.raise(1, 1, "other").error().message == "there is no budget other");
  CHECK(bench.raise(1, 0).error().message == "until of override is not in the future");
  CHECK(bench.raise(ledger::limit_max, 1).error().message.find("above 9000000 dollars") !=
        std::string::npos);
  using ledger::fault_of;
  const Time time{std::chrono::hours(1)};
  CHECK(fault_of(OverrideBudget{.name = "b", .amount = Amount{1}, .until = time}) == "");
  CHECK(fault_of(OverrideBudget{.name = "b"}) == "");
  CHECK(fault_of(OverrideBudget{.name = "b", .amount = Amount{1}}) == "override has no until");
  CHECK(fault_of(OverrideBudget{.name = "b", .until = time}) != "");
  CHECK(fault_of(OverrideBudget{.name = ""}) != "");
  for (int at = 0; at < 100; ++at) REQUIRE(bench.raise(1, 1).ok());
  CHECK(bench.raise(1, 1).error().message == "the budget b has 100 overrides");
  REQUIRE(bench.change(SetBudget{.name = "b", .limit = Amount{ledger::limit_max - 100}}).ok());
  CHECK_FALSE(bench.change(SetBudget{.name = "b", .limit = Amount{ledger::limit_max - 99}}).ok());
  REQUIRE(bench.raise(0, 0).ok());
  bench.pass(hour_us);
  CHECK(bench.raise(1, 1).ok());
}

TEST_CASE("the overrides of a budget go with it, also where an older wayfare deletes it") {
  Overridden bench(Window::day);
  const auto left = [&] { return bench.database.integer("SELECT count(*) FROM budget_override"); };
  REQUIRE(bench.raise(50, 1).ok());
  REQUIRE(bench.change(SetBudget{.name = "b", .remove = true}).ok());
  CHECK(left() == 0);
  REQUIRE(bench.change(SetBudget{.name = "b", .limit = Amount{100}, .window = Window::day}).ok());
  REQUIRE(bench.raise(50, 1).ok());
  bench.database.execute("DELETE FROM budget WHERE name = 'b'"); // its statement
  CHECK(left() == 0);
}

TEST_CASE("an override holds in every process from the moment when it is made") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Opened opened(path);
  REQUIRE(
      ask(*opened.ledger, SetBudget{.name = "b", .limit = Amount{100}, .window = Window::lifetime})
          .ok());
  REQUIRE(reserve(*opened.ledger, bounded(150)));
  opened.close();
  const pid_t child = fork();
  if (child == 0) {
    Opened other(path);
    const auto done =
        ask(*other.ledger,
            OverrideBudget{.name = "b",
                           .amount = Amount{50},
                           .until = Time(std::chrono::microseconds(os::wall_us() + hour_us))});
    other.close();
    _exit(done.ok() ? 0 : 1);
  }
  Opened again(path);
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
  CHECK_FALSE(reserve(*again.ledger, bounded(150)));
  CHECK(number(path, "SELECT override_picodollars FROM v1_budgets") == 50);
  CHECK(number(path, "SELECT left_picodollars FROM v1_budgets") == 0);
  CHECK(verify(*again.ledger).problems == std::vector<std::string>{});
}
