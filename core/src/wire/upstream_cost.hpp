// Reads what a provider bills the caller directly (BYOK). Pure.
#pragma once

#include <wayfare/billing.hpp>

#include "base/json.hpp"

namespace wayfare::wire {

// Sets is_byok and upstream_cost. Paid by credits, an answer has an upstream cost too: there it is
// a part of the cost, and is not read.
void read_upstream_cost(json::Value is_byok, json::Value upstream, Billing& billing);

} // namespace wayfare::wire
