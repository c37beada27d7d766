#include "ledger/verify.hpp"

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "ledger/budgets.hpp"
#include "ledger/rollups.hpp"
#include "ledger/spent.hpp"
#include "ledger/foreign_triggers.hpp"
#include "ledger/sums_of_entries.hpp"

namespace wayfare::ledger {

namespace {

constexpr std::size_t problems_max = 100;

// An invariant, and a query for its violations, which gives texts. ?1 is the first day with all of
// its entries. ?2 is the time before which entries may have been pruned.
struct Law {
  std::string words;
  std::string sql;
};

// The name of a row of a table of sums. A quote is still open.
std::string label_of(const SumTable& table) {
  std::string label = "'day ' || date(day * 86400, 'unixepoch')";
  for (const std::string key : table.keys)
    label += " || ', " + key + " ' || coalesce((SELECT text FROM name WHERE id = " + key + "), " +
             key + ")";
  return label +
         " || ': ' || calls || ' calls, ' || unknown || ' unknown, ' || cost_p || ' picodollars";
}

// The query for the sums that do not fit in 64 bits.
std::string saturated(const SumTable& table) {
  return "SELECT " + label_of(table) + "' FROM " + table.name +
         " WHERE 9223372036854775807 IN (calls, unknown, prompt, completion, cached, cache_write, "
         "reasoning, cost_p)";
}

// The query that compares a table of sums with the entries.
std::string differences(const SumTable& table) {
  const std::string label = label_of(table);
  return "WITH own(" + columns_of(table) + ") AS (" + sums_of_entries(table) +
         "), kept AS (SELECT " + columns_of(table) + " FROM " + table.name +
         " WHERE day >= ?1) SELECT " + label +
         " in it' FROM (SELECT * FROM kept EXCEPT SELECT * FROM own) UNION ALL SELECT " + label +
         " by the entries' FROM (SELECT * FROM own EXCEPT SELECT * FROM kept)";
}

std::string nameless(const std::string& table, std::initializer_list<const char*> more) {
  std::string sql = "SELECT uid FROM " + table + " e WHERE 0";
  const auto add = [&](const char* column) {
    sql += std::string(" OR NOT EXISTS (SELECT 1 FROM name WHERE id = e.") + column + ")";
  };
  for (const char* column : {"server", "key", "endpoint", "app", "agent", "user", "requested",
                             "served", "provider", "finish"})
    add(column);
  for (const char* column : more) add(column);
  return sql;
}

// The most that overrides have added to the limit of budget b in its window w. The sum rises only
// when an override begins, or the window.
std::string highest_override() {
  return "(SELECT coalesce(max((SELECT sum_of(o.amount_p) FROM budget_override o WHERE o.budget = "
         "b.id "
         "AND o.made_us <= max(f.made_us, w.start_us) AND o.until_us > max(f.made_us, "
         "w.start_us))), 0) FROM budget_override f WHERE f.budget = b.id AND f.made_us < w.end_us "
         "AND f.until_us > w.start_us)";
}

std::vector<Law> laws() {
  // the attempts whose upstream cost is not known
  const std::string lacking =
      "(SELECT uid FROM entry WHERE byok = 1 AND upstream_p IS NULL AND kind <> 1 AND uid NOT IN "
      "(SELECT uid FROM entry WHERE kind = 3 AND upstream_p IS NOT NULL))";
  std::vector<Law> all{
      {"SQLite's integrity check",
       "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'"},
      {"ended twice", "SELECT uid FROM entry WHERE kind <> 3 GROUP BY uid HAVING count(*) > 1"},
      {"both ended and without an end",
       "SELECT p.uid FROM entry e CROSS JOIN pending p ON p.uid = e.uid"},
      {"corrected twice",
       "SELECT uid FROM entry WHERE kind = 3 GROUP BY uid HAVING count(cost_p) > 1 OR "
       "count(upstream_p) > 1"},
      {"corrected, although it had a cost",
       "SELECT c.uid FROM entry e CROSS JOIN entry c ON c.uid = e.uid AND c.kind = 3 WHERE e.kind "
       "<> 3 AND (e.kind NOT IN (0, 2) OR (e.cost_p IS NOT NULL AND c.cost_p IS NOT NULL) OR "
       "(e.upstream_p "
       "IS NOT NULL AND c.upstream_p IS NOT NULL))"},
      {"an unknown kind or source",
       "SELECT uid FROM entry WHERE kind NOT IN (0, 1, 2, 3) OR cost_source NOT IN (0, 1, 2, 3, 4, "
       "5) OR (cost_source = 0) <> (cost_p IS NULL) OR (cost_p IS NULL AND non_token_p IS NOT "
       "NULL)"},
      {"a cost given by a person without a reason",
       "SELECT uid FROM entry WHERE cost_source = 5 AND reason IS NULL"},
      {"an upstream cost of a call that was not paid directly",
       "SELECT uid FROM entry WHERE byok NOT IN (0, 1) OR (upstream_p IS NOT NULL AND byok IS NOT "
       "1 AND kind <> 3)"},
      {"an id that is missing in the table of names",
       nameless("entry", {}) + " UNION ALL " + nameless("pending", {"boot"})},
      {"booked earlier than the previous entry",
       "SELECT uid FROM (SELECT uid, id, booked_us, lag(booked_us) OVER o AS earlier, lag(id) OVER "
       "o AS other FROM entry WINDOW o AS "
       "(ORDER BY id)) WHERE booked_us < earlier AND NOT EXISTS (SELECT 1 FROM clock WHERE entry "
       ">= other AND entry < id)"},
      {"looked up, although it has a cost or is missing",
       "SELECT c.uid FROM cost_pending c LEFT JOIN entry e ON e.id = c.entry WHERE e.uid IS NOT "
       "c.uid OR e.kind <> 0 OR (e.cost_p IS NOT NULL AND NOT (e.byok IS 1 AND e.upstream_p IS "
       "NULL))"},
      {"a window holds another amount than its attempts",
       "SELECT b.name || ' from ' || w.start_us || ': ' || w.reserved_p || ' picodollars, and they "
       "hold ' || sum_of(h.held_p) "
       "FROM budget_window w JOIN budget b ON b.id = w.budget LEFT JOIN hold h ON h.window_id = "
       "w.id GROUP BY w.id HAVING w.reserved_p <> "
       "sum_of(h.held_p)"},
      {"held in a missing window",
       "SELECT uid FROM hold WHERE window_id NOT IN (SELECT id FROM budget_window)"},
      {"held by a missing attempt", // holds of pruned entries may stay
       "SELECT h.uid FROM hold h JOIN budget_window w ON w.id = h.window_id WHERE w.start_us >= ?2 "
       "AND h.uid NOT IN (SELECT uid FROM pending) AND h.uid NOT IN (SELECT uid FROM entry WHERE "
       "cost_p IS NULL AND kind IN (0, 2)) AND h.uid NOT IN " +
           lacking},
      {"held with another amount than its bound",
       "SELECT h.uid FROM pending p CROSS JOIN hold h ON h.uid = p.uid AND h.held_p <> p.bound_p "
       "UNION ALL SELECT e.uid FROM entry e CROSS JOIN hold h ON h.uid = e.uid JOIN budget_window "
       "w "
       "ON w.id = h.window_id JOIN budget b ON b.id = w.budget LEFT JOIN entry c ON c.uid = e.uid "
       "AND c.kind = 3 WHERE e.kind IN (0, 2) AND h.held_p <> max(0, e.bound_p - "
       "coalesce(e.cost_p, "
       "c.cost_p, 0) - iif(b.byok IS 1, coalesce(e.upstream_p, c.upstream_p, 0), 0))"},
      {"held, although its cost is known",
       "SELECT e.uid FROM entry e WHERE e.uid IN (SELECT uid FROM hold) AND (e.kind = 1 OR "
       "(e.cost_p IS NOT NULL AND e.uid NOT IN " +
           lacking + "))"},
      {"a hard limit is exceeded",
       "SELECT b.name || ' from ' || w.start_us || ': ' || w.spent_p || ' and ' || w.reserved_p || "
       "' of ' || b.limit_p || ' picodollars' "
       "FROM budget_window w JOIN budget b ON b.id = w.budget WHERE b.soft = 0 AND w.spent_p + "
       "w.reserved_p > b.limit_p + w.excess_p + " +
           highest_override()},
      {"a crossing that its window has not spent, or of a missing window",
       "SELECT c.window_id || ' at ' || c.percent || ' percent' FROM crossing c LEFT JOIN "
       "budget_window w ON w.id = c.window_id WHERE w.id IS NULL OR c.spent_p < c.limit_p / 100 * "
       "c.percent + (c.limit_p % 100 * c.percent + 99) / 100"},
      {"an override of a missing budget",
       "SELECT budget FROM budget_override WHERE budget NOT IN (SELECT id FROM budget)"},
      {"a trigger that wayfare did not make", select_foreign_triggers},
      {"what a window has spent is too large to be told and stays at the largest number",
       "SELECT b.name || ' from ' || w.start_us FROM budget_window w JOIN budget b ON b.id = "
       "w.budget WHERE w.spent_p = 9223372036854775807"},
  };
  for (const SumTable& table : sum_tables()) {
    all.push_back({table.name + " is not the sum of the entries", differences(table)});
    all.push_back({"a sum in " + table.name +
                       " is too large to be told and stays at the largest "
                       "number",
                   saturated(table)});
  }
  return all;
}

void note(Verification& found, std::string_view law, std::string_view what) {
  if (found.problems.size() >= problems_max) return;
  std::string line = std::string(law) + ": " + std::string(what);
  for (char& c : line)
    if (static_cast<unsigned char>(c) < ' ') c = ' '; // names may contain control characters
  found.problems.push_back(std::move(line));
}

// Adds the findings of a query. If the content of the file makes the query fail, that is a finding
// too.
template <class Bind>
void look(sqlite::Database& database, Verification& found, std::string_view law,
          const std::string& sql, Bind bind) {
  try {
    sqlite::Statement broken = database.prepare(sql + " LIMIT " + std::to_string(problems_max));
    bind(broken);
    while (broken.step()) note(found, law, broken.text(0));
  } catch (const sqlite::Failure& failure) {
    if (failure.kind() != sqlite::Failure::Kind::content) throw;
    note(found, law, std::string("cannot be judged: ") + failure.what());
  }
}

struct Rule {
  std::int64_t id, made_us;
  std::string name;
  Window window;
  bool counts_upstream;
  Scope scope;
};

// Compares the windows of a budget with the rows that are charged to them.
void verify_windows(sqlite::Database& database, const Rule& rule, std::int64_t floor_us,
                    Verification& found) {
  std::string each, value = "''", start = start_in_sql(rule.window);
  Scope others = rule.scope; // without the part that is "*"
  for (const auto& [name, part] : members_of<Scope>) {
    if (others.*part != "*") continue;
    each = name;
    value = value_of(each);
    (others.*part).clear();
  }
  const auto bind = [&](sqlite::Statement& rows) {
    bind_matching(rows, others, "", period_of(Window::lifetime, 0));
    rows.bind(10, rule.id).bind(11, floor_us);
  };
  const auto bind_made = [&](sqlite::Statement& rows) {
    bind(rows);
    rows.bind(12, rule.made_us);
  };
  const auto named = [&](const std::string& of) {
    return std::string("SELECT (SELECT name FROM budget WHERE id = ?10) || iif(") + of +
           ".value = '', '', ', ' || " + of + ".value) || ' from ' || " + of +
           ".start_us || ': ' || ";
  };
  // Reads the entries once for both checks: the costs of each window, and whether the window
  // exists.
  look(database, found, "a window's costs are not those of its entries",
       "WITH s AS MATERIALIZED (SELECT " + value + " AS value, " + start + " AS start_us, sum_of(" +
           cost_counted(rule.counts_upstream) + ") AS cost_p, max(t.reserved_us) AS last_us FROM " +
           rows_by(each, "entry t WHERE ") + "t.kind <> 1 AND " + matching + " GROUP BY 1, 2) " +
           named("w") +
           "w.spent_p || ' picodollars, and they cost ' || coalesce(s.cost_p, 0) FROM "
           "budget_window w LEFT JOIN s ON s.value = w.value AND "
           "s.start_us = "
           "w.start_us WHERE w.budget = ?10 AND w.start_us >= ?11 AND w.spent_p <> "
           "coalesce(s.cost_p, 0) UNION ALL " +
           named("s") +
           "'there is no window, and they cost ' || s.cost_p FROM s WHERE s.start_us >= ?11 AND "
           "s.last_us > ?12 AND NOT EXISTS (SELECT 1 "
           "FROM budget_window w "
           "WHERE w.budget = ?10 AND w.value = s.value AND w.start_us = s.start_us)",
       bind_made);
  for (const HeldRows& held : held_rows) {
    if (held.upstream && !rule.counts_upstream) continue;
    look(database, found, "a window does not hold an attempt without a known cost",
         named("w") + "t.uid FROM budget_window w, " + rows_by(each, held.rows) + matching +
             " AND w.budget = ?10 AND w.value = " + value + " AND w.start_us = " + start +
             " AND w.end_us > ?11 AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.uid = t.uid AND "
             "h.window_id = w.id)",
         bind);
  }
}

// Checks a window that began before the pruned time, by the sums by day.
void verify_by_sums(sqlite::Database& database, const Rule& rule, std::int64_t floor_us,
                    Verification& found) {
  for (const auto& [name, part] : members_of<Scope>)
    if (rule.scope.*part == "*") return; // a "*" has too many values to check
  if (!is_summed(rule.scope, rule.window)) return;
  sqlite::Statement windows = database.prepare(
      "SELECT start_us, end_us, spent_p FROM budget_window WHERE budget = ?1 AND start_us < ?2 AND "
      "end_us > ?2");
  windows.bind(1, rule.id).bind(2, floor_us);
  while (windows.step()) {
    const std::int64_t costs = spent(database, {rule.scope, rule.window, rule.counts_upstream}, "",
                                     {windows.integer(0), windows.integer(1)});
    if (windows.integer(2) != costs)
      note(found, "a window's costs are not those of the sums by day",
           rule.name + " from " + std::to_string(windows.integer(0)) + ": " +
               std::to_string(windows.integer(2)) + " picodollars, and they are " +
               std::to_string(costs));
  }
}

void verify_budgets(sqlite::Database& database, std::int64_t floor_us, Verification& found) {
  sqlite::Statement budgets = database.prepare(
      "SELECT id, made_us, name, span, coalesce(byok, 0), app, agent, user, run, tag, key, model "
      "FROM budget ORDER BY id");
  while (budgets.step()) {
    Rule rule{budgets.integer(0),           budgets.integer(1),
              std::string(budgets.text(2)), static_cast<Window>(budgets.integer(3)),
              budgets.integer(4) != 0,      {}};
    int column = 5;
    for (const auto& [name, part] : members_of<Scope>) rule.scope.*part = budgets.text(column++);
    verify_windows(database, rule, floor_us, found);
    verify_by_sums(database, rule, floor_us, found);
  }
}

} // namespace

Verification verify(sqlite::Database& database) {
  Verification found;
  const std::int64_t floor_us = pruned_us(database);
  for (const Law& law : laws())
    look(database, found, law.words, law.sql, [&](sqlite::Statement& broken) {
      if (law.sql.find("?1") != law.sql.npos) broken.bind(1, (floor_us + day_us - 1) / day_us);
      if (law.sql.find("?2") != law.sql.npos) broken.bind(2, floor_us);
    });
  try {
    verify_budgets(database, floor_us, found);
    found.pending = database.integer("SELECT count(*) FROM pending");
    found.entries = database.integer("SELECT count(*) FROM entry");
  } catch (const sqlite::Failure& failure) {
    if (failure.kind() != sqlite::Failure::Kind::content) throw;
    note(found, "the budgets and the number of rows",
         std::string("cannot be judged: ") + failure.what());
  }
  found.ok = found.problems.empty();
  return found;
}

} // namespace wayfare::ledger
