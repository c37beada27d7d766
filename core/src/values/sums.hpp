// Sums of amounts and counts. One that does not fit in 64 bits stays at the largest number.
#pragma once

#include <cstdint>
#include <limits>

#include <wayfare/money.hpp>

namespace wayfare {

__extension__ typedef __int128 Wide; // holds any sum of 64-bit numbers that can be stored

inline constexpr std::int64_t sum_max = std::numeric_limits<std::int64_t>::max();

// The number itself, or the nearest one that fits.
constexpr std::int64_t narrowed(Wide sum) noexcept {
  return static_cast<std::int64_t>(sum > sum_max ? sum_max : sum < -sum_max ? -sum_max : sum);
}

constexpr std::int64_t sum_of(std::int64_t one, std::int64_t other) noexcept {
  return narrowed(Wide{one} + other);
}
constexpr std::int64_t difference_of(std::int64_t one, std::int64_t other) noexcept {
  return narrowed(Wide{one} - other);
}

constexpr Amount sum_of(Amount one, Amount other) noexcept {
  return {sum_of(one.picodollars, other.picodollars)};
}
constexpr Amount difference_of(Amount one, Amount other) noexcept {
  return {difference_of(one.picodollars, other.picodollars)};
}

// A sum that was not saturated is below it.
constexpr bool is_saturated(Amount sum) noexcept { return sum.picodollars >= sum_max; }

} // namespace wayfare
