// Exact US dollars.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wayfare {

// A signed whole number of picodollars (1e-12 USD). It is read from decimal text and written to
// decimal text, never through a double. OpenRouter bills in doubles that it prints in decimal.
// Rounded to 1e-12 USD, they give the exact sum again. The range is ±9.2 million dollars.
struct Amount {
  std::int64_t picodollars = 0;

  // Reads "0.00215798", "7.634e-05" or "3". Digits below 1e-12 are rounded half to even. Returns
  // nothing if the text is not a decimal number, is negative (the API's "-1" means: no price), or
  // is out of range.
  static std::optional<Amount> parse(std::string_view decimal) noexcept;

  // The shortest exact decimal text in dollars, without exponent: "0.00215798", "0", "-0.5".
  std::string text() const;

  auto operator<=>(const Amount&) const = default;
};

// An exact price per unit: mantissa * 10^-scale dollars, never below zero.
struct Price {
  std::int64_t mantissa = 0;
  int scale = 0; // 0 to 30

  // Reads a decimal such as "0.0000000208333333333333" or "2.5e-06". Returns nothing if the text is
  // not such a number, is negative (the API's "-1" means: the price varies), or has too many
  // digits.
  static std::optional<Price> parse(std::string_view decimal) noexcept;

  // The shortest decimal text, without exponent.
  std::string text() const;

  // The models list has prices per token. Reports and limits have prices per million tokens.
  Price per_million() const noexcept;      // from a price per token
  Price from_per_million() const noexcept; // to a price per token

  // Compares by value: 0.10 equals 0.1.
  std::strong_ordering operator<=>(const Price& other) const noexcept;
  bool operator==(const Price& other) const noexcept { return (*this <=> other) == 0; }
};

} // namespace wayfare
