// A copy of a ledger, while others write it.
#pragma once

#include <string>

#include "ledger/sqlite.hpp"

namespace wayfare::ledger {

// Copies the ledger of `from` to `to` (both absolute), outside of a transaction. "" or why there is
// no copy; throws sqlite::Failure.
std::string back_up(sqlite::Database& database, const std::string& from, const std::string& to);

} // namespace wayfare::ledger
