// Exact US dollars.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wayfare {

// A signed whole number of picodollars (1e-12 USD), read from and written to decimal text, never
// through a double. OpenRouter bills in doubles printed in decimal; rounded to 1e-12 they give back
// the exact sum. The range is +-9.2 million dollars.
struct Amount {
  std::int64_t picodollars = 0;

  // Reads "0.00215798", "7.634e-05", "3"; what is finer than 1e-12 is rounded half to even. Nothing
  // for what is not a decimal number, is negative (the API's "-1" means: no price), or passes the
  // range.
  static std::optional<Amount> parse(std::string_view decimal) noexcept;

  // The shortest exact decimal text in dollars, without exponent: "0.00215798", "0", "-0.5".
  std::string text() const;

  auto operator<=>(const Amount&) const = default;
};

// A price per unit, exact as it is written: mantissa * 10^-scale dollars, never below zero.
struct Price {
  std::int64_t mantissa = 0;
  int scale = 0; // 0 to 30

  // Reads a decimal such as "0.0000000208333333333333" or "2.5e-06". Nothing for a text that is
  // negative (the API's "-1" means: it varies), that is not a number, or that has more digits than
  // fit.
  static std::optional<Price> parse(std::string_view decimal) noexcept;

  // The shortest decimal text, without exponent.
  std::string text() const;

  // Catalogues have prices per token, people and limits per million of them.
  Price per_million() const noexcept;      // of a price per token
  Price from_per_million() const noexcept; // the price per token of one per million

  // By value: 0.10 is 0.1.
  std::strong_ordering operator<=>(const Price& other) const noexcept;
  bool operator==(const Price& other) const noexcept { return (*this <=> other) == 0; }
};

} // namespace wayfare
