// Deletes old entries in steps. Each step runs inside the caller's transaction.
#pragma once

#include <cstdint>

#include <wayfare/ledger.hpp>

#include "ledger/sqlite.hpp"

namespace wayfare::ledger {

// Deletes at most `most` rows: first entries that were booked before `before_us`, then the holds of
// ended windows and these windows. Marks in the file that entries before `before_us` may be
// missing, for budgets that are made later. Returns false while more rows are left. Call
// Budgets::keep_values() before the first step.
bool prune_step(sqlite::Database& database, std::int64_t before_us, std::int64_t most,
                Pruned& pruned);

} // namespace wayfare::ledger
