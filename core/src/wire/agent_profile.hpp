// The profile of an agent, read once, so that each call can take from it. Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <wayfare/agent.hpp>
#include <wayfare/error.hpp>

#include "base/json.hpp"
#include "wire/prepare.hpp"

namespace wayfare::wire {

inline constexpr std::size_t system_max = std::size_t{256} << 10; // bytes of a system prompt

struct AgentProfile {
  std::string agent;
  std::int64_t version = 0;
  Defaults defaults;
  std::string system;      // the system prompt
  std::string system_file; // where it came from; "": from the profile
  // A body gets this from the profile: an object with parameters, tools, and as its `messages` the
  // system prompt.
  std::string text;
  json::Document document;            // of `text`
  std::vector<std::string> odd_names; // lines for the warnings
};

// Returns the error of a profile that no call could use. It names the part.
std::optional<Error> judge_profile(const Profile& profile);

// Reads the profile of an agent. `system`: the text of its system_file, if it has one.
Result<std::shared_ptr<const AgentProfile>> read_profile(const Agent& agent,
                                                         const std::string& system = {});

// Names the agent in the accounts of a request. Errors: invalid, if they name another one.
std::optional<Error> charge_agent(ChargeTo& charge_to, const std::string& agent);

// Adds to a prepared request what its body leaves out. `taken` gets what was added.
std::optional<Error> take_profile(json::Value body, const AgentProfile& profile, Prepared& prepared,
                                  std::vector<json::Value>& taken);

} // namespace wayfare::wire
