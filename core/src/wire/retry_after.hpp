// When a server says to come back. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace wayfare::wire {

// The wait that a Retry-After asks for, in seconds ("1.5" too) or as a date ("Wed, 21 Oct 2015
// 07:28:00 GMT"), counted from `now_s` (UTC seconds since 1970). Nothing for what is neither; zero
// for a date gone by; at most a year.
std::optional<std::chrono::milliseconds> wait_of(std::string_view retry_after, std::int64_t now_s);

// The wait until an X-RateLimit-Reset, in milliseconds since 1970, or in seconds where it is too
// small for those.
std::optional<std::chrono::milliseconds> wait_until(std::int64_t reset, std::int64_t now_s);

} // namespace wayfare::wire
