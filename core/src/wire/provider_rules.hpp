// The rules of a policy for providers, and the body's own. Pure.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <wayfare/error.hpp>
#include <wayfare/request.hpp>

#include "base/json.hpp"
#include "values/server.hpp"

namespace wayfare::wire {

// Why the rules of the policy cannot be honoured: the server has no providers, or the body's
// provider, or the one of the agent (`of_agent`, JSON or ""), has such a rule too.
std::optional<Error> fault_of_rules(json::Value provider, const std::string& of_agent,
                                    const Policy& policy, const Server& server);

// The members of a provider object for these rules, as JSON.
std::vector<std::pair<std::string, std::string>> members_of_rules(const ProviderRules& rules);

} // namespace wayfare::wire
