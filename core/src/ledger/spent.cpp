#include "ledger/spent.hpp"

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "ledger/reports.hpp"
#include "ledger/rollups.hpp"
#include "values/sums.hpp"

namespace wayfare::ledger {

namespace {

bool has_only(const Scope& scope, std::initializer_list<std::string_view> parts) {
  for (const auto& [name, part] : members_of<Scope>)
    if (!(scope.*part).empty() && std::ranges::find(parts, name) == parts.end()) return false;
  return true;
}

// Sums the rows of one table for the days of the period that match the named parts of the scope.
Wide sum_of_rows(sqlite::Database& database, const char* table, const Scope& scope,
                 std::initializer_list<std::string_view> parts, const std::string& value,
                 const Period& period) {
  std::string sql = std::string("SELECT cost_p FROM ") + table + " WHERE day >= ?1 AND day < ?2";
  std::vector<std::string> wanted;
  for (const auto& [name, part] : members_of<Scope>) {
    if ((scope.*part).empty() || std::ranges::find(parts, name) == parts.end()) continue;
    const bool is_prefix = name == "key" && scope.*part != "*";
    wanted.push_back(scope.*part == "*" ? value : scope.*part);
    const std::string number = "?" + std::to_string(wanted.size() + 2);
    sql +=
        " AND " + std::string(name) + " IN (SELECT id FROM name WHERE " +
        (is_prefix ? "substr(text, 1, length(" + number + ")) = " + number : "text = " + number) +
        ")";
  }
  sqlite::Statement rows = database.prepare(sql);
  rows.bind(1, period.start_us / day_us).bind(2, period.end_us / day_us);
  for (std::size_t at = 0; at < wanted.size(); ++at)
    rows.bind(static_cast<int>(at) + 3, wanted[at]);
  Wide sum = 0;
  while (rows.step()) sum += rows.integer(0);
  return sum;
}

} // namespace

bool is_summed(const Scope& scope, Window window) {
  return window != Window::hour &&
         (has_only(scope, {"app", "agent", "key"}) || has_only(scope, {"app", "user"}) ||
          has_only(scope, {"app", "tag"}));
}

namespace {

// `table` is the prefix of the tables of sums: rollup_ or byok_.
Wide sum_of_days(sqlite::Database& database, const std::string& table, const Scope& scope,
                 const std::string& value, const Period& period) {
  const auto sum = [&](const char* of, std::initializer_list<std::string_view> parts) {
    return sum_of_rows(database, (table + of).c_str(), scope, parts, value, period);
  };
  if (!scope.tag.empty()) return sum("tag", {"app", "tag"});
  if (scope.user.empty()) return sum("day", {"app", "agent", "key"});
  if (scope.user != "*" || !value.empty()) return sum("user", {"app", "user"});
  return sum("day", {"app"}) - sum("user", {"app"});
}

} // namespace

std::int64_t spent(sqlite::Database& database, const Counting& counting, const std::string& value,
                   const Period& period) {
  if (is_summed(counting.scope, counting.window))
    return narrowed(
        sum_of_days(database, "rollup_", counting.scope, value, period) +
        (counting.upstream ? sum_of_days(database, "byok_", counting.scope, value, period) : 0));
  const std::string cost = cost_counted(counting.upstream);
  sqlite::Statement sum =
      database.prepare("SELECT sum_of(" + cost +
                       ") FROM entry t WHERE t.id >= ?10 AND t.kind IN (0, 2, 3) AND " + matching);
  bind_matching(sum, counting.scope, value, period);
  sum.bind(10, first_booked(database, period.start_us)).step();
  return sum.integer(0);
}

std::string cost_counted(bool upstream) {
  return upstream ? "coalesce(t.cost_p, 0) + coalesce(t.upstream_p, 0)" : "coalesce(t.cost_p, 0)";
}

} // namespace wayfare::ledger
