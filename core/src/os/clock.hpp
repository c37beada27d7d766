// Time and random numbers of the system. The pure parts get both as arguments and do not call these
// functions.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace wayfare::os {

std::int64_t monotonic_us() noexcept; // never steps back; also counts while the machine sleeps
std::int64_t wall_us() noexcept;      // microseconds since 1970-01-01 UTC
std::array<std::uint8_t, 10> chance();
std::int64_t boot_us() noexcept; // since the boot of the machine, including sleep
// The id of the current boot of the machine; "" if the system has none.
std::string boot_id();

} // namespace wayfare::os
