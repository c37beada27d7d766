// Exact US dollars.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wayfare {

// A signed whole number of picodollars (1e-12 USD), read from and written to decimal text, never through a double. OpenRouter
// bills in doubles printed in decimal; rounded to 1e-12 they give back the exact sum. The range is +-9.2 million dollars.
struct Amount {
  std::int64_t picodollars = 0;

  // Reads "0.00215798", "7.634e-05", "3"; what is finer than 1e-12 is rounded half to even. Nothing for what is not a decimal
  // number, is negative (the API's "-1" means: no price), or passes the range.
  static std::optional<Amount> parse(std::string_view decimal) noexcept;

  // The shortest exact decimal text in dollars, without exponent: "0.00215798", "0", "-0.5".
  std::string text() const;

  auto operator<=>(const Amount&) const = default;
};

} // namespace wayfare
