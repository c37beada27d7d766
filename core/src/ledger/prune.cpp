#include "ledger/prune.hpp"

#include <string>

#include "ledger/reports.hpp"

namespace wayfare::ledger {

bool prune_step(sqlite::Database& database, std::int64_t before_us, int most, Pruned& pruned) {
  sqlite::Statement mark =
      database.prepare("UPDATE meta SET value = ?1 WHERE key = 'pruned_us' AND CAST(value AS INTEGER) < CAST(?1 AS INTEGER)");
  mark.bind(1, std::to_string(before_us)).run();
  const bool marked = database.changes() > 0;
  if (marked) database.execute("UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'rules'"); // whoever judges budgets looks

  // By the ids up to the first one of the time, so that the last step does not look through all that stays.
  const std::int64_t first = first_booked(database, before_us);
  sqlite::Statement old = database.prepare(
      "DELETE FROM entry WHERE id IN (SELECT id FROM entry WHERE (?2 = 0 OR id < ?2) AND booked_us < ?1 "
      "AND id NOT IN (SELECT entry FROM costless) ORDER BY id LIMIT ?3)");
  old.bind(1, before_us).bind(2, first).bind(3, std::int64_t{most}).run();
  const std::int64_t gone = database.changes();
  pruned.entries += gone;
  if (gone == most) return false;

  const std::string ended =
      "end_us <= ?1 AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.bwin = bwin.id AND h.uid IN (SELECT uid FROM pending))";
  database.prepare("DELETE FROM hold WHERE bwin IN (SELECT id FROM bwin WHERE " + ended + ")").bind(1, before_us).run();
  database.prepare("DELETE FROM bwin WHERE " + ended).bind(1, before_us).run();
  pruned.windows += database.changes();
  return true;
}

} // namespace wayfare::ledger
