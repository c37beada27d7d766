// Decimal numbers as digits, to compare wayfare's arithmetic with: slow, and without a limit.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace fuzz {

// digits * 10^exponent. Without zeros at either end of the digits; zero has no digits.
struct Decimal {
  std::string digits;
  std::int64_t exponent = 0;

  bool operator==(const Decimal&) const = default;

  void trim() {
    digits.erase(0, digits.find_first_not_of('0'));
    while (digits.ends_with('0')) {
      digits.pop_back();
      ++exponent;
    }
    if (digits.empty()) exponent = 0;
  }

  // Reads digits, ".digits" and "e+-digits", of which the last two may be absent.
  static std::optional<Decimal> read(std::string_view text) {
    Decimal read;
    std::size_t at = 0;
    const auto digits = [&](std::string& to) {
      const std::size_t from = at;
      while (at < text.size() && text[at] >= '0' && text[at] <= '9') to += text[at++];
      return at > from;
    };
    if (!digits(read.digits)) return std::nullopt;
    if (at < text.size() && text[at] == '.') {
      const std::size_t point = ++at;
      if (!digits(read.digits)) return std::nullopt;
      read.exponent = -static_cast<std::int64_t>(at - point);
    }
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
      const bool negative = ++at < text.size() && text[at] == '-';
      if (negative || (at < text.size() && text[at] == '+')) ++at;
      std::string written;
      if (!digits(written)) return std::nullopt;
      written.erase(0, std::min(written.find_first_not_of('0'), written.size()));
      const std::int64_t by = written.empty()      ? 0
                              : written.size() > 9 ? 1'000'000'000
                                                   : std::stoll(written);
      read.exponent += negative ? -by : by;
    }
    if (at != text.size()) return std::nullopt;
    read.trim();
    return read;
  }

  // Of two numbers without zeros at the ends of their digits.
  bool operator<(const Decimal& other) const {
    if (digits.empty() || other.digits.empty()) return digits.empty() && !other.digits.empty();
    const auto size = static_cast<std::int64_t>(digits.size()) + exponent;
    const auto others = static_cast<std::int64_t>(other.digits.size()) + other.exponent;
    return size != others ? size < others : digits < other.digits;
  }

  // In units of 10^-12, rounded half to even, or up. Nothing where that does not fit.
  std::optional<std::int64_t> picounits(bool up = false) const {
    const std::int64_t shift = exponent + 12;
    if (digits.empty()) return 0;
    const auto size = static_cast<std::int64_t>(digits.size());
    if (size + shift > 19) return std::nullopt;
    const auto kept = static_cast<std::size_t>(std::clamp<std::int64_t>(size + shift, 0, size));
    std::string whole = digits.substr(0, kept), cut = digits.substr(kept);
    if (shift > 0) whole.append(static_cast<std::size_t>(shift), '0');
    std::uint64_t value = whole.empty() ? 0 : std::stoull(whole);
    // The part that is cut off has zeros before it where the number is smaller than a tenth.
    if (size + shift < 0) cut.insert(0, 1, '0');
    cut.erase(cut.find_last_not_of('0') + 1);
    const bool is_half = cut == "5";
    if (up ? !cut.empty() : (is_half ? value % 2 == 1 : cut > "5")) ++value;
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      return std::nullopt;
    return static_cast<std::int64_t>(value);
  }
};

} // namespace fuzz
