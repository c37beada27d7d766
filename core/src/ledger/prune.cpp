#include "ledger/prune.hpp"

#include <limits>
#include <string>

#include "ledger/reports.hpp"

namespace wayfare::ledger {

namespace {

// Selects windows that are over and whose attempts have all ended.
constexpr const char* ended =
    "w.end_us <= ?1 AND w.id NOT IN (SELECT h.window_id FROM pending p JOIN hold h ON h.uid = "
    "p.uid)";

// These entries stay: the newest entry, because ids and ledger time continue after it; all rows of
// an attempt whose cost or upstream cost is not known, if it is still looked up, or if it has a
// bound that a later budget must hold; and entries that a later row corrects.
std::int64_t prune_entries(sqlite::Database& database, std::int64_t before_us, std::int64_t most) {
  // Ids rise with the time of booking, unless a clock was accepted. So newer entries need not be
  // read.
  const bool in_order = database.integer("SELECT count(*) FROM clock") == 0;
  sqlite::Statement old = database.prepare(
      "DELETE FROM entry WHERE id IN (SELECT e.id FROM entry e WHERE e.id < ?2 AND e.id < (SELECT "
      "max(id) FROM entry) AND e.booked_us < ?1 "
      "AND NOT (e.kind <> 1 AND (e.bound_p IS NOT NULL OR EXISTS (SELECT 1 FROM cost_pending p "
      "WHERE p.uid = e.uid)) AND ((e.kind <> 3 AND e.cost_p IS NULL AND NOT EXISTS (SELECT 1 FROM "
      "entry c WHERE c.uid = e.uid AND c.kind = 3 AND c.cost_p IS NOT NULL)) OR (EXISTS (SELECT 1 "
      "FROM entry b WHERE b.uid = e.uid AND b.byok = 1 AND b.upstream_p IS NULL AND b.kind <> 1) "
      "AND NOT EXISTS (SELECT 1 FROM entry c WHERE c.uid = e.uid AND c.kind = 3 AND c.upstream_p "
      "IS NOT NULL)))) AND NOT (e.kind IN (0, 2) AND EXISTS (SELECT 1 FROM entry c WHERE c.uid = "
      "e.uid AND c.kind = 3 AND c.booked_us >= ?1)) ORDER BY e.id LIMIT ?3)");
  old.bind(1, before_us)
      .bind(2, in_order ? first_booked(database, before_us)
                        : std::numeric_limits<std::int64_t>::max());
  old.bind(3, most).run();
  return database.changes();
}

std::int64_t prune_holds(sqlite::Database& database, std::int64_t before_us, std::int64_t most) {
  sqlite::Statement drop = database.prepare(
      std::string("DELETE FROM hold WHERE (uid, window_id) IN (SELECT h.uid, h.window_id FROM "
                  "budget_window w JOIN hold h ON h.window_id = w.id WHERE ") +
      ended + " LIMIT ?2) RETURNING window_id, held_p");
  sqlite::Statement give_back =
      database.prepare("UPDATE budget_window SET reserved_p = reserved_p - ?2 WHERE id = ?1");
  std::int64_t gone = 0;
  for (drop.bind(1, before_us).bind(2, most); drop.step(); ++gone)
    give_back.bind(1, drop.integer(0)).bind(2, drop.integer(1)).run();
  return gone;
}

std::int64_t prune_windows(sqlite::Database& database, std::int64_t before_us, std::int64_t most) {
  sqlite::Statement drop = database.prepare(
      std::string(
          "DELETE FROM budget_window WHERE id IN (SELECT w.id FROM budget_window w WHERE ") +
      ended + " AND NOT EXISTS (SELECT 1 FROM hold WHERE window_id = w.id) LIMIT ?2)");
  drop.bind(1, before_us).bind(2, most).run();
  return database.changes();
}

} // namespace

bool prune_step(sqlite::Database& database, std::int64_t before_us, std::int64_t most,
                Pruned& pruned) {
  sqlite::Statement mark = database.prepare(
      "UPDATE meta SET value = ?1 WHERE key = 'pruned_us' AND CAST(value AS INTEGER) < CAST(?1 AS "
      "INTEGER)");
  mark.bind(1, std::to_string(before_us)).run();
  const bool marked = database.changes() > 0;
  // Processes that check budgets reload the rules.
  if (marked)
    database.execute("UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'rules'");

  const std::int64_t entries = prune_entries(database, before_us, most);
  const std::int64_t holds = entries < most ? prune_holds(database, before_us, most - entries) : 0;
  const std::int64_t windows =
      entries + holds < most ? prune_windows(database, before_us, most - entries - holds) : 0;
  pruned.entries += entries;
  pruned.windows += windows;
  return entries + holds + windows < most;
}

} // namespace wayfare::ledger
