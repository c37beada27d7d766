// The report on speeds and failures. It runs on the reader's connection and throws sqlite::Failure.
#pragma once

#include <string>
#include <vector>

#include <wayfare/performance.hpp>

#include "ledger/sqlite.hpp"

namespace wayfare::ledger {

// Returns "" or the value of the query that cannot be used.
std::string fault_of(const PerformanceQuery& query);

std::vector<PerformanceRow> performance(sqlite::Database& database, const PerformanceQuery& query);

} // namespace wayfare::ledger
