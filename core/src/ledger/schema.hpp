// The ledger's file: its tables, views and version. Pure text.
#pragma once

#include <cstdint>

namespace wayfare::ledger {

inline constexpr std::int32_t application_id = 0x77617966; // "wayf"
inline constexpr std::int32_t schema_version = 5;          // PRAGMA user_version

// The step to each version from the one before, the first for an empty file. Units: `_us` microseconds (of UTC since 1970 where a time is
// meant), `_p` picodollars (1e-12 USD). NULL is unknown, which is not 0. Texts that come again and again stand once, in `dim`; 0 is the
// empty text.
extern const char* const migrations[schema_version];

} // namespace wayfare::ledger
