#include "values/booking.hpp"

#include <string_view>

namespace wayfare {

static constexpr char base32[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

Uid Uid::make(std::uint64_t unix_ms, const std::array<std::uint8_t, 10>& chance) noexcept {
  Uid uid;
  for (int at = 0; at < 6; ++at)
    uid.bytes[at] = static_cast<std::uint8_t>(unix_ms >> (8 * (5 - at)));
  for (int at = 0; at < 10; ++at) uid.bytes[6 + at] = chance[at];
  return uid;
}

// Each character has five bits. 26 characters have 130 bits for 128, so the first character has
// three bits. The fourteenth has four bits of the lower half and one bit of the upper half.
void Uid::write(char* to) const noexcept {
  std::uint64_t high = 0, low = 0;
  for (std::size_t at = 0; at < 8; ++at) high = high << 8 | bytes[at];
  for (std::size_t at = 8; at < 16; ++at) low = low << 8 | bytes[at];
  for (std::size_t at = 26; at-- > 14; low >>= 5) to[at] = base32[low & 31];
  to[13] = base32[low | (high & 1) << 4];
  high >>= 1;
  for (std::size_t at = 13; at-- > 0; high >>= 5) to[at] = base32[high & 31];
}

std::string Uid::text() const {
  std::string out(text_size, '0');
  write(out.data());
  return out;
}

std::optional<Uid> Uid::parse(std::string_view text) noexcept {
  if (text.size() != text_size) return std::nullopt;
  Uid uid;
  for (int character = 0; character < 26; ++character) {
    const auto five = std::string_view(base32).find(text[character]);
    if (five == std::string_view::npos || (character == 0 && five > 7)) return std::nullopt;
    for (int at = 0; at < 5; ++at) {
      const int bit = character * 5 - 2 + at;
      if (bit >= 0 && (five >> (4 - at) & 1) != 0)
        uid.bytes[bit / 8] = static_cast<std::uint8_t>(uid.bytes[bit / 8] | 0x80 >> bit % 8);
    }
  }
  return uid;
}

} // namespace wayfare
