// Why a model was selected, as a short JSON text for the ledger. Pure.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "call/planner.hpp"
#include "select/ranking.hpp"

namespace wayfare::call {

inline constexpr std::size_t decision_max = 4096;

// At most decision_max bytes: where it would be longer, the last candidates are left out. It has
// numbers and names of what the request needs, and no text of it. See Explanation::decision.
std::shared_ptr<const std::string> decision_of(const select::Ranking& ranking, const Needs& needs,
                                               const Policy& policy, const Market& market);

} // namespace wayfare::call
