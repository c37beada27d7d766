// What a server's refusal means. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <wayfare/error.hpp>

#include "base/json.hpp"

namespace wayfare::wire {

// What the status line and the headers say.
struct Head {
  int status = 0;
  std::string content_type;  // as sent
  std::string generation_id; // X-Generation-Id
  std::string retry_after;   // Retry-After, as sent
  std::int64_t wall_s = 0;   // when it came, UTC seconds since 1970; retry_after may be a date
};

// The code of an HTTP status, or of the same number inside a 200.
Code code_of_status(int status) noexcept;

// Whether a request that was answered so, before any content, may have been billed all the same.
bool may_be_billed(int status) noexcept;

// Whether the code is one of a server's refusals.
bool is_refusal(Code code) noexcept;

// An Error of every body shape of the API, and of those it does not document: `body` is the whole answer or the event that holds
// `error`; a missing value where it was not JSON. Its status is HTTP's; a code inside the body wins over a 200.
Error refusal(const Head& head, json::Value body);

// As above, of a body that is not JSON.
Error refusal(const Head& head, std::string_view body);

} // namespace wayfare::wire
