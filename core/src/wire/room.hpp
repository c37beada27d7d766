// Limits what is kept of one answer: so many bytes, and so many items of each list. Pure.
#pragma once

#include <cstddef>
#include <cstdint>

namespace wayfare::wire {

class Room {
 public:
  static constexpr std::size_t bytes_max = std::size_t{64} << 20;
  static constexpr std::size_t items_max = 16'384; // of a list, and members of an object

  // An item, a member and such count so much beside their bytes: at least what they take in memory.
  static constexpr std::size_t item_size = 256;
  static constexpr std::size_t call_size = 1024;
  static constexpr std::size_t choice_size = 2048;

  // Counts what is kept. Bytes are kept even where they pass the limit: the reader then ends the
  // answer.
  void take(std::size_t bytes) noexcept { kept_ += bytes; }
  void give_back(std::size_t bytes) noexcept { kept_ -= bytes; }

  // Whether a list of `size` items may have one more. If not, the rest of the list is left out.
  bool fits(std::size_t size) noexcept {
    const bool fits = size < items_max && kept_ <= bytes_max;
    has_left_out_ = has_left_out_ || !fits;
    return fits;
  }
  std::size_t kept() const noexcept { return kept_; }
  bool has_left_out() const noexcept { return has_left_out_; }

 private:
  std::size_t kept_ = 0;
  bool has_left_out_ = false;
};

} // namespace wayfare::wire
