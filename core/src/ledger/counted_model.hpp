// The model in whose budgets an attempt counts, if its request names several.
#pragma once

#include <string>
#include <vector>

#include "values/ledger_view.hpp"

namespace wayfare::ledger {

// The names as a JSON object, as the column `models` has them. Empty if there are none.
//   {"m/two":"m/two","m/two-2026":"m/two","":{"m/one":"m/one","m/two":"m/two"}}
// The object with the empty name has the names for windows, by the names in the request. A row of
// an older wayfare has none: it counts by the name in the request.
std::string names_json(const std::vector<OtherName>& names);

// In SQL, of a row t of entry or pending: a table v whose column `value` has each model of the row,
// by the name for windows.
inline constexpr const char* models_of_row =
    "json_each(iif(json_type(t.models, '$.\"\"') IS NULL, json_array((SELECT iif(instr(text, ':') "
    "> 0, substr(text, 1, instr(text, ':') - 1), text) FROM name WHERE id = t.requested)), (SELECT "
    "json_group_array(DISTINCT value) FROM json_each(t.models, '$.\"\"')))) v";

// The model that the budgets count, and its other names as JSON.
struct Counted {
  std::string model, names; // `model` is empty where it is the requested model
  std::string window;       // its name for windows; empty where it is not known to be one model
};
// The name in the request of the model that served, as far as that can be told. A request that
// names one model is served by it.
Counted counted_of(const std::string& requested, const std::string& names,
                   const std::string& served);

} // namespace wayfare::ledger
