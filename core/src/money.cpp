#include <wayfare/money.hpp>

#include <limits>

namespace wayfare {

namespace {

constexpr int decimals = 12; // of a picodollar

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Drops the last digits of `value`, rounding half to even; `lost` tells whether digits below those were dropped before.
std::int64_t round_half_even(std::uint64_t value, int dropped, bool lost) {
  for (; dropped > 1 && value != 0; --dropped) {
    lost = lost || value % 10 != 0;
    value /= 10;
  }
  const auto last = value % 10;
  value /= 10;
  if (dropped > 1) return 0;
  if (last > 5 || (last == 5 && (lost || value % 2 == 1))) ++value;
  return static_cast<std::int64_t>(value);
}

}  // namespace

std::optional<Amount> Amount::parse(std::string_view text) noexcept {
  // JSON's grammar for a number that is not negative: digits, ".digits", "e+-digits".
  std::size_t at = 0;
  const auto peek = [&] { return at < text.size() ? text[at] : '\0'; };

  // The first 18 digits count; of the others only how many there are, and whether any is not zero.
  constexpr int kept_max = 18;
  std::uint64_t mantissa = 0;
  int kept = 0, exponent = 0;
  bool lost = false, some = false;
  const auto take = [&](bool fraction) {
    for (; is_digit(peek()); ++at) {
      some = true;
      if (kept < kept_max) {
        mantissa = mantissa * 10 + static_cast<std::uint64_t>(peek() - '0');
        if (mantissa != 0) ++kept;
        if (fraction) --exponent;
      } else {
        lost = lost || peek() != '0';
        if (!fraction) ++exponent;
      }
      if (exponent > 1'000'000 || exponent < -1'000'000) return false;
    }
    return true;
  };
  if (!take(false) || !some) return std::nullopt;
  if (peek() == '.') {
    ++at;
    some = false;
    if (!take(true) || !some) return std::nullopt;
  }
  if (peek() == 'e' || peek() == 'E') {
    ++at;
    const bool negative = peek() == '-';
    if (peek() == '-' || peek() == '+') ++at;
    if (!is_digit(peek())) return std::nullopt;
    int written = 0;
    for (; is_digit(peek()); ++at)
      if (written < 1'000'000) written = written * 10 + (peek() - '0');
    exponent += negative ? -written : written;
  }
  if (at != text.size()) return std::nullopt;
  if (mantissa == 0) return Amount{0};

  int shift = exponent + decimals;
  if (shift < 0) return Amount{round_half_even(mantissa, -shift, lost)};
  constexpr auto limit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  for (; shift > 0; --shift) {
    if (mantissa > limit / 10) return std::nullopt;
    mantissa *= 10;
  }
  return Amount{static_cast<std::int64_t>(mantissa)};
}

std::string Amount::text() const {
  const bool negative = picodollars < 0;
  const auto value = negative ? 0 - static_cast<std::uint64_t>(picodollars) : static_cast<std::uint64_t>(picodollars);
  constexpr std::uint64_t dollar = 1'000'000'000'000;
  std::string fraction = std::to_string(value % dollar);
  fraction.insert(0, decimals - fraction.size(), '0');
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return (negative ? "-" : "") + std::to_string(value / dollar) + (fraction.empty() ? "" : "." + fraction);
}

}  // namespace wayfare
