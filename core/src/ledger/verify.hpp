// Checks a ledger: the invariants between its tables.
#pragma once

#include <wayfare/ledger.hpp>

#include "ledger/sqlite.hpp"

namespace wayfare::ledger {

// Runs within the caller's read transaction.
Verification verify(sqlite::Database& database);

} // namespace wayfare::ledger
