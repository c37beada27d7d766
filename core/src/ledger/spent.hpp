// The amount that a scope has spent in a period, from the rows and the sums of the ledger.
#pragma once

#include <cstdint>
#include <string>

#include <wayfare/budget.hpp>

#include "ledger/budgets.hpp"
#include "ledger/sqlite.hpp"

namespace wayfare::ledger {

// Whether the sums by day tell the amount, also after a prune. They do for windows of a day or
// more, and for scopes of app, agent and key; of app and user; or of app and tag.
bool is_summed(const Scope& scope, Window window);

// Computes the amount from the sums, or else from the remaining entries. `value` is the value of
// the part that is "*".
struct Counting {
  const Scope& scope;
  Window window;
  bool upstream; // upstream costs count too
};
std::int64_t spent(sqlite::Database& database, const Counting& counting, const std::string& value,
                   const Period& period);

// The SQL for what a budget counts of a row t of entry.
std::string cost_counted(bool upstream);

} // namespace wayfare::ledger
