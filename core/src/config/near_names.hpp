// Names of variables that were probably meant to be OPENROUTER_API_KEY. Pure.
#pragma once

#include <string_view>

namespace wayfare {

// Whether the name is near that one in spelling, or is a name under which the key is often set.
bool is_near_key_name(std::string_view name);

// Whether a variable with this name is shown to everybody who opens the web app: NEXT_PUBLIC_...
bool is_public_name(std::string_view name);

} // namespace wayfare
