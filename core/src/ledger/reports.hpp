// The reports on a ledger. They run on the reader's connection and throw sqlite::Failure.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <wayfare/operations.hpp>

#include "ledger/sqlite.hpp"

namespace wayfare::ledger {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
inline std::int64_t micros(const std::optional<Time>& time, std::int64_t otherwise) {
  return time ? time->time_since_epoch().count() : otherwise;
}

// Returns "" or the value of the query that cannot be used.
std::string fault_of(const UsageQuery& query);
std::string fault_of(const EntryQuery& query);

std::vector<UsageRow> usage(sqlite::Database& database, const UsageQuery& query);
// Returns the id of the first entry that was booked at `since_us` or later, or a smaller id.
std::int64_t first_booked(sqlite::Database& database, std::int64_t since_us);
EntryPage entries(sqlite::Database& database, const EntryQuery& query);

} // namespace wayfare::ledger
