// Triggers of other programs on the tables of the ledger. They can change what is booked.
#pragma once

#include <string>
#include <vector>

#include "ledger/sqlite.hpp"

namespace wayfare::ledger {

// Selects their names. The names of wayfare's own triggers are not among them.
extern const char* const select_foreign_triggers;
std::vector<std::string> foreign_triggers(sqlite::Database& database);
void drop_foreign_triggers(sqlite::Database& database);

} // namespace wayfare::ledger
