#include "os/clock.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <random>

namespace wayfare::os {

static std::int64_t read_clock(clockid_t clock) noexcept {
  timespec now{};
  clock_gettime(clock, &now);
  return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

std::int64_t monotonic_us() noexcept { return read_clock(CLOCK_BOOTTIME); }
std::int64_t wall_us() noexcept { return read_clock(CLOCK_REALTIME); }
#ifdef CLOCK_BOOTTIME
std::int64_t boot_us() noexcept { return read_clock(CLOCK_BOOTTIME); }
#else
std::int64_t boot_us() noexcept { return read_clock(CLOCK_MONOTONIC); }
#endif

std::array<std::uint8_t, 10> chance() {
  std::array<std::uint8_t, 10> bytes{};
  // Not getrandom(), which glibc has only since 2.25.
  if (syscall(SYS_getrandom, bytes.data(), bytes.size(), 0) == static_cast<long>(bytes.size()))
    return bytes;
  std::random_device device; // for a kernel without getrandom
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(device());
  return bytes;
}

std::string boot_id() {
  std::string id;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> id;
  return id;
}

} // namespace wayfare::os
