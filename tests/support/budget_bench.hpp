// Budgets in memory under a clock of the test's own.
#pragma once

#include <cstdint>
#include <optional>

#include "ledger/budgets.hpp"
#include "ledger/rows.hpp"
#include "ledger/schema.hpp"
#include "support/ledger.hpp"

namespace ledger_words {

// A ledger in memory whose clock is the test's.
struct Bench {
  sqlite::Database database{":memory:", sqlite::Database::Mode::memory};
  std::optional<ledger::Rows> rows;
  ledger::Moment moment{1'795'000'000'000'000, 1'000'000'000, "boot"};

  Bench() {
    ledger::bring_forward(database, 0);
    rows.emplace(database, 1, "boot");
  }
  template <class F>
  auto commit(F&& what) {
    auto answer = what(rows->time(moment, database.begin()));
    rows->flush();
    database.commit();
    return answer;
  }
  Verdict reserve(const Reservation& r) {
    return commit([&](std::int64_t now) { return rows->reserve(r, now); });
  }
  void end(const Uid& uid, const Ending& ending) {
    commit([&](std::int64_t now) { return rows->end(uid, ending, now); });
  }
  Result<std::optional<Budget>> change(const SetBudget& budget) {
    return commit([&](std::int64_t now) { return rows->budgets().change(budget, now); });
  }
  void pass(std::int64_t us) { moment.wall_us += us, moment.boot_us += us; }
};

} // namespace ledger_words
