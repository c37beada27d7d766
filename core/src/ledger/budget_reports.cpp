#include <algorithm>

#include "ledger/budgets.hpp"
#include "ledger/stored_values.hpp"
#include "values/sums.hpp"

namespace wayfare::ledger {

namespace {

// When nothing is left at the pace since the window began. `left` is above zero or not.
std::optional<std::int64_t> empty_us(const Period& period, std::int64_t now, const Amount& spent,
                                     const Amount& left) {
  if (left.picodollars <= 0) return now;
  if (spent.picodollars <= 0) return std::nullopt;
  const auto rest = static_cast<Wide>(now - period.start_us) * left.picodollars / spent.picodollars;
  if (rest >= period.end_us - now) return std::nullopt;
  return now + static_cast<std::int64_t>(rest);
}

} // namespace

// Each budget in the window of now, as ledger time has it; one whose values have not come yet, or
// whose window nobody has used, is there with nothing spent.
std::vector<Budget> budgets(sqlite::Database& database, std::int64_t wall_us,
                            const std::string& name) {
  const std::int64_t newest = database.integer(
      "SELECT booked_us FROM entry WHERE id > (SELECT coalesce(max(entry), 0) FROM clock) ORDER BY "
      "id DESC LIMIT 1");
  const std::int64_t now = std::max(wall_us, newest);
  sqlite::Statement rows = database.prepare(
      "SELECT id, name, limit_p, span, soft, assume_p, app, agent, user, run, tag, key, model, "
      "coalesce(byok, 0), coalesce(missing, 1), thresholds FROM budget WHERE ?1 = '' OR name = ?1 "
      "ORDER BY "
      "name");
  sqlite::Statement windows = database.prepare(
      "SELECT value, spent_p, reserved_p, excess_p, (SELECT count(*) FROM hold h WHERE h.window_id "
      "= w.id AND h.uid NOT IN (SELECT uid FROM pending WHERE state = 0)) FROM budget_window w "
      "WHERE budget = ?1 AND start_us = ?2 ORDER BY value");
  sqlite::Statement overrides = database.prepare(
      "SELECT sum_of(amount_p), min(until_us) FROM budget_override WHERE budget = ?1 AND "
      "made_us <= ?2 AND until_us > ?2");
  std::vector<Budget> found;
  rows.bind(1, name);
  while (rows.step()) {
    Budget state{.name = std::string(rows.text(1)), .limit = Amount{rows.integer(2)}};
    state.window = stored_enumerator<Window>(rows.integer(3));
    state.mode = rows.integer(4) != 0 ? BudgetMode::soft : BudgetMode::hard;
    if (const auto assume = rows.maybe_integer(5)) state.assume = Amount{*assume};
    int column = 6;
    for (const auto& [part_name, part] : members_of<Scope>) state.scope.*part = rows.text(column++);
    state.byok = rows.integer(column) != 0 ? BudgetByok::count : BudgetByok::ignore;
    state.missing = rows.integer(column + 1) != 0 ? BudgetMissing::share : BudgetMissing::refuse;
    state.thresholds = thresholds_of(rows.text(column + 2));
    const Period period = period_of(state.window, now);
    const bool ends = state.window != Window::lifetime;
    if (ends) {
      state.start = stored_time(period.start_us);
      state.resets_at = stored_time(period.end_us);
    }
    overrides.bind(1, rows.integer(0)).bind(2, now).step();
    state.extra = {overrides.integer(0)};
    if (const auto until_us = overrides.maybe_integer(1))
      state.extra_until = stored_time(*until_us);
    overrides.reset();
    const Amount limit = sum_of(state.limit, state.extra);
    state.left = limit;
    const auto tell_end = [&] {
      const auto at = ends ? empty_us(period, now, state.spent, state.left) : std::nullopt;
      state.empty_by = at ? std::optional(stored_time(*at)) : std::nullopt;
    };
    tell_end();
    windows.bind(1, rows.integer(0)).bind(2, period.start_us);
    bool used = false;
    for (; windows.step(); used = true) {
      state.value = windows.text(0);
      state.spent = {windows.integer(1)};
      state.reserved = {windows.integer(2)};
      state.excess = {windows.integer(3)};
      state.unknown = windows.integer(4);
      state.left = difference_of(difference_of(limit, state.spent), state.reserved);
      tell_end();
      found.push_back(state);
    }
    windows.reset();
    if (!used) found.push_back(std::move(state));
  }
  return found;
}

std::vector<Block> blocks(sqlite::Database& database) {
  std::vector<Block> found;
  sqlite::Statement rows =
      database.prepare("SELECT app, agent, user, run, tag, key, model FROM block ORDER BY made_us");
  while (rows.step()) {
    Scope& scope = found.emplace_back().scope;
    int column = 0;
    for (const auto& [name, part] : members_of<Scope>) scope.*part = rows.text(column++);
  }
  return found;
}

} // namespace wayfare::ledger
