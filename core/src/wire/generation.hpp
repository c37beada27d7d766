// What the server keeps of a generation: GET /generation?id=…, which tells minutes later what was
// billed. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "values/booking.hpp"

namespace wayfare::wire {

// The end of the attempt, with its cost (total_cost) and the billed counts (native_tokens_…).
// Nothing where the text does not tell the cost of a generation of that id.
std::optional<Ending> generation_of(std::string_view body, std::string_view id);

} // namespace wayfare::wire
