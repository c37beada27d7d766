// Takes the keys of a client out of what a server said: a server may repeat them anywhere. All that
// a call books, reports or raises passes here.
#pragma once

#include <string_view>

#include "call/call.hpp"
#include "config/keys.hpp"

namespace wayfare {

// A key that comes in pieces is not found in the events of a stream. In the reply it is.
void hide_keys(const Keys& keys, call::Actions& actions);

// Takes parts of keys and of the prompt out of the texts of an error, too: a server may quote them
// in its refusal. `body` is what was sent, with `key` (null: without one).
void hide_quotations(const Keys& keys, const Key* key, std::string_view body,
                     call::Actions& actions);

} // namespace wayfare
