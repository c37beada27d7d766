// Shares of limits: each window records once that it has spent one.

#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "ledger/lookups.hpp"
#include "ledger/mend.hpp"
#include "ledger/verify.hpp"
#include "support/budget_bench.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"
#include "support/keeping.hpp"

using namespace ledger_words;
using namespace keeping_words;

namespace {

constexpr std::int64_t day_us = 86'400'000'000;
using Shares = std::vector<std::int32_t>;

Reservation bounded(std::int64_t bound, const std::string& user = "ann") {
  Reservation r = reservation("a");
  r.bound = Amount{bound};
  r.charge_to.user = user;
  return r;
}

SetBudget budget(Shares thresholds, std::int64_t limit = 100, Window window = Window::day) {
  return {.name = "b",
          .limit = Amount{limit},
          .window = window,
          .mode = BudgetMode::soft,
          .thresholds = std::move(thresholds)};
}

struct Watched : Bench {
  void spend(std::int64_t cost, const std::string& user = "ann") {
    const Reservation r = bounded(cost, user);
    REQUIRE(reserve(r).is_granted());
    end(r.uid, settled(cost));
  }
  std::vector<Crossing> all(ListCrossings query = {}) { return ledger::crossings(database, query); }
  Shares shares() {
    Shares found;
    for (const Crossing& one : all()) found.push_back(one.percent);
    return found;
  }
  void check_whole() { CHECK(ledger::verify(database).problems == std::vector<std::string>{}); }
};

} // namespace

TEST_CASE("a window records each share that it has spent once, in the order of the shares") {
  Watched bench;
  const Budget made = bench.change(budget({100, 50, 80})).value().value();
  CHECK(made.thresholds == Shares{100, 50, 80});
  bench.spend(49);
  CHECK(bench.all().empty());
  REQUIRE(bench.reserve(bounded(40)).is_granted()); // what is held does not count
  CHECK(bench.all().empty());
  bench.spend(1);
  CHECK(bench.shares() == Shares{50});
  bench.spend(70);
  bench.spend(70);
  CHECK(bench.shares() == Shares{50, 80, 100});
  const Crossing one = bench.all()[1];
  CHECK(one.name == "b");
  CHECK(one.value.empty());
  CHECK(one.limit == Amount{100});
  CHECK(one.spent == Amount{120});
  CHECK(one.start == Time(std::chrono::microseconds(bench.moment.wall_us / day_us * day_us)));
  bench.check_whole();

  bench.pass(day_us); // the next window
  bench.spend(85);
  CHECK(bench.shares() == Shares{50, 80, 100, 50, 80});
  const auto last = bench.all().back();
  CHECK(bench.all({.since = last.crossed + std::chrono::microseconds(1)}).empty());
  CHECK(bench.all({.limit = 2}).size() == 2);
  CHECK_FALSE(bench.all({.since = last.crossed}).empty());
  bench.check_whole();
}

TEST_CASE("a share is rounded up to whole picodollars") {
  Watched bench;
  REQUIRE(bench.change(budget({33, 1000}, 10)).ok());
  bench.spend(3);
  CHECK(bench.all().empty());
  bench.spend(1);
  CHECK(bench.shares() == Shares{33});
  bench.spend(95);
  CHECK(bench.shares() == Shares{33});
  bench.spend(1);
  CHECK(bench.shares() == Shares{33, 1000});

  Watched huge; // products that do not fit in 64 bits
  REQUIRE(huge.change(budget({1, 1000}, ledger::limit_max, Window::lifetime)).ok());
  huge.spend(ledger::limit_max / 100 - 1);
  CHECK(huge.all().empty());
  huge.spend(1);
  CHECK(huge.shares() == Shares{1});
  CHECK_FALSE(huge.all()[0].start);
}

TEST_CASE("each value of a * has shares of its own") {
  Watched bench;
  SetBudget each = budget({50});
  each.scope.user = "*";
  REQUIRE(bench.change(each).ok());
  bench.spend(50, "ann");
  bench.spend(40, "bob");
  bench.spend(50, "ann");
  bench.spend(10, "bob");
  const auto all = bench.all();
  REQUIRE(all.size() == 2);
  CHECK(all[0].value == "ann");
  CHECK(all[1].value == "bob");
}

TEST_CASE("a change of a budget records what is spent already, of the open window") {
  Watched bench;
  REQUIRE(bench.change(budget({})).ok());
  bench.spend(60);
  bench.pass(day_us);
  bench.spend(60);
  CHECK(bench.all().empty());
  REQUIRE(bench.change(SetBudget{.name = "b", .thresholds = Shares{50}}).ok());
  CHECK(bench.shares() == Shares{50});
  REQUIRE(bench.change(SetBudget{.name = "b", .thresholds = Shares{50, 90}}).ok());
  REQUIRE(bench.change(SetBudget{.name = "b", .limit = Amount{66}}).ok());
  CHECK(bench.shares() == Shares{50, 90});
  CHECK(bench.all()[1].limit == Amount{66});
  REQUIRE(bench.change(SetBudget{.name = "b", .mode = BudgetMode::hard}).ok()); // keeps the shares
  CHECK(ledger::budgets(bench.database, bench.moment.wall_us)[0].thresholds == Shares{50, 90});
  REQUIRE(bench.change(SetBudget{.name = "b", .thresholds = Shares{}}).ok());
  CHECK(ledger::budgets(bench.database, bench.moment.wall_us)[0].thresholds.empty());
  CHECK(bench.shares() == Shares{50, 90}); // what was recorded stays
  bench.check_whole();

  // A new budget begins with what its window has.
  SetBudget later = budget({50, 100}, 60);
  later.name = "later";
  REQUIRE(bench.change(later).ok());
  CHECK(bench.shares() == Shares{50, 90, 50, 100});
  bench.check_whole();
  REQUIRE(bench.change(SetBudget{.name = "later", .remove = true}).ok());
  CHECK(bench.shares() == Shares{50, 90});
  CHECK(bench.database.integer("SELECT count(*) FROM crossing") == 2);
}

TEST_CASE("a cost that is learned later crosses a share, and so does one above its bound") {
  Watched bench;
  REQUIRE(bench.change(budget({50})).ok());
  const Reservation r = bounded(10);
  REQUIRE(bench.reserve(r).is_granted());
  bench.end(r.uid, Ending{.state = State::unknown});
  CHECK(bench.all().empty());
  bench.commit([&](std::int64_t now) {
    return ledger::Lookups(bench.database, *bench.rows).found(r.uid.text(), settled(50), now);
  });
  CHECK(bench.shares() == Shares{50});
}

TEST_CASE("a repair keeps what is recorded, and records what a window that it makes has spent") {
  Watched bench;
  REQUIRE(bench.change(budget({50}, 100, Window::lifetime)).ok());
  bench.spend(60);
  const auto mend = [&] {
    bench.commit(
        [&](std::int64_t now) { return ledger::mend(bench.database, *bench.rows, now), 0; });
    bench.check_whole();
    CHECK(bench.shares() == Shares{50});
  };
  mend();
  bench.database.execute("UPDATE budget_window SET spent_p = 0");
  mend();
  bench.database.execute("DELETE FROM budget_window");
  CHECK(bench.all().empty());
  mend();
  bench.database.execute("INSERT INTO crossing VALUES (77, 99, 50, 1, 100, 60)");
  CHECK_FALSE(ledger::verify(bench.database).ok);
  mend();
}

TEST_CASE("what thresholds cannot be is named") {
  using ledger::fault_of;
  CHECK(fault_of(budget({1, 2, 3, 4, 5, 6, 7, 1000})) == "");
  CHECK(fault_of(budget({1, 2, 3, 4, 5, 6, 7, 8, 9})) == "thresholds of a budget are more than 8");
  for (const std::int32_t percent : {0, -1, 1001})
    CHECK(fault_of(budget({percent})).find("1 and 1000 percent") != std::string::npos);
  CHECK(fault_of(budget({50, 50})) == "a share is twice in thresholds");
  CHECK(fault_of(SetBudget{.name = "b", .remove = true, .thresholds = Shares{}}) != "");
  CHECK(fault_of(ListCrossings{.limit = 0}) != "");
  CHECK(fault_of(ListCrossings{.limit = 10'001}) != "");
}

TEST_CASE("processes that spend at once record each share once, and so does an older wayfare") {
  const Folder folder;
  const std::string path = folder / "l.db";
  {
    Opened opened(path);
    REQUIRE(ask(*opened.ledger, budget({10, 50, 100}, 400, Window::lifetime)).ok());
  }
  std::vector<pid_t> children;
  for (int process = 0; process < 4; ++process) {
    children.push_back(fork());
    if (children.back() != 0) continue;
    Opened mine(path, Durability::no_sync);
    for (int at = 0; at < 100; ++at) {
      const Reservation r = bounded(1);
      if (reserve(*mine.ledger, r)) _exit(1);
      book(*mine.ledger, r.uid, settled(1));
    }
    mine.close();
    _exit(0);
  }
  for (const pid_t child : children) {
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
  Opened opened(path);
  const auto all = ask(*opened.ledger, ListCrossings{}).value();
  REQUIRE(all.size() == 3);
  CHECK((all[0].spent == Amount{40} && all[1].spent == Amount{200} && all[2].spent == Amount{400}));
  CHECK(number(path, "SELECT sum(percent) FROM v1_crossings") == 160);
  CHECK(entries(*opened.ledger).size() == 400); // they are no entries
  CHECK(verify(*opened.ledger).problems == std::vector<std::string>{});

  // The statement by which a writer of schema 7 spends.
  damage(path,
         "UPDATE budget SET thresholds = '[50,110]'; "
         "UPDATE budget_window SET spent_p = spent_p + 40");
  CHECK(number(path, "SELECT count(*) FROM v1_crossings") == 4);
  CHECK(number(path, "SELECT spent_picodollars FROM v1_crossings WHERE percent = 110") == 440);
}
