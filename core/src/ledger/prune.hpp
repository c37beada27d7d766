// How old entries go: in steps, each inside a transaction of the caller's.
#pragma once

#include <cstdint>

#include <wayfare/ledger.hpp>

#include "ledger/sqlite.hpp"

namespace wayfare::ledger {

// Marks that entries booked before that may be gone, so that budgets made later know, and deletes at most so many; then, when none are
// left, ended windows. False while there is more to do.
bool prune_step(sqlite::Database& database, std::int64_t before_us, int most, Pruned& pruned);

} // namespace wayfare::ledger
