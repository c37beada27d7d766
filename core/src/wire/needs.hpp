// Reads what a body asks of a model. Pure.
#pragma once

#include "base/json.hpp"
#include "values/needs.hpp"

namespace wayfare::wire {

// Of the body of a chat completion: a JSON object without a name that is given twice.
Needs needs_of(const json::Document& body);

} // namespace wayfare::wire
