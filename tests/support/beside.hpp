// A real ledger beside the model of a ledger.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ledger/budgets.hpp"
#include "ledger/rows.hpp"
#include "ledger/schema.hpp"
#include "ledger/verify.hpp"
#include "support/catch.hpp"

namespace wayfare::simulated {

// A ledger in memory with a budget. The calls of the model are also booked in it, all with the same
// bound.
class Beside {
 public:
  explicit Beside(Amount bound) : bound_(bound) {
    ledger::bring_forward(database_, 0);
    rows_.emplace(database_, 1, "boot");
    const SetBudget all{
        .name = "all", .limit = Amount{8'000'000'000'000'000'000}, .window = Window::lifetime};
    commit([&](std::int64_t now) { REQUIRE(rows_->budgets().change(all, now).ok()); });
  }
  void reserve(const Uid& uid) {
    Reservation r{.uid = uid, .call = uid};
    r.model = "m", r.bound = bound_;
    commit([&](std::int64_t now) { REQUIRE_FALSE(rows_->reserve(r, now).refused); });
    held_ += bound_.picodollars;
  }
  void book(const Uid& uid, const Ending& ending) {
    commit([&](std::int64_t now) { CHECK(rows_->end(uid, ending, now)); });
    const bool freed =
        ending.state == State::voided || (ending.state == State::settled && ending.billing.cost);
    if (freed) held_ -= bound_.picodollars;
    if (ending.state == State::settled && ending.billing.cost)
      spent_ += ending.billing.cost->picodollars;
  }
  // Returns the row of an attempt as in the model: the state, and the known cost.
  std::pair<std::string, std::optional<std::int64_t>> row(const Uid& uid) {
    sqlite::Statement row = database_.prepare(
        "SELECT CASE state WHEN 0 THEN 'reserved' ELSE 'unknown' END, NULL FROM pending WHERE uid "
        "= ?1 UNION ALL "
        "SELECT CASE kind WHEN 0 THEN 'settled' ELSE 'void' END, cost_p FROM entry WHERE uid = ?1");
    if (!row.bind(1, uid.text()).step()) return {"none", std::nullopt};
    return {std::string(row.text(0)), row.maybe_integer(1)};
  }
  void check_sums() {
    const Budget all = ledger::budgets(database_, moment_.wall_us).at(0);
    CHECK(all.spent.picodollars == spent_);
    CHECK(all.reserved.picodollars == held_);
  }
  void verify() { CHECK(ledger::verify(database_).problems == std::vector<std::string>{}); }

 private:
  template <class F>
  void commit(F&& what) {
    moment_.wall_us += 1000, moment_.boot_us += 1000;
    what(rows_->time(moment_, database_.begin()));
    rows_->flush();
    database_.commit();
  }
  sqlite::Database database_{":memory:", sqlite::Database::Mode::memory};
  std::optional<ledger::Rows> rows_;
  ledger::Moment moment_{1'795'000'000'000'000, 1'000'000'000, "boot"};
  const Amount bound_;
  std::int64_t spent_ = 0, held_ = 0;
};

} // namespace wayfare::simulated
