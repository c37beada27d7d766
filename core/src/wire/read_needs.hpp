// Reads what a body asks of a model. Pure.
#pragma once

#include <vector>

#include "base/json.hpp"
#include "values/needs.hpp"

namespace wayfare::wire {

// Reads the body of a chat completion: a JSON object without a name that is given twice.
// `more`: members of another document that are added to the body.
Needs needs_of(const json::Document& body, const json::Document* other = nullptr,
               const std::vector<json::Value>& more = {});

} // namespace wayfare::wire
