// The ledger's questions, answered from its rows. Run on the reader's connection; throw
// sqlite::Failure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <wayfare/operations.hpp>

#include "ledger/sqlite.hpp"

namespace wayfare::ledger {

// "" or what cannot be used in the query.
std::string fault_of(const UsageQuery& query);
std::string fault_of(const EntryQuery& query);

std::vector<UsageRow> usage(sqlite::Database& database, const UsageQuery& query);
// The id of the first entry that was booked then or later, or one before it.
std::int64_t first_booked(sqlite::Database& database, std::int64_t since_us);
EntryPage entries(sqlite::Database& database, const EntryQuery& query);

} // namespace wayfare::ledger
