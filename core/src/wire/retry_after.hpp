// Reads how long a server asks to wait. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "values/transfer.hpp"

namespace wayfare::wire {

// The wait in a Retry-After header: seconds, also with decimals ("1.5"), or a date ("Wed, 21 Oct
// 2015 07:28:00 GMT"). A date counts from `now_s`, in UTC seconds since 1970-01-01. Zero for a past
// date, at most a year, and nothing for any other text.
std::optional<std::chrono::milliseconds> wait_of(std::string_view retry_after, std::int64_t now_s);

// The wait in the headers: Retry-After-Ms, which is more exact, or else Retry-After.
std::optional<std::chrono::milliseconds> wait_of(const ResponseHead& head);

// The wait until an X-RateLimit-Reset, which is in milliseconds since 1970, or in seconds if it is
// too small for milliseconds.
std::optional<std::chrono::milliseconds> wait_until(std::int64_t reset, std::int64_t now_s);

} // namespace wayfare::wire
