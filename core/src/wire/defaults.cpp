#include "wire/defaults.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "base/json_text.hpp"
#include "wire/route.hpp"

namespace wayfare::wire {

namespace {

constexpr std::size_t name_max = 128, tags_max = 16;
constexpr std::int64_t max_tokens_max = 2'147'483'647;

template <class Value>
void fill(std::optional<Value>& own, const std::optional<Value>& other) {
  if (!own) own = other;
}
template <class List>
void fill(List& own, const List& other) {
  if (own.empty()) own = other;
}

void fill(ChargeTo& own, const ChargeTo& other) {
  fill(own.app, other.app);
  fill(own.agent, other.agent);
  fill(own.user, other.user);
  fill(own.run, other.run);
  fill(own.tags, other.tags);
}

void fill(ProviderRules& own, const ProviderRules& other) {
  fill(own.only, other.only);
  fill(own.ignore, other.ignore);
  fill(own.quantizations, other.quantizations);
  fill(own.zdr, other.zdr);
  fill(own.data_collection, other.data_collection);
}

// The order in which a policy puts models.
void take_order(Policy& own, const Policy& other) {
  own.sort = other.sort;
  own.speed = other.speed;
}

// All of a route but the choice of the model.
void fill(Route& own, const Route& other) {
  for (const auto price :
       {&MaxPrice::prompt, &MaxPrice::completion, &MaxPrice::request, &MaxPrice::image})
    fill(own.policy.max_price.*price, other.policy.max_price.*price);
  fill(own.policy.allow, other.policy.allow);
  fill(own.policy.deny, other.policy.deny);
  fill(own.policy.quality, other.policy.quality);
  fill(own.policy.scores, other.policy.scores);
  fill(own.policy.min_quality, other.policy.min_quality);
  fill(own.policy.providers, other.policy.providers);
  if (own.policy.degrade == Degrade{}) own.policy.degrade = other.policy.degrade;
  fill(own.retries, other.retries);
  fill(own.deadline, other.deadline);
  fill(own.max_cost, other.max_cost);
  fill(own.key, other.key);
  fill(own.servers, other.servers);
  fill(own.on_budget, other.on_budget);
  fill(own.affinity, other.affinity);
  fill(own.affinity_order, other.affinity_order);
  fill(own.pin, other.pin);
  fill(own.keep_decision, other.keep_decision);
  fill(own.cooldown, other.cooldown);
  fill(own.on_rate_limit, other.on_rate_limit);
  if (own.on_budget == OnBudget::wait || own.on_rate_limit == OnRateLimit::wait)
    fill(own.budget_wait, other.budget_wait);
}

bool chooses_model(const Defaults& defaults) {
  return !defaults.model.empty() || wire::chooses_model(defaults.route);
}

void fill(Defaults& own, const Defaults& other) {
  if (!chooses_model(own)) {
    own.model = other.model;
    own.route.model = other.route.model;
    own.route.models = other.route.models;
    take_order(own.route.policy, other.route.policy);
  }
  fill(own.max_tokens, other.max_tokens);
  fill(own.route, other.route);
  fill(own.charge_to, other.charge_to);
}

} // namespace

std::string shown(std::string_view name) {
  constexpr std::size_t most = 64;
  constexpr char del = 0x7F; // which quotes do not escape
  if (name.size() > most || name.find(del) != name.npos) return "a name";
  return json::quoted(name);
}

std::string fault_of_name(std::string_view what, std::string_view text) {
  if (text.size() > name_max) return std::string(what) + " is longer than 128 bytes";
  if (!json::is_utf8(text) || text.find('\0') != text.npos)
    return std::string(what) + " is not UTF-8 text";
  return {};
}

std::string fault_of_charge_to(const ChargeTo& to) {
  const std::array<std::pair<std::string_view, std::string_view>, 4> names{
      {{"charge_to.app", to.app},
       {"charge_to.agent", to.agent},
       {"charge_to.user", to.user},
       {"charge_to.run", to.run}}};
  for (const auto& [what, text] : names)
    if (auto fault = fault_of_name(what, text); !fault.empty()) return fault;
  if (to.tags.size() > tags_max) return "charge_to.tags has more than 16 tags";
  for (const auto& tag : to.tags) {
    if (tag.empty()) return "charge_to.tags has an empty tag";
    if (auto fault = fault_of_name("a tag of charge_to.tags", tag); !fault.empty()) return fault;
  }
  return {};
}

std::optional<Error> fault_of(const Defaults& defaults) {
  std::string fault = fault_of_route(defaults.route);
  if (fault.empty()) fault = fault_of_charge_to(defaults.charge_to);
  if (fault.empty()) fault = fault_of_name("model", defaults.model);
  if (fault.empty()) fault = fault_of_name("route.model", defaults.route.model);
  if (fault.empty() && !defaults.model.empty() &&
      !(defaults.route.model.empty() && defaults.route.models.empty()))
    fault = "the defaults have a model and models in their route: name them once";
  if (fault.empty() && defaults.max_tokens &&
      (*defaults.max_tokens < 1 || *defaults.max_tokens > max_tokens_max))
    fault = "max_tokens is not 1 to 2147483647";
  if (fault.empty()) return std::nullopt;
  return Error::invalid(std::move(fault));
}

bool chooses_model(const Route& route) {
  return !route.model.empty() || !route.models.empty() || route.policy.sort != Sort::ordered;
}

void take_model(Route& route, const Defaults& defaults) {
  route.model = defaults.model.empty() ? defaults.route.model : defaults.model;
  route.models = defaults.route.models;
  take_order(route.policy, defaults.route.policy);
}

std::optional<Error> take_defaults(Request& request, const Defaults& of_client,
                                   const Defaults* of_agent) {
  constexpr std::size_t most = 8;
  if (request.defaults.size() > most) return Error::invalid("defaults has more than 8 of them");
  for (const Defaults& one : request.defaults)
    if (auto fault = fault_of(one)) return fault;
  if (of_agent) request.defaults.insert(request.defaults.begin(), *of_agent);
  if (of_client != Defaults{}) request.defaults.push_back(of_client);
  if (request.defaults.empty()) return std::nullopt;
  Defaults joined = std::move(request.defaults.front());
  for (std::size_t at = 1; at < request.defaults.size(); ++at) fill(joined, request.defaults[at]);
  fill(request.route, joined.route);
  fill(request.charge_to, joined.charge_to);
  request.defaults.assign(1, std::move(joined));
  return std::nullopt;
}

std::optional<Error> missing_part(const ChargeTo& to, const std::vector<ChargePart>& required) {
  for (const ChargePart part : required) {
    const bool is_missing = part == ChargePart::app     ? to.app.empty()
                            : part == ChargePart::agent ? to.agent.empty()
                            : part == ChargePart::user  ? to.user.empty()
                            : part == ChargePart::run   ? to.run.empty()
                                                        : to.tags.empty();
    if (!is_missing) continue;
    return Error::invalid("charge_to." + std::string(name(part)) +
                              " is missing, and the client requires it (require_charge_to)",
                          "charge the call to an account, or make another client for such calls");
  }
  return std::nullopt;
}

} // namespace wayfare::wire
