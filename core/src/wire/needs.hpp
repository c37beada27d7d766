// Reads what a body asks of a model. Pure.
#pragma once

#include "base/json.hpp"
#include "values/needs.hpp"

namespace wayfare::wire {

// Of a chat completion's body, which is a JSON object.
Needs needs_of(json::Value body);

} // namespace wayfare::wire
