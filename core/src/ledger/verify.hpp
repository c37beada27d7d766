// Whether a ledger is whole: what must hold between its tables, held against them.
#pragma once

#include <wayfare/ledger.hpp>

#include "ledger/sqlite.hpp"

namespace wayfare::ledger {

// Within a read transaction of the caller's.
Verification verify(sqlite::Database& database);

} // namespace wayfare::ledger
