// The model in whose budgets an attempt counts, if its request names several.
#pragma once

#include <string>
#include <vector>

#include "values/ledger_view.hpp"

namespace wayfare::ledger {

// The names as a JSON object, as the column `models` has them. Empty if there are none.
std::string names_json(const std::vector<OtherName>& names);

// The model that the budgets count, and its other names as JSON.
struct Counted {
  std::string model, names; // `model` is empty where it is the requested model
};
// The name in the request of the model that served, as far as that can be told. A request that
// names one model is served by it.
Counted counted_of(const std::string& requested, const std::string& names,
                   const std::string& served);

} // namespace wayfare::ledger
