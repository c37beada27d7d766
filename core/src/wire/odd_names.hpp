// Names in a body that are probably not what the caller meant. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace wayfare::wire {

// How many changes lead from one name to the other: a letter more, less or other, or two letters
// that changed places. Counts no further than `most`, and then returns more than it.
int distance(std::string_view one, std::string_view other, int most);

// The member of a body that is spelled nearly like this; "" if there is none, or the name is one.
std::string_view near_miss(std::string_view name);

// One line for each member that has its place beside the body, or is nearly spelled like another
// member. A few lines at most. `body` is a JSON object.
std::vector<std::string> odd_names(json::Value body);

} // namespace wayfare::wire
