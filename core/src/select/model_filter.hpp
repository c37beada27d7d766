// Which models of the models list are offered, and what is told of those that go away. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <wayfare/model.hpp>

#include "select/catalogue.hpp"

namespace wayfare::select {

// Returns "" or what cannot be used.
std::string fault_of(const ModelFilter& filter);

// The models that pass the filter. `today`: "2026-11-23".
ModelList filtered(const Catalogue& catalogue, const ModelFilter& filter, std::string_view today);

// A line for each of the models that is gone or has a last day, with the most similar one that
// stays. `agent` is in quotes.
std::vector<std::string> warnings_of_models(const Catalogue& catalogue,
                                            const std::vector<std::string>& models,
                                            const std::string& agent, std::string_view today);

} // namespace wayfare::select
