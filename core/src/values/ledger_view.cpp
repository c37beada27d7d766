#include "values/ledger_view.hpp"

#include <algorithm>

namespace wayfare {

std::string_view model_without_variant(std::string_view model) {
  return model.substr(0, model.find(':'));
}

namespace {

bool matches_model(const std::string& wanted, const Charged& charged, std::string& value) {
  if (wanted == "*") value = models_of_windows(charged).front();
  const auto is = [&](std::string_view name) {
    return name == wanted || model_without_variant(name) == wanted;
  };
  if (wanted.empty() || wanted == "*" || is(charged.model)) return true;
  return charged.other_names &&
         std::ranges::any_of(*charged.other_names, [&](const OtherName& one) {
           return !one.is_of_window && is(one.name);
         });
}

} // namespace

std::vector<std::string> models_of_windows(const Charged& charged) {
  std::vector<std::string> models;
  if (charged.other_names)
    for (const OtherName& one : *charged.other_names)
      if (one.is_of_window && std::ranges::find(models, one.name) == models.end())
        models.push_back(one.name);
  if (models.empty()) models.emplace_back(model_without_variant(charged.model));
  return models;
}

bool matches(const Scope& scope, const Charged& charged, std::string& value) {
  const auto is = [&](const std::string& wanted, std::string_view given) {
    if (wanted == "*") value = given;
    return wanted.empty() || wanted == "*" || wanted == given;
  };
  const ChargeTo& to = charged.to;
  const bool has_tag = scope.tag.empty() || std::ranges::find(to.tags, scope.tag) != to.tags.end();
  return is(scope.app, to.app) && is(scope.agent, to.agent) && is(scope.user, to.user) &&
         is(scope.run, to.run) && has_tag &&
         (scope.key == "*" ? is(scope.key, charged.key) : charged.key.starts_with(scope.key)) &&
         matches_model(scope.model, charged, value);
}

std::string_view each_part(const Scope& scope) {
  for (const auto& [name, part] : members_of<Scope>)
    if (scope.*part == "*") return name;
  return {};
}

const std::string* LedgerView::asks_bound(const Charged& charged) const {
  std::string value;
  for (const HardBudget& budget : hard_budgets)
    if (matches(budget.scope, charged, value)) return &budget.name;
  return nullptr;
}

} // namespace wayfare
