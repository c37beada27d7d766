// The properties of the orders of a policy.
#pragma once

#include <wayfare/request.hpp>

namespace wayfare {

// Whether the order ranks every model of the models list where the request names none.
constexpr bool ranks_all_models(Sort sort) noexcept {
  return sort == Sort::cheapest || sort == Sort::fastest || sort == Sort::best;
}

} // namespace wayfare
