// How far two names are apart.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace wayfare {

// Tells how many letters have to be changed, added or left out (Levenshtein) to make a name another
// name. Looks at the first 64 letters of the name, and computes a column of the table in one step,
// whose differences are bits (Myers, 1999; Hyyrö, 2003).
class Distance {
 public:
  explicit Distance(std::string_view from) : size_(std::min(from.size(), letters_max)) {
    for (std::size_t at = 0; at < size_; ++at)
      places_[static_cast<unsigned char>(from[at])] |= std::uint64_t{1} << at;
  }
  std::size_t to(std::string_view name) const {
    if (size_ == 0) return name.size();
    const std::uint64_t last = std::uint64_t{1} << (size_ - 1);
    std::uint64_t more = ~std::uint64_t{0}, less = 0; // by one than the row above
    std::size_t distance = size_;
    for (const char c : name.substr(0, letters_max)) {
      const std::uint64_t equal = places_[static_cast<unsigned char>(c)];
      const std::uint64_t diagonal = (((equal & more) + more) ^ more) | equal | less;
      std::uint64_t right_more = less | ~(diagonal | more), right_less = more & diagonal;
      if ((right_more & last) != 0) ++distance;
      if ((right_less & last) != 0) --distance;
      right_more = right_more << 1 | 1;
      right_less <<= 1;
      more = right_less | ~(diagonal | right_more);
      less = right_more & diagonal;
    }
    return distance;
  }

 private:
  static constexpr std::size_t letters_max = 64;
  std::size_t size_;
  std::array<std::uint64_t, 256> places_{}; // of each letter in the name
};

} // namespace wayfare
