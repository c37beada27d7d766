#include "wire/route.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "wire/defaults.hpp"

namespace wayfare::wire {

namespace {

constexpr std::size_t names_max = 32, scores_max = 256;
constexpr std::chrono::hours deadline_max{24 * 7};
constexpr int retries_max = 10;

// `one`: what one of the texts is called.
std::string fault_of_texts(std::string_view what, std::string_view one,
                           const std::vector<std::string>& texts) {
  if (texts.empty()) return {}; // as nearly always
  const std::string place(what);
  if (texts.size() > names_max) return place + " has more than 32 " + std::string(one) + "s";
  for (const std::string& text : texts) {
    if (text.empty()) return place + " has an empty " + std::string(one);
    if (auto fault = fault_of_name("a " + std::string(one) + " of " + place, text); !fault.empty())
      return fault;
  }
  return {};
}

std::string fault_of_models(std::string_view what, const std::vector<std::string>& models) {
  if (models.empty()) return {};
  const std::string place(what);
  if (models.size() > names_max) return place + " has more than 32 models";
  for (const std::string& model : models) {
    if (model.empty()) return place + " has an empty name";
    if (auto fault = fault_of_name("a name in " + place, model); !fault.empty()) return fault;
    if (std::ranges::count(models, model) > 1) return place + " has " + shown(model) + " twice";
  }
  return {};
}

std::string fault_of_servers(const std::vector<std::string>& servers) {
  constexpr std::size_t most = 9;
  if (servers.size() > most) return "route.servers has more than 9 servers";
  for (const std::string& server : servers) {
    if (auto fault = fault_of_name("a name in route.servers", server); !fault.empty()) return fault;
    if (std::ranges::count(servers, server) > 1) return "route.servers has a name twice";
  }
  return {};
}

std::string fault_of_scores(const std::vector<Score>& scores) {
  if (scores.size() > scores_max) return "route.policy.scores has more than 256 scores";
  for (const Score& one : scores) {
    if (one.model.empty()) return "route.policy.scores has an empty model";
    if (auto fault = fault_of_name("a model of route.policy.scores", one.model); !fault.empty())
      return fault;
    if (!std::isfinite(one.score)) return "route.policy.scores has a score that is not finite";
  }
  return {};
}

std::string fault_of_degrade(const Degrade& degrade) {
  constexpr int percent_max = 100;
  if (degrade.at && (*degrade.at < 1 || *degrade.at > percent_max))
    return "route.policy.degrade.at is not 1 to 100";
  if (!degrade.at && !degrade.models.empty())
    return "route.policy.degrade.models is given without route.policy.degrade.at";
  return fault_of_models("route.policy.degrade.models", degrade.models);
}

std::string fault_of_policy(const Policy& policy) {
  if (policy == Policy{}) return {};
  using Texts = std::vector<std::string>;
  struct List {
    std::string_view what, one;
    const Texts* texts;
  };
  for (const List& list :
       {List{"route.policy.allow", "pattern", &policy.allow},
        List{"route.policy.deny", "pattern", &policy.deny},
        List{"route.policy.providers.only", "slug", &policy.providers.only},
        List{"route.policy.providers.ignore", "slug", &policy.providers.ignore},
        List{"route.policy.providers.quantizations", "name", &policy.providers.quantizations}})
    if (auto fault = fault_of_texts(list.what, list.one, *list.texts); !fault.empty()) return fault;
  if (policy.speed && policy.sort != Sort::fastest)
    return "route.policy.speed is given without the sort fastest";
  if (policy.min_quality && !std::isfinite(*policy.min_quality))
    return "route.policy.min_quality is not finite";
  if (auto fault = fault_of_scores(policy.scores); !fault.empty()) return fault;
  return fault_of_degrade(policy.degrade);
}

} // namespace

std::string fault_of_route(const Route& route) {
  if (const auto deadline = route.deadline;
      deadline && (deadline->count() <= 0 || *deadline > deadline_max))
    return "route.deadline is not above zero and at most a week";
  if (const auto retries = route.retries; retries && (*retries < 0 || *retries > retries_max))
    return "route.retries is not 0 to 10";
  if (const auto wait = route.budget_wait; wait && (wait->count() <= 0 || *wait > deadline_max))
    return "route.budget_wait is not above zero and at most a week";
  if (route.budget_wait && route.on_budget != OnBudget::wait &&
      route.on_rate_limit != OnRateLimit::wait)
    return "route.budget_wait is given without on_budget wait or on_rate_limit wait";
  if (route.max_cost && route.max_cost->picodollars <= 0) return "route.max_cost is not above zero";
  if (auto fault = fault_of_policy(route.policy); !fault.empty()) return fault;
  if (auto fault = fault_of_servers(route.servers); !fault.empty()) return fault;
  if (!route.model.empty() && !route.models.empty())
    return "route has a model and models: name them once";
  return fault_of_models("route.models", route.models);
}

} // namespace wayfare::wire
