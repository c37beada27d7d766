// Chance that does not depend on the order in which it is asked: a number of a seed and of a place.
// So two runs that differ in one rule see the same failures, latencies and draws.
#pragma once

#include <cmath>
#include <cstdint>
#include <initializer_list>

namespace wayfare::conversations {

// A stream of random numbers for a place (SplitMix64).
class Chance {
 public:
  Chance(std::uint64_t seed, std::initializer_list<std::uint64_t> place) : state_(seed) {
    for (const std::uint64_t part : place) state_ = next() ^ (part * 0x9E3779B97F4A7C15U);
  }
  std::uint64_t next() {
    std::uint64_t mixed = state_ += 0x9E3779B97F4A7C15U;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
    return mixed ^ (mixed >> 31U);
  }
  // From 0 up to but not 1.
  double share() { return static_cast<double>(next() >> 11U) * 0x1p-53; }
  std::int64_t up_to(std::int64_t last) {
    return static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(last + 1));
  }
  bool of_1000(std::int64_t many) { return up_to(999) < many; }
  // With each factor as likely as its inverse: as many between 500 and 1,000 as between 1,000 and
  // 2,000.
  std::int64_t log_uniform(double least, double most) {
    return std::llround(least * std::pow(most / least, share()));
  }
  // By the median and the logarithm's standard deviation.
  std::int64_t log_normal(double median, double deviation) {
    const double radius = std::sqrt(-2 * std::log(1 - share()));
    return std::llround(median *
                        std::exp(deviation * radius * std::cos(6.283185307179586 * share())));
  }

 private:
  std::uint64_t state_;
};

} // namespace wayfare::conversations
