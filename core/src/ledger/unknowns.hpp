// The attempts that have ended and whose cost or upstream cost is not known. lookups.hpp has what
// becomes of them.
#pragma once

#include <string>

#include <wayfare/operations.hpp>

#include "ledger/sqlite.hpp"

namespace wayfare::ledger {

// "" or what cannot be used.
std::string fault_of(const ListUnknown& query);
UnknownPage unknown(sqlite::Database& database, const ListUnknown& query);

} // namespace wayfare::ledger
