// The figures of servers that cannot be right, as the ledger keeps them: by the uid of the attempt,
// in a table of their own. So an attempt without any takes no room for them.
#pragma once

#include <string>
#include <string_view>

#include "ledger/sqlite.hpp"

namespace wayfare::ledger {

// Adds a Billing::refused_figures to those that the attempt has. Inside a transaction.
void keep_figures(sqlite::Database& database, std::string_view uid, std::string_view figures);

// A text of the table, as a Billing::refused_figures. Empty where it is no JSON object.
std::string figures_of(std::string_view stored);

} // namespace wayfare::ledger
