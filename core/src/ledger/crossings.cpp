// When windows of budgets have spent shares of their limits. The triggers of the file record it;
// see schema.cpp.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <limits>
#include <string>

#include "ledger/budgets.hpp"
#include "ledger/stored_values.hpp"

namespace wayfare::ledger {

std::string fault_of(const std::vector<std::int32_t>& thresholds) {
  constexpr std::size_t most = 8;
  constexpr std::int32_t highest = 1000;
  if (thresholds.size() > most) return "thresholds of a budget are more than 8";
  for (const std::int32_t percent : thresholds) {
    if (percent < 1 || percent > highest)
      return "a share in thresholds is not between 1 and 1000 percent";
    if (std::ranges::count(thresholds, percent) > 1) return "a share is twice in thresholds";
  }
  return {};
}

std::string text_of(const std::vector<std::int32_t>& thresholds) {
  std::string text;
  for (const std::int32_t percent : thresholds)
    text += (text.empty() ? "[" : ",") + std::to_string(percent);
  return text.empty() ? text : text + "]";
}

std::vector<std::int32_t> thresholds_of(std::string_view text) {
  std::vector<std::int32_t> found;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end; ++at) {
    std::int32_t percent = 0;
    const auto [after, failed] = std::from_chars(at, end, percent);
    if (failed != std::errc()) continue;
    found.push_back(percent);
    at = after;
  }
  return found;
}

// Looks at the windows that are open now: their limit or the shares have changed.
void Budgets::record_crossings(const Rule& rule, std::int64_t now_us) {
  if (rule.thresholds.empty()) return;
  sqlite::Statement look = database_.prepare(
      "UPDATE budget_window SET spent_p = spent_p WHERE budget = ?1 AND start_us <= ?2 AND end_us "
      "> ?2");
  look.bind(1, rule.id).bind(2, now_us).run(); // the trigger does the rest
}

std::string fault_of(const ListCrossings& query) {
  if (query.limit >= 1 && query.limit <= 10'000) return {};
  return "limit of crossings is not between 1 and 10000";
}

static constexpr const char* crossing_columns =
    "SELECT b.name, w.value, b.span, w.start_us, c.percent, c.crossed_us, c.limit_p, c.spent_p, "
    "c.id FROM crossing c JOIN budget_window w ON w.id = c.window_id JOIN budget b ON b.id = "
    "w.budget ";

static Crossing crossing_of(const sqlite::Statement& row) {
  Crossing one;
  one.name = row.text(0);
  one.value = row.text(1);
  if (stored_enumerator<Window>(row.integer(2)) != Window::lifetime)
    one.start = stored_time(row.integer(3));
  one.percent = static_cast<std::int32_t>(row.integer(4));
  one.crossed = stored_time(row.integer(5));
  one.limit = {row.integer(6)};
  one.spent = {row.integer(7)};
  return one;
}

std::vector<Crossing> crossings(sqlite::Database& database, const ListCrossings& query) {
  sqlite::Statement rows = database.prepare(std::string(crossing_columns) +
                                            "WHERE c.crossed_us >= ?1 ORDER BY c.id LIMIT ?2");
  rows.bind(1, query.since ? query.since->time_since_epoch().count()
                           : std::numeric_limits<std::int64_t>::min());
  rows.bind(2, std::int64_t{query.limit});
  std::vector<Crossing> found;
  while (rows.step()) found.push_back(crossing_of(rows));
  return found;
}

NewCrossings new_crossings(sqlite::Database& database, std::int64_t after) {
  constexpr std::int64_t most = 100;
  NewCrossings found;
  found.last = database.integer("SELECT coalesce(max(id), 0) FROM crossing");
  if (after < 0 || found.last <= after) return found;
  sqlite::Statement rows = database.prepare(std::string(crossing_columns) +
                                            "WHERE c.id > ?1 ORDER BY c.id DESC LIMIT ?2");
  rows.bind(1, after).bind(2, most);
  while (rows.step()) found.crossings.push_back(crossing_of(rows));
  std::ranges::reverse(found.crossings);
  return found;
}

} // namespace wayfare::ledger
