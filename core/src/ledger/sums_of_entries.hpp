// Computes from the entries what the tables of sums must contain. For `verify` and `mend`.
#pragma once

#include <string>
#include <vector>

#include <wayfare/budget.hpp>
#include <wayfare/ledger.hpp>

namespace wayfare::ledger {

struct SumTable {
  std::string name;
  std::vector<const char*> keys; // the key columns after the day
  std::string from;              // the rows of entry that it sums: "TABLE WHERE CONDITION"
};
std::vector<SumTable> sum_tables();

// The columns of the table: the keys, then the sums.
std::string columns_of(const SumTable& table);
// The SELECT of the rows that the table must have. ?1 is the first day with all of its entries.
std::string sums_of_entries(const SumTable& table);

// The SQL for the start of the budget window in which the entry t was reserved.
const char* start_in_sql(Window window);

} // namespace wayfare::ledger
