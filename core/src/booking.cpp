#include "booking.hpp"

#include <string_view>

namespace wayfare {

std::string_view name(State state) noexcept {
  switch (state) {
    case State::reserved: return "reserved";
    case State::settled: return "settled";
    case State::voided: return "void";
    case State::unknown: return "unknown";
  }
  return "";
}

std::string_view name(CostSource source) noexcept {
  switch (source) {
    case CostSource::none: return "none";
    case CostSource::response: return "response";
    case CostSource::generation: return "generation";
    case CostSource::bound: return "bound";
    case CostSource::computed: return "computed";
  }
  return "";
}

std::string_view name(Window window) noexcept {
  switch (window) {
    case Window::hour: return "hour";
    case Window::day: return "day";
    case Window::week: return "week";
    case Window::month: return "month";
    case Window::lifetime: return "lifetime";
  }
  return "";
}

std::string_view name(BudgetMode mode) noexcept { return mode == BudgetMode::hard ? "hard" : "soft"; }

static constexpr std::string_view base32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

Uid Uid::make(std::uint64_t unix_ms, const std::array<std::uint8_t, 10>& chance) noexcept {
  Uid uid;
  for (int at = 0; at < 6; ++at) uid.bytes[at] = static_cast<std::uint8_t>(unix_ms >> (8 * (5 - at)));
  for (int at = 0; at < 10; ++at) uid.bytes[6 + at] = chance[at];
  return uid;
}

// 130 bits for 128: the first character holds three.
std::string Uid::text() const {
  std::string out(26, '0');
  unsigned bits = 0, count = 2; // those that are not yet written; the two that there are too many
  auto character = out.begin();
  for (const std::uint8_t byte : bytes) {
    bits = bits << 8 | byte;
    for (count += 8; count >= 5; ++character) *character = base32[bits >> (count -= 5) & 31];
  }
  return out;
}

std::optional<Uid> Uid::parse(std::string_view text) noexcept {
  if (text.size() != 26) return std::nullopt;
  Uid uid;
  for (int character = 0; character < 26; ++character) {
    const auto five = base32.find(text[character]);
    if (five == base32.npos || (character == 0 && five > 7)) return std::nullopt;
    for (int at = 0; at < 5; ++at) {
      const int bit = character * 5 - 2 + at;
      if (bit >= 0 && (five >> (4 - at) & 1) != 0) uid.bytes[bit / 8] = static_cast<std::uint8_t>(uid.bytes[bit / 8] | 0x80 >> bit % 8);
    }
  }
  return uid;
}

} // namespace wayfare
