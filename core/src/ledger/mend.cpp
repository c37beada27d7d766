#include "ledger/mend.hpp"

#include <string>

#include "ledger/foreign_triggers.hpp"
#include "ledger/sums_of_entries.hpp"

namespace wayfare::ledger {

namespace {

void sum_again(sqlite::Database& database, const SumTable& table, std::int64_t first_day) {
  sqlite::Statement drop = database.prepare("DELETE FROM " + table.name + " WHERE day >= ?1");
  drop.bind(1, first_day).run();
  sqlite::Statement enter = database.prepare("INSERT INTO " + table.name + "(" + columns_of(table) +
                                             ") " + sums_of_entries(table));
  enter.bind(1, first_day).run();
}

} // namespace

void mend(sqlite::Database& database, Rows& rows, std::int64_t now_us) {
  drop_foreign_triggers(database);
  database.execute("REINDEX");
  Budgets& budgets = rows.budgets(); // writes the sums that are not written yet
  const std::int64_t floor_us = pruned_us(database);
  for (const SumTable& table : sum_tables())
    sum_again(database, table, (floor_us + day_us - 1) / day_us);
  budgets.fill_again(floor_us, now_us);
}

} // namespace wayfare::ledger
