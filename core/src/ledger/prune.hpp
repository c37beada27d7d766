// How old entries go: in steps, each inside a transaction of the caller's.
#pragma once

#include <cstdint>

#include <wayfare/ledger.hpp>

#include "ledger/sqlite.hpp"

namespace wayfare::ledger {

// Marks that entries booked before that may be gone, so that budgets made later know, and deletes
// at most so many rows: entries; then, when none are left, what ended windows hold, and these.
// False while there is more to do. Budgets::keep_values() comes first.
bool prune_step(sqlite::Database& database, std::int64_t before_us, std::int64_t most,
                Pruned& pruned);

} // namespace wayfare::ledger
