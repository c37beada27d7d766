// Turns a refusal of the server into an Error. Pure.
#pragma once

#include <string>
#include <string_view>

#include <wayfare/error.hpp>

#include "base/json.hpp"
#include "values/transfer.hpp"

namespace wayfare::wire {

// The code for an HTTP status, or for an error code inside an answer with status 200.
Code code_of_status(int status) noexcept;

// Whether the server may have billed a request that it answered with this status and no content.
bool may_be_billed(int status) noexcept;

// Whether the code stands for a refusal of the server.
bool is_refusal(Code code) noexcept;

// Whether an answer, or an event of a stream, is an error: by its member `error`, by what it calls
// itself, or because it has the words of an error in place of choices. `is_named`: the event is
// named error.
bool tells_error(json::Value body, bool is_named);

// Makes the Error for a refusal, for all forms of the body, also undocumented ones. `body` is the
// whole answer, or the event that contains `error`. It is missing if the answer is not JSON. The
// status is the HTTP status. A code inside the body replaces a status of 200.
Error refusal(const ResponseHead& head, json::Value body);

// Makes the Error for a body that is not JSON.
Error refusal(const ResponseHead& head, std::string_view body);

// Makes the Error for a body of a good status that is not JSON, so that `body` has no values.
// `whole`: the server ended it properly.
Error unreadable(const ResponseHead& head, const json::Document& body, bool whole);

} // namespace wayfare::wire
