// Uniform numbers that are derived from the random bits of a uid. Pure: the same uid gives the same
// numbers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "values/booking.hpp"

namespace wayfare::call {

class Draws {
 public:
  explicit Draws(const Uid& uid) noexcept {
    for (std::size_t at = 6; at < uid.bytes.size(); ++at) // behind the time
      state_ = state_ << 8 ^ state_ >> 56 ^ uid.bytes[at];
  }

  std::uint64_t next() noexcept { // splitmix64
    std::uint64_t mixed = state_ += 0x9E3779B97F4A7C15;
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB;
    return mixed ^ mixed >> 31;
  }

 private:
  std::uint64_t state_ = 0;
};

} // namespace wayfare::call
