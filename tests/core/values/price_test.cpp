// Prices by the token and by a million of tokens, up to the largest ones, and sums of amounts.
#include <limits>
#include <string>

#include <wayfare/money.hpp>

#include "support/catch.hpp"
#include "values/sums.hpp"

using namespace wayfare;

namespace {

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

Price price(const std::string& text) { return Price::parse(text).value(); }

} // namespace

TEST_CASE("a price per million is exact, or the largest one") {
  CHECK(price("0.000005").per_million() == price("5"));
  CHECK(price("5").per_million() == price("5000000"));
  CHECK(price("9223372036854").per_million().text() == "9223372036854000000");
  for (const char* text : {"9223372036855", "18446744073710", "1000000000000000000",
                           "9223372036854775807", "9223372036854775806"}) {
    INFO(text);
    CHECK(price(text).per_million() == Price{most, 0});
  }
  CHECK(price("922337203685477580.7").per_million() == Price{most, 0});
  CHECK(price("9223372036854.775807").per_million() == Price{most, 0}); // exactly
  CHECK(price("0").per_million() == Price{});
}

TEST_CASE("a price per token has more decimals, and is compared exactly") {
  const Price least = price("0.000000000000000000000000000001");
  CHECK(least.from_per_million().text() == "0.000000000000000000000000000000000001");
  CHECK(least.from_per_million().per_million() == least);
  CHECK(least.from_per_million() < least);
  CHECK(Price{} < least.from_per_million());
  CHECK(least.from_per_million() < Price{most, 0});
  CHECK(Price{most, 0} > least.from_per_million());
  CHECK(Price{most, 0}.from_per_million() < Price{most, 0});
  CHECK(Price{most, 30} < Price{most, 29});
}

TEST_CASE("a sum of amounts stays at the largest number on both sides") {
  CHECK(sum_of(Amount{most}, Amount{1}) == Amount{most});
  CHECK(sum_of(Amount{most - 1}, Amount{1}) == Amount{most});
  CHECK(sum_of(Amount{most - 2}, Amount{1}) == Amount{most - 1});
  CHECK(difference_of(Amount{-most}, Amount{1}) == Amount{-most});
  CHECK(difference_of(Amount{}, Amount{std::numeric_limits<std::int64_t>::min()}) == Amount{most});
  CHECK(difference_of(Amount{5}, Amount{7}) == Amount{-2});
  CHECK(is_saturated(sum_of(Amount{most}, Amount{most})));
  CHECK_FALSE(is_saturated(Amount{most - 1}));
}
