// The error for a request that got no status line. Pure.
#pragma once

#include <wayfare/error.hpp>

#include "values/transfer.hpp"

namespace wayfare::call {

// `is_unsent`: the network took no byte of the request.
Error network_error(const TransferEnd& outcome, bool is_unsent);

} // namespace wayfare::call
