// Whether the model that served is one that was asked for. Pure.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "select/catalogue.hpp"

namespace wayfare::select {

// `asked`: the names that the request has for the models that may serve. `catalogue`: the models
// list, or null where it is not known. `names_are_sure`: the server's names tell that two models
// are not the same, as OpenRouter's do. Nothing where the server was to choose, or where it is not
// certain.
std::optional<bool> served_otherwise(std::string_view served,
                                     const std::vector<std::string_view>& asked,
                                     const Catalogue* catalogue, bool names_are_sure);

} // namespace wayfare::select
