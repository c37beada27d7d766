#include <wayfare/money.hpp>

#include <limits>

#include "values/digit.hpp"

namespace wayfare {

namespace {

constexpr int decimals = 12; // the decimals of a picodollar

// Drops the last digits of `value`, rounding half to even. `next` is the digit that followed
// `value`. `lost` tells whether any digit after that one is not zero.
std::uint64_t round_half_even(std::uint64_t value, int dropped, unsigned next, bool lost) {
  for (; dropped > 0 && (value != 0 || next != 0); --dropped) {
    lost = lost || next != 0;
    next = static_cast<unsigned>(value % 10);
    value /= 10;
  }
  return value + (next > 5 || (next == 5 && (lost || value % 2 == 1)) ? 1 : 0);
}

} // namespace

std::optional<Amount> Amount::parse(std::string_view text) noexcept {
  // The grammar of JSON for a number that is not negative: digits, ".digits", "e+-digits".
  std::size_t at = 0;
  const auto peek = [&] { return at < text.size() ? text[at] : '\0'; };

  // The first 19 digits count, because the range has 19 digits. For the digits after them it is
  // enough to know the first one, their number, and whether any of them is not zero.
  constexpr int kept_max = 19;
  std::uint64_t mantissa = 0;
  unsigned next = 0;
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
        if (kept == kept_max)
          next = static_cast<unsigned>(peek() - '0');
        else
          lost = lost || peek() != '0';
        kept = kept_max + 1;
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
  constexpr auto limit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  for (; shift > 0; --shift) {
    if (mantissa > limit / 10) return std::nullopt;
    mantissa *= 10;
  }
  mantissa = round_half_even(mantissa, -shift, next, lost);
  if (mantissa > limit) return std::nullopt;
  return Amount{static_cast<std::int64_t>(mantissa)};
}

std::string Amount::text() const {
  const bool negative = picodollars < 0;
  const auto value = negative ? 0 - static_cast<std::uint64_t>(picodollars)
                              : static_cast<std::uint64_t>(picodollars);
  constexpr std::uint64_t dollar = 1'000'000'000'000;
  std::string fraction = std::to_string(value % dollar);
  fraction.insert(0, decimals - fraction.size(), '0');
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return (negative ? "-" : "") + std::to_string(value / dollar) +
         (fraction.empty() ? "" : "." + fraction);
}

} // namespace wayfare
