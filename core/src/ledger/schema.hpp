// The tables and views of a ledger file, and the migration of a file with an earlier schema.
//
// Units: `_us` is microseconds, or for a time microseconds since 1970-01-01 UTC. `_p` is
// picodollars (1e-12 USD). NULL means not known, which is not 0. Repeated texts are stored once, in
// the table `name`. Id 0 is the empty text.
//
// Processes of different versions share a file. So the file has two numbers. The table `meta` has
// the number of its schema. PRAGMA user_version is the oldest schema whose writers may write it. A
// migration is additive if a writer that does not know it still enforces every rule and keeps every
// sum: then it changes the first number alone. A rule that older writers do not enforce raises the
// second number in the transaction that stores the rule; see state_oldest_writer().
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "ledger/sqlite.hpp"

namespace wayfare::ledger {

inline constexpr std::int32_t application_id = 0x77617966; // "wayf"

// A migration from the previous schema. It changes only tables: all views are made again after the
// last migration.
struct Migration {
  std::int32_t to;
  std::int32_t oldest_writer; // `to` if the migration is not additive
  const char* sql;
};
// The migrations after first_schema, in order.
std::span<const Migration> migrations();

// The earliest schema that this version reads, and its own schema.
inline constexpr std::int32_t first_schema = 6;
#ifdef WAYFARE_TEST_NEXT_SCHEMA // a test builds a newer wayfare with it
inline constexpr std::int32_t schema_version = 19;
#else
inline constexpr std::int32_t schema_version = 18;
#endif

// The SQL for the tables and views of a new file with schema_version.
std::string whole_schema();

// The number of the schema of a file that is not empty.
std::int64_t schema_of(sqlite::Database& database);

// Makes the tables and views of a new file (`from` is 0), or migrates a file with schema `from` by
// `steps`. Runs within the caller's transaction. Increases the number of the rules, so that other
// processes notice the change.
void bring_forward(sqlite::Database& database, std::int64_t from,
                   std::span<const Migration> steps = migrations());

// States the oldest schema whose writers enforce all budgets and rate limits of the file, and the
// one that needs it. Call it in each transaction that changes them.
void state_oldest_writer(sqlite::Database& database);
// The words for a process that is too old to write: what the file needs. May be empty.
std::string reason_for_newer(sqlite::Database& database);

} // namespace wayfare::ledger
