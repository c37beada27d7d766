// Amounts that are added to the limits of budgets for a while.
//
// An override that has ended may have let a window pass its limit. Its row stays until the next
// override of the budget: then `excess` of the window takes its place.
#include <algorithm>
#include <string>

#include "ledger/budgets.hpp"
#include "values/sums.hpp"

namespace wayfare::ledger {

std::string fault_of(const OverrideBudget& change) {
  if (change.name.empty() || change.name.size() > 128)
    return "the name of a budget has 1 to 128 bytes";
  if (change.amount.picodollars < 0 || change.amount.picodollars > limit_max)
    return "amount of override is not between 0 and 9000000 dollars";
  const bool ends = change.amount == Amount{};
  if (ends && change.until) return "override has until, and an amount of 0 ends at once";
  return ends || change.until ? "" : "override has no until";
}

std::int64_t Budgets::Rule::limit_at(std::int64_t now_us) const {
  std::int64_t limit = limit_p;
  for (const Override& one : overrides)
    if (one.made_us <= now_us && now_us < one.until_us) limit = sum_of(limit, one.amount_p);
  return limit;
}

bool Budgets::Rule::is_too_high(std::int64_t more_p, std::int64_t now_us) const {
  std::int64_t room = difference_of(difference_of(limit_max, limit_p), more_p);
  for (const Override& one : overrides)
    if (now_us < one.until_us) room = difference_of(room, one.amount_p);
  return room < 0;
}

void Budgets::load_overrides() {
  sqlite::Statement rows = database_.prepare(
      "SELECT budget, amount_p, made_us, until_us FROM budget_override ORDER BY id");
  while (rows.step()) {
    const auto rule = std::ranges::find(rules_, rows.integer(0), &Rule::id);
    if (rule != rules_.end())
      rule->overrides.push_back({rows.integer(1), rows.integer(2), rows.integer(3)});
  }
}

Result<Budget> Budgets::change(const OverrideBudget& change, std::int64_t now_us) {
  constexpr std::ptrdiff_t most = 100; // of one budget at once
  const auto rule = std::ranges::find(rules_, change.name, &Rule::name);
  if (rule == rules_.end()) return is_missing(change.name);
  const std::int64_t until_us = change.until ? change.until->time_since_epoch().count() : 0;
  if (change.until && until_us <= now_us)
    return Error::invalid("until of override is not in the future", "give a later time");
  if (rule->is_too_high(change.amount.picodollars, now_us)) return is_too_high(change.name);
  const auto has_ended = [&](const Override& one) { return one.until_us <= now_us; };
  const auto ended = std::ranges::count_if(rule->overrides, has_ended);
  if (change.until && std::ssize(rule->overrides) - ended >= most)
    return Error::invalid("the budget " + change.name + " has 100 overrides",
                          "end them with an amount of 0, or raise the limit");

  if (ended > 0) tell_excess(*rule, now_us);
  sqlite::Statement drop =
      database_.prepare("DELETE FROM budget_override WHERE budget = ?1 AND until_us <= ?2");
  drop.bind(1, rule->id).bind(2, now_us).run();
  const std::string name = change.name;
  if (change.until) {
    sqlite::Statement add = database_.prepare(
        "INSERT INTO budget_override(budget, amount_p, made_us, until_us) VALUES (?1, ?2, ?3, ?4)");
    add.bind(1, rule->id).bind(2, change.amount.picodollars).bind(3, now_us).bind(4, until_us);
    add.run();
  } else { // what this moment reserves may still be above the limit
    sqlite::Statement end = database_.prepare(
        "UPDATE budget_override SET until_us = ?2 + 1 WHERE budget = ?1 AND until_us > ?2 + 1");
    end.bind(1, rule->id).bind(2, now_us).run();
  }
  count_up();
  return budgets(database_, change.until ? now_us : now_us + 1, name).front();
}

} // namespace wayfare::ledger
