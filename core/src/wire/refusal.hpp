// What a server's refusal means. Pure.
#pragma once

#include <string>
#include <string_view>

#include <wayfare/error.hpp>

#include "base/json.hpp"
#include "values/transfer.hpp"

namespace wayfare::wire {

// The code of an HTTP status, or of the same number inside a 200.
Code code_of_status(int status) noexcept;

// Whether a request that was answered so, before any content, may have been billed all the same.
bool may_be_billed(int status) noexcept;

// Whether the code is one of a server's refusals.
bool is_refusal(Code code) noexcept;

// An Error of every body shape of the API, and of those it does not document: `body` is the whole
// answer or the event that holds `error`; a missing value where it was not JSON. Its status is
// HTTP's; a code inside the body wins over a 200.
Error refusal(const ResponseHead& head, json::Value body);

// As above, of a body that is not JSON.
Error refusal(const ResponseHead& head, std::string_view body);

} // namespace wayfare::wire
