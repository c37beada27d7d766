// Well-known models, as a first choice for a new agent. Pure.
#pragma once

#include <string_view>
#include <vector>

#include <wayfare/model.hpp>

#include "select/catalogue.hpp"

namespace wayfare::select {

// The models of the built-in list, as `catalogue` has them. `today`: "2026-11-23".
std::vector<DefaultModel> default_models(const Catalogue& catalogue, std::string_view today);

} // namespace wayfare::select
