// Names of variables that were probably meant to be others. Pure.
#pragma once

#include <string_view>

namespace wayfare {

// Whether the name is near OPENROUTER_API_KEY in spelling, or is a name under which the key is
// often set.
bool is_near_key_name(std::string_view name);

// The other variable of wayfare that the name probably means; "" if it means none, or is one
// itself.
std::string_view meant_variable(std::string_view name);

// Whether a variable with this name is shown to everybody who opens the web app: NEXT_PUBLIC_...
bool is_public_name(std::string_view name);

} // namespace wayfare
