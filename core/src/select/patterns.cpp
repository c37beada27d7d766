#include "select/patterns.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace wayfare::select {

bool matches_pattern(std::string_view pattern, std::string_view name) noexcept {
  std::size_t at = 0, star = std::string_view::npos, retry = 0;
  std::size_t here = 0;
  while (here < name.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++; // it stands for nothing at first
      retry = here;
    } else if (at < pattern.size() && pattern[at] == name[here]) {
      ++at;
      ++here;
    } else if (star != std::string_view::npos) {
      at = star + 1; // the last * takes one more character
      here = ++retry;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

bool names_model(std::string_view pattern, std::string_view name, const Model* model) {
  std::array<std::string_view, 4> names{name};
  if (model) names = {name, model->id, model->canonical_slug, model->alias_of};
  return std::ranges::any_of(
      names, [&](std::string_view one) { return !one.empty() && matches_pattern(pattern, one); });
}

bool is_allowed(std::string_view name, const Model* model, const Policy& policy) {
  const auto match = [&](const std::vector<std::string>& patterns) {
    return std::ranges::any_of(
        patterns, [&](const std::string& pattern) { return names_model(pattern, name, model); });
  };
  return !match(policy.deny) && (policy.allow.empty() || match(policy.allow));
}

} // namespace wayfare::select
