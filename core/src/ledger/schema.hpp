// The tables and views of a ledger's file, and how a file of an earlier schema is brought forward.
//
// Units: `_us` microseconds (of UTC since 1970 where a time is meant), `_p` picodollars (1e-12
// USD). NULL is unknown, which is not 0. Texts that come again and again stand once, in the table
// `name`; id 0 is the empty text.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "ledger/sqlite.hpp"

namespace wayfare::ledger {

inline constexpr std::int32_t application_id = 0x77617966; // "wayf"

// The earliest schema that this version reads, and its own: PRAGMA user_version.
inline constexpr std::int32_t first_schema = 6, schema_version = 6;

// A step from the schema before. It changes tables only: the views are made anew behind the last
// step.
struct Migration {
  std::int32_t to;
  const char* sql;
};
// The steps behind first_schema, in order.
std::span<const Migration> migrations();

// The SQL that makes the tables and views of an empty file, of schema_version.
std::string whole_schema();

// Makes the tables and views of an empty file (`from` is 0), or brings a file of schema `from` to
// that of the last of `steps`. Within a transaction of the caller's. Processes that have the file
// open see that it has changed: the rules are counted up.
void bring_forward(sqlite::Database& database, std::int64_t from,
                   std::span<const Migration> steps = migrations());

} // namespace wayfare::ledger
