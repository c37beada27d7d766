// What a scope has spent in a period, as far as the ledger's rows and sums tell.
#pragma once

#include <cstdint>
#include <string>

#include <wayfare/ledger.hpp>

#include "ledger/budgets.hpp"
#include "ledger/sqlite.hpp"

namespace wayfare::ledger {

// Whether the sums by day tell it, whatever was pruned: of windows from a day on, for what is of an
// app and an agent and a key, or of an app and a user, or of an app and a tag.
bool is_summed(const Scope& scope, Window window);

// From the sums, or else from the entries that are left. `value` is of the part that is "*".
std::int64_t spent(sqlite::Database& database, const Scope& scope, Window window,
                   const std::string& value, const Period& period);

} // namespace wayfare::ledger
