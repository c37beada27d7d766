#include "wire/provider_rules.hpp"

#include <string_view>

#include "base/json_writer.hpp"

namespace wayfare::wire {

namespace {

constexpr const char* rules_place = "route.policy.providers";

Error needs_openrouter() {
  return Error{.code = Code::unsupported,
               .message = std::string(rules_place) +
                          " needs OpenRouter: other servers do not tell their providers",
               .advice = "leave it out, or see the option dialect"};
}

// The first member of the rules that the provider object has too.
std::string_view shared_member(json::Value provider, const ProviderRules& rules) {
  for (const auto& [name, value] : members_of_rules(rules)) {
    const json::Value member = provider[name];
    if (member.exists() && !member.is_null()) return member.key();
  }
  return {};
}

} // namespace

std::vector<std::pair<std::string, std::string>> members_of_rules(const ProviderRules& rules) {
  std::vector<std::pair<std::string, std::string>> members;
  if (!rules.only.empty()) members.emplace_back("only", json::array_of(rules.only));
  if (!rules.ignore.empty()) members.emplace_back("ignore", json::array_of(rules.ignore));
  if (!rules.quantizations.empty())
    members.emplace_back("quantizations", json::array_of(rules.quantizations));
  if (rules.zdr) members.emplace_back("zdr", *rules.zdr ? "true" : "false");
  if (rules.data_collection)
    members.emplace_back("data_collection",
                         *rules.data_collection == DataCollection::deny ? "\"deny\"" : "\"allow\"");
  return members;
}

std::optional<Error> fault_of_rules(json::Value provider, const std::string& of_agent,
                                    const Policy& policy, const Server& server) {
  if (policy.providers == ProviderRules{}) return std::nullopt;
  if (!server.keeps_max_price) return needs_openrouter();
  json::Document agent;
  if (!of_agent.empty()) agent.parse(of_agent);
  const json::Value own = of_agent.empty() ? provider : agent.root();
  if (own.exists() && !own.is_null() && !own.is_object())
    return Error::invalid("the body's provider is not an object, so that no rule can be added",
                          "leave it out");
  const std::string_view twice = shared_member(own, policy.providers);
  if (twice.empty()) return std::nullopt;
  const std::string name(twice);
  return Error::invalid(std::string(of_agent.empty() ? "the body's" : "the agent's") +
                            " provider has " + name + ", and " + rules_place + " too",
                        "give it in one place");
}

} // namespace wayfare::wire
