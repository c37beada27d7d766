// The tables and views of a ledger file, and the migration of a file with an earlier schema.
//
// Units: `_us` is microseconds, or for a time microseconds since 1970-01-01 UTC. `_p` is
// picodollars (1e-12 USD). NULL means not known, which is not 0. Repeated texts are stored once, in
// the table `name`. Id 0 is the empty text.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "ledger/sqlite.hpp"

namespace wayfare::ledger {

inline constexpr std::int32_t application_id = 0x77617966; // "wayf"

// The earliest schema that this version reads, and its own schema, as in PRAGMA user_version.
inline constexpr std::int32_t first_schema = 6, schema_version = 6;

// A migration from the previous schema. It changes only tables: all views are made again after the
// last migration.
struct Migration {
  std::int32_t to;
  const char* sql;
};
// The migrations after first_schema, in order.
std::span<const Migration> migrations();

// The SQL for the tables and views of a new file with schema_version.
std::string whole_schema();

// Makes the tables and views of a new file (`from` is 0), or migrates a file with schema `from` by
// `steps`. Runs within the caller's transaction. Increases the number of the rules, so that other
// processes notice the change.
void bring_forward(sqlite::Database& database, std::int64_t from,
                   std::span<const Migration> steps = migrations());

} // namespace wayfare::ledger
