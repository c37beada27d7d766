// Which providers the server tried before the one that its error names. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wayfare::wire {

// The names in error.metadata.previous_errors of an answer, as Reply::raw has it. At most 32.
std::vector<std::string> failed_before(std::string_view raw);

} // namespace wayfare::wire
