// Reads the answer of GET /generation?id=…, which tells minutes later what the server billed. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "values/booking.hpp"

namespace wayfare::wire {

// The end of the attempt, with its cost (total_cost) and the billed counts (native_tokens_…).
// Without a cost if that cannot be right: refused_figures has it. Nothing if the text does not tell
// a cost of the generation `id`.
std::optional<Ending> generation_of(std::string_view body, std::string_view id);

} // namespace wayfare::wire
