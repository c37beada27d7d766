// Tells what it costs to leave a cache. Pure.
#pragma once

#include <optional>

#include "select/catalogue.hpp"
#include "values/hop.hpp"

namespace wayfare::select {

// See HopPrice. By the prices that the list has now, with the overrides of the hop's time.
std::optional<Amount> hop_cost(const Catalogue& catalogue, const Hop& hop);

} // namespace wayfare::select
