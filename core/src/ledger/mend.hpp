// The operation `mend`.
#pragma once

#include <cstdint>

#include "ledger/rows.hpp"
#include "ledger/sqlite.hpp"

namespace wayfare::ledger {

// Makes the sums and the windows of budgets again from the entries, as far as these were not
// pruned. Drops the triggers of others. Runs within the caller's transaction.
void mend(sqlite::Database& database, Rows& rows, std::int64_t now_us);

} // namespace wayfare::ledger
