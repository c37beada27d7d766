// Finds which additions of wayfare to the body the server has refused. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <wayfare/error.hpp>

#include "call/planner.hpp"

namespace wayfare::call {

// Returns those names of `added` that the words of a refusal with status 400 or 422 name. `raw`:
// the body of that answer, as in Reply.
std::vector<std::string> refused_additions(const Error& error, std::string_view raw,
                                           const std::vector<std::string>& added);

// The name of the addition that leaves out providers.
inline constexpr std::string_view ignored_providers = "provider.ignore";

// Whether the server has no provider left because the request leaves out those that cool down.
bool leaves_none(const Error& error, const Choice& choice);

// Says in the error's advice what was added, what asked for it, and what to do. Nothing changes
// where nothing is blamed.
void tell_refused(const std::vector<std::string>& blamed, const Choice& choice, Error& error);

} // namespace wayfare::call
