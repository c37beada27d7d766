#include <wayfare/money.hpp>

#include <algorithm>

#include "values/digit.hpp"
#include "values/sums.hpp"

namespace wayfare {

namespace {

constexpr int scale_max = 30;

// Reads "e-06" and the like at the end of `text`, and takes it off. Nothing where it cannot be
// read.
std::optional<int> take_exponent(std::string_view& text) {
  const auto mark = text.find_first_of("eE");
  if (mark == text.npos) return 0;
  std::string_view digits = text.substr(mark + 1);
  text = text.substr(0, mark);
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  if (digits.empty() || digits.size() > 4 || !std::ranges::all_of(digits, is_digit))
    return std::nullopt;
  int exponent = 0;
  for (const char digit : digits) exponent = exponent * 10 + (digit - '0');
  return negative ? -exponent : exponent;
}

} // namespace

std::optional<Price> Price::parse(std::string_view text) noexcept {
  const auto exponent = take_exponent(text);
  if (!exponent) return std::nullopt;
  Price price;
  bool some = false, fraction = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '.' && !fraction && some && at + 1 < text.size()) {
      fraction = true;
      continue;
    }
    if (!is_digit(text[at])) return std::nullopt;
    some = true;
    // Ignores any number of zeros at the end of a fraction.
    if (fraction && text.find_first_not_of('0', at) == text.npos) break;
    if (__builtin_mul_overflow(price.mantissa, std::int64_t{10}, &price.mantissa) ||
        __builtin_add_overflow(price.mantissa, std::int64_t{text[at] - '0'}, &price.mantissa))
      return std::nullopt;
    if (fraction && ++price.scale > scale_max) return std::nullopt;
  }
  if (!some) return std::nullopt;
  if (price.mantissa == 0) return Price{};
  price.scale -= *exponent;
  for (; price.scale < 0; ++price.scale)
    if (__builtin_mul_overflow(price.mantissa, std::int64_t{10}, &price.mantissa))
      return std::nullopt;
  for (; price.scale > 0 && price.mantissa % 10 == 0; --price.scale) price.mantissa /= 10;
  if (price.scale > scale_max) return std::nullopt;
  return price;
}

std::string Price::text() const {
  std::string digits = std::to_string(mantissa);
  if (scale == 0) return digits;
  if (digits.size() <= static_cast<std::size_t>(scale))
    digits.insert(0, static_cast<std::size_t>(scale) + 1 - digits.size(), '0');
  digits.insert(digits.size() - static_cast<std::size_t>(scale), 1, '.');
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') digits.pop_back();
  return digits;
}

Price Price::from_per_million() const noexcept { return {mantissa, scale + 6}; }

Price Price::per_million() const noexcept {
  Price price{mantissa, scale - 6};
  // The scale is below zero if a token costs a thousandth of a dollar or more.
  for (; price.scale < 0; ++price.scale)
    if (__builtin_mul_overflow(price.mantissa, std::int64_t{10}, &price.mantissa))
      return {sum_max, 0};
  return price;
}

std::strong_ordering Price::operator<=>(const Price& other) const noexcept {
  // Brings the price with the smaller scale to the scale of the other. If it then no longer fits,
  // it is the larger price.
  Wide mine = mantissa, theirs = other.mantissa;
  for (int at = scale; at < other.scale; ++at)
    if (__builtin_mul_overflow(mine, Wide{10}, &mine)) return std::strong_ordering::greater;
  for (int at = other.scale; at < scale; ++at)
    if (__builtin_mul_overflow(theirs, Wide{10}, &theirs)) return std::strong_ordering::less;
  return mine <=> theirs;
}

} // namespace wayfare
