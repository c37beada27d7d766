#include "ledger/mend.hpp"

#include <string>
#include <vector>

#include "ledger/sums_of_entries.hpp"

namespace wayfare::ledger {

namespace {

void drop_foreign_triggers(sqlite::Database& database) {
  std::vector<std::string> names;
  sqlite::Statement foreign = database.prepare(foreign_triggers);
  while (foreign.step()) names.emplace_back(foreign.text(0));
  foreign.reset();
  for (const std::string& name : names) {
    std::string quoted;
    for (const char c : name) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    database.execute("DROP TRIGGER \"" + quoted + "\"");
  }
}

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
