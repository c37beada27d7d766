// Which models a policy allows by patterns of their names. Pure.
#pragma once

#include <string_view>

#include <wayfare/model.hpp>
#include <wayfare/request.hpp>

namespace wayfare::select {

// Whether the pattern is the whole name, where each * stands for any characters. Takes linear time
// in the product of their sizes.
bool matches_pattern(std::string_view pattern, std::string_view name) noexcept;

// Whether the pattern matches a model that the request calls `name`: by that name, its id, its
// dated name, or the model that an alias stands for. `model`: what the list has of it, or null.
bool names_model(std::string_view pattern, std::string_view name, const Model* model);

// Whether the policy has patterns.
inline bool has_patterns(const Policy& policy) noexcept {
  return !policy.allow.empty() || !policy.deny.empty();
}

// Whether a model that the request calls `name` may serve: see names_model().
bool is_allowed(std::string_view name, const Model* model, const Policy& policy);

} // namespace wayfare::select
