#include "ledger/verify.hpp"

#include <string>
#include <string_view>

#include "ledger/budgets.hpp"
#include "ledger/rollups.hpp"

namespace wayfare::ledger {

namespace {

constexpr std::size_t problems_max = 100;

// A law, and what breaks it: a query of texts. ?1 is the first day whose entries are all there.
struct Law {
  std::string_view words;
  std::string sql;
};

// A table of sums against what the entries say; `keys` behind the day, and the same of an entry.
std::string sums(const std::string& table, const std::string& keys, const std::string& own_keys, const std::string& from) {
  const std::string own = "SELECT reserved_us / 86400000000 AS day, " + own_keys +
                          ", sum(kind <> 3), sum(CASE kind WHEN 3 THEN -1 ELSE cost_p IS NULL END), sum(coalesce(prompt, 0)), "
                          "sum(coalesce(completion, 0)), sum(coalesce(cached, 0)), sum(coalesce(written, 0)), "
                          "sum(coalesce(reasoning, 0)), sum(coalesce(cost_p, 0)) FROM " +
                          from + " AND kind <> 1 AND reserved_us >= ?1 * 86400000000 GROUP BY 1, " + own_keys;
  return "WITH own AS (" + own + "), kept AS (SELECT * FROM " + table +
         " WHERE day >= ?1) SELECT 'day ' || date(day * 86400, 'unixepoch') || ', ' || calls || ' calls, ' || cost_p || ' picodollars, "
         "of " +
         keys + " ' || (" + keys + ") FROM (SELECT * FROM kept EXCEPT SELECT * FROM own) UNION ALL " +
         "SELECT 'day ' || date(day * 86400, 'unixepoch') || ' has entries that it has not' FROM (SELECT * FROM own EXCEPT SELECT * FROM "
         "kept)";
}

std::vector<Law> laws() {
  const std::string model = "iif(served = 0, requested, served)";
  std::string nameless;
  for (const char* column : {"server", "key", "endpoint", "app", "agent", "user", "requested", "served", "provider", "finish"})
    nameless += std::string(nameless.empty() ? "" : " OR ") + "NOT EXISTS (SELECT 1 FROM dim WHERE id = e." + column + ")";
  return {
      {"SQLite's integrity check", "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'"},
      {"ended twice", "SELECT uid FROM entry WHERE kind <> 3 GROUP BY uid HAVING count(*) > 1"},
      {"ended, and without an end", "SELECT p.uid FROM entry e CROSS JOIN pending p ON p.uid = e.uid"},
      {"corrected twice", "SELECT uid FROM entry WHERE kind = 3 GROUP BY uid HAVING count(*) > 1"},
      {"corrected, though it had a cost",
       "SELECT c.uid FROM entry e CROSS JOIN entry c ON c.uid = e.uid AND c.kind = 3 WHERE e.kind <> 3 AND (e.kind <> 0 OR e.cost_p IS NOT "
       "NULL)"},
      {"of a kind, or from a source, that there is none of",
       "SELECT uid FROM entry WHERE kind NOT IN (0, 1, 2, 3) OR cost_source NOT IN (0, 1, 2, 3) OR (cost_source = 0) <> (cost_p IS NULL)"},
      {"names what is not in dim", "SELECT uid FROM entry e WHERE " + nameless},
      {"booked before the one before it",
       "SELECT uid FROM (SELECT uid, id, booked_us, lag(booked_us) OVER o AS earlier, lag(id) OVER o AS other FROM entry WINDOW o AS "
       "(ORDER BY id)) WHERE booked_us < earlier AND NOT EXISTS (SELECT 1 FROM clock WHERE entry >= other AND entry < id)"},
      {"looked up, though it has a cost or is not there",
       "SELECT c.uid FROM costless c LEFT JOIN entry e ON e.id = c.entry WHERE e.uid IS NOT c.uid OR e.kind <> 0 OR e.cost_p IS NOT NULL"},
      {"rollup_day is not what the entries sum up to",
       sums("rollup_day", "app", "app, agent, " + model + ", provider, key", "entry WHERE 1")},
      {"rollup_user is not what the entries sum up to", sums("rollup_user", "user", "user, app, " + model, "entry WHERE user <> 0")},
      {"rollup_tag is not what the entries sum up to",
       sums("rollup_tag", "tag", "tag, app, " + model,
            "(SELECT DISTINCT e.*, d.id AS tag FROM entry e, json_each(e.tags) t JOIN dim d ON d.text = t.value) WHERE 1")},
      {"a window holds what its attempts do not",
       "SELECT b.name || ' from ' || w.start_us || ': ' || w.reserved_p || ' picodollars, and they hold ' || coalesce(sum(h.held_p), 0) "
       "FROM bwin w JOIN budget b ON b.id = w.budget LEFT JOIN hold h ON h.bwin = w.id GROUP BY w.id HAVING w.reserved_p <> "
       "coalesce(sum(h.held_p), 0)"},
      {"held in a window that is not there", "SELECT uid FROM hold WHERE bwin NOT IN (SELECT id FROM bwin)"},
      {"held by an attempt that is not there", // of pruned entries holds may stay
       "SELECT uid FROM hold WHERE uid NOT IN (SELECT uid FROM pending) AND uid NOT IN (SELECT uid FROM entry WHERE cost_p IS NULL AND "
       "kind "
       "<> 1) AND (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'pruned_us') = 0"},
      {"held, though its cost is known",
       "SELECT e.uid FROM entry e WHERE e.uid IN (SELECT uid FROM hold) AND (e.kind = 1 OR e.cost_p IS NOT NULL)"},
      {"a hard limit is passed",
       "SELECT b.name || ' from ' || w.start_us || ': ' || w.spent_p || ' and ' || w.reserved_p || ' of ' || b.limit_p || ' picodollars' "
       "FROM bwin w JOIN budget b ON b.id = w.budget WHERE b.soft = 0 AND w.spent_p + w.reserved_p > b.limit_p + w.excess_p"},
  };
}

void note(Verification& found, std::string_view law, std::string_view what) {
  if (found.problems.size() < problems_max) found.problems.push_back(std::string(law) + ": " + std::string(what));
}

// The beginning of a budget's window of the entry t, in SQL.
const char* start_of(Window window) {
  switch (window) {
    case Window::hour: return "t.reserved_us / 3600000000 * 3600000000";
    case Window::day: return "t.reserved_us / 86400000000 * 86400000000";
    case Window::week: return "((t.reserved_us / 86400000000 + 3) / 7 * 7 - 3) * 86400000000";
    case Window::month: return "CAST(strftime('%s', t.reserved_us / 1000000, 'unixepoch', 'start of month') AS INTEGER) * 1000000";
    case Window::lifetime: break;
  }
  return "0";
}
std::string value_of(std::string_view part) {
  if (part == "run") return "coalesce(t.run, '')";
  return "(SELECT text FROM dim WHERE id = t." + std::string(part == "model" ? "requested" : part) + ")";
}

// What each window has spent, against the entries that are charged to it.
void verify_spent(sqlite::Database& database, std::int64_t pruned_us, Verification& found) {
  sqlite::Statement budgets = database.prepare("SELECT id, name, span, app, agent, user, run, tag, key, model FROM budget ORDER BY id");
  while (budgets.step()) {
    Scope scope;
    std::string value = "''";
    int column = 3;
    for (const auto& [name, part] : Scope::parts()) {
      scope.*part = budgets.text(column++);
      if (scope.*part != "*") continue;
      value = value_of(name);
      scope.*part = "";
    }
    const auto window = static_cast<Window>(budgets.integer(2));
    sqlite::Statement wrong = database.prepare(
        "SELECT w.start_us, w.spent_p, coalesce(s.cost_p, 0) FROM bwin w LEFT JOIN (SELECT " + value + " AS value, " + start_of(window) +
        " AS start_us, sum(t.cost_p) AS cost_p FROM entry t WHERE t.cost_p IS NOT NULL AND " + matching +
        " GROUP BY 1, 2) s ON s.value = w.value AND s.start_us = w.start_us "
        "WHERE w.budget = ?10 AND w.start_us >= ?11 AND w.spent_p <> coalesce(s.cost_p, 0)");
    bind_matching(wrong, scope, "", period_of(Window::lifetime, 0));
    wrong.bind(10, budgets.integer(0)).bind(11, pruned_us);
    while (wrong.step())
      note(found, "a window's costs are not those of its entries",
           std::string(budgets.text(1)) + " from " + std::to_string(wrong.integer(0)) + ": " + std::to_string(wrong.integer(1)) +
               " picodollars, and they cost " + std::to_string(wrong.integer(2)));
  }
}

} // namespace

Verification verify(sqlite::Database& database) {
  Verification found;
  found.entries = database.integer("SELECT count(*) FROM entry");
  found.pending = database.integer("SELECT count(*) FROM pending");
  const std::int64_t pruned_us = database.integer("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'pruned_us'");
  for (const Law& law : laws()) {
    sqlite::Statement broken = database.prepare(law.sql + " LIMIT " + std::to_string(problems_max));
    if (law.sql.find("?1") != law.sql.npos) broken.bind(1, (pruned_us + day_us - 1) / day_us);
    while (broken.step()) note(found, law.words, broken.text(0));
  }
  verify_spent(database, pruned_us, found);
  return found;
}

} // namespace wayfare::ledger
