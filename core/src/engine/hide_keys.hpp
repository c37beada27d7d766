// Takes the keys of a client out of what a server said: a server may repeat them anywhere. All that
// a call books, reports or raises passes here.
#pragma once

#include "call/call.hpp"
#include "config/keys.hpp"

namespace wayfare {

// A key that comes in pieces is not found in the events of a stream. In the reply it is.
void hide_keys(const Keys& keys, call::Actions& actions);

} // namespace wayfare
