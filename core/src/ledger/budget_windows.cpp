// The windows of budgets: their periods, and what one begins with.
#include <algorithm>
#include <chrono>
#include <limits>
#include <string>
#include <vector>

#include "ledger/budgets.hpp"
#include "ledger/spent.hpp"
#include "ledger/stored_values.hpp"
#include "values/sums.hpp"

namespace wayfare::ledger {

Period period_of(Window window, std::int64_t now_us) {
  using namespace std::chrono;
  const sys_time<microseconds> now = stored_time(now_us); // a damaged file may have any
  const auto between = [](sys_time<microseconds> start, sys_time<microseconds> end) {
    return Period{start.time_since_epoch().count(), end.time_since_epoch().count()};
  };
  const auto today = floor<days>(now);
  switch (window) {
    case Window::hour: return between(floor<hours>(now), floor<hours>(now) + hours(1));
    case Window::day: return between(today, today + days(1));
    case Window::week: {
      const auto monday = today - (weekday(today) - Monday);
      return between(monday, monday + days(7));
    }
    case Window::month: {
      const year_month_day date(today);
      const auto first = date.year() / date.month() / 1;
      return between(sys_days(first), sys_days(first + months(1)));
    }
    case Window::lifetime: break;
  }
  return {0, std::numeric_limits<std::int64_t>::max()};
}

std::int64_t Budgets::window(const Rule& rule, const std::string& value, const Period& period,
                             std::int64_t now_us) {
  const bool found = find_window_.bind(1, rule.id).bind(2, value).bind(3, period.start_us).step();
  const std::int64_t known = found ? find_window_.integer(0) : 0;
  find_window_.reset();
  return found ? known : make_window(rule, value, period, now_us);
}

const char* const matching =
    "(?1 IS NULL OR t.app = (SELECT id FROM name WHERE text = ?1)) AND (?2 IS NULL OR t.agent = "
    "(SELECT id FROM name WHERE text = ?2)) "
    "AND (?3 IS NULL OR t.user = (SELECT id FROM name WHERE text = ?3)) AND (?4 IS NULL OR "
    "coalesce(t.run, '') = ?4) "
    "AND (?5 IS NULL OR ?5 IN (SELECT value FROM json_each(coalesce(t.tags, '[]')))) "
    "AND (?6 IS NULL OR t.key IN (SELECT id FROM name WHERE substr(text, 1, length(?6)) = ?6 AND "
    "(?6 <> '' OR text = ''))) "
    "AND (?7 IS NULL OR coalesce(t.counted, t.requested) IN (SELECT id FROM name WHERE text = ?7 "
    "OR substr(text, 1, length(?7) + 1) = ?7 || ':') OR EXISTS (SELECT 1 FROM json_each(t.models) "
    "WHERE key = ?7 OR substr(key, 1, length(?7) + 1) = ?7 || ':')) AND (?20 IS NULL OR "
    "iif(json_type(t.models, '$.\"\"') IS NULL, t.requested IN (SELECT id FROM name WHERE text = "
    "?20 OR substr(text, 1, length(?20) + 1) = ?20 || ':'), EXISTS (SELECT 1 FROM "
    "json_each(t.models, '$.\"\"') WHERE value = ?20))) AND t.reserved_us >= ?8 AND "
    "t.reserved_us < ?9";

void bind_matching(sqlite::Statement& statement, const Scope& scope, const std::string& value,
                   const Period& period) {
  int at = 0;
  for (const auto& [name, part] : members_of<Scope>) {
    const std::string& wanted = scope.*part;
    const bool is_each_model = name == "model" && wanted == "*";
    if (is_each_model) statement.bind(20, value);
    if (wanted.empty() || is_each_model)
      statement.bind_null(++at);
    else
      statement.bind(++at, wanted == "*" ? value : wanted);
  }
  statement.bind(8, period.start_us).bind(9, period.end_us);
}

// Where the budget is younger than the window, the window begins with what the rows and sums say;
// else it is new, and nothing was before it.
std::int64_t Budgets::make_window(const Rule& rule, const std::string& value, const Period& period,
                                  std::int64_t now_us) {
  sqlite::Statement make = database_.prepare(
      "INSERT INTO budget_window(budget, value, start_us, end_us, spent_p, reserved_p, excess_p) "
      "VALUES (?1, ?2, ?3, ?4, 0, 0, 0) "
      "RETURNING id");
  make.bind(1, rule.id).bind(2, value).bind(3, period.start_us).bind(4, period.end_us).step();
  const std::int64_t id = make.integer(0);
  make.reset();
  if (rule.made_us > period.start_us) fill_window(rule, id, value, period, now_us);
  return id;
}

// Sets what a window has spent and holds, by the rows and sums.
void Budgets::fill_window(const Rule& rule, std::int64_t id, const std::string& value,
                          const Period& period, std::int64_t now_us) {
  rollups_.flush();
  for (const HeldRows& held : held_rows) {
    if (held.upstream && !rule.counts_upstream) continue;
    sqlite::Statement holds = database_.prepare(
        std::string("INSERT INTO hold(uid, window_id, held_p) SELECT t.uid, ?10, "
                    "max(0, coalesce(t.bound_p, ?11, 0) - ") +
        (rule.counts_upstream ? held.known_p : "0") + ") FROM " + held.rows + matching);
    bind_matching(holds, rule.scope, value, period);
    holds.bind(10, id).bind(11, rule.assume_p).run();
  }
  sqlite::Statement sums = database_.prepare(
      "UPDATE budget_window SET spent_p = ?2, reserved_p = (SELECT sum_of(held_p) FROM "
      "hold WHERE window_id = ?1) WHERE id = ?1");
  sums.bind(1, id)
      .bind(2, spent(database_, {rule.scope, rule.window, rule.counts_upstream}, value, period))
      .run();
  cut_holds(id - 1, id);
  sqlite::Statement above = database_.prepare(
      "UPDATE budget_window SET excess_p = max(excess_p, min(9223372036854775807, spent_p + "
      "reserved_p - ?2)) WHERE id = ?1");
  above.bind(1, id).bind(2, rule.limit_at(now_us)).run();
}

// The sum of all holds in a window fits in 64 bits, so that each can be taken back exactly. Only
// the last ones in a soft budget, or in a new window, may hold less than their bound for that.
void Budgets::cut_holds(std::int64_t after, std::int64_t last) {
  sqlite::Statement full = database_.prepare(
      "SELECT h.window_id, h.uid, h.held_p FROM budget_window w JOIN hold h ON h.window_id = w.id "
      "WHERE w.id > ?1 AND w.id <= ?2 AND w.reserved_p = 9223372036854775807 ORDER BY 1, 2");
  sqlite::Statement cut =
      database_.prepare("UPDATE hold SET held_p = ?3 WHERE window_id = ?1 AND uid = ?2");
  struct Hold {
    std::int64_t window, held_p;
    std::string uid;
  };
  std::vector<Hold> holds;
  for (full.bind(1, after).bind(2, last); full.step();)
    holds.push_back({full.integer(0), full.integer(2), std::string(full.text(1))});
  full.reset();
  std::int64_t window = 0, room = 0;
  for (const Hold& one : holds) {
    if (one.window != window) room = sum_max;
    window = one.window;
    const std::int64_t held = std::min(room, one.held_p);
    room -= held;
    if (held < one.held_p) cut.bind(1, window).bind(2, one.uid).bind(3, held).run();
  }
}

} // namespace wayfare::ledger
