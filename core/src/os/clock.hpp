// Time and chance, from the system. Only those who drive the pure parts ask here.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace wayfare::os {

std::int64_t monotonic_us() noexcept; // never steps back; also counts while the machine sleeps
std::int64_t wall_us() noexcept;      // UTC since 1970
std::array<std::uint8_t, 10> chance();
std::int64_t boot_us() noexcept; // since the machine was started, its sleep included
// names the time since the machine was started; "" where the system has none
std::string boot_id();

} // namespace wayfare::os
