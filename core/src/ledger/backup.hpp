// Copies a ledger while others write to it.
#pragma once

#include <string>

#include "ledger/agent_texts.hpp"
#include "ledger/sqlite.hpp"

namespace wayfare::ledger {

// Copies the ledger from `from` to `to` (both absolute), and the texts of its agents. Call it
// outside a transaction. Returns "" or the error. Throws sqlite::Failure.
std::string back_up(sqlite::Database& database, AgentTexts& texts, const std::string& from,
                    const std::string& to);

} // namespace wayfare::ledger
