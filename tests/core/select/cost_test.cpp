// Prices, exact: read, compared, multiplied, and what stands in for them under conditions.

#include <limits>
#include <random>
#include <string>

#include "select/cost.hpp"
#include "support/catch.hpp"

using namespace wayfare;
using namespace wayfare::select;

namespace {

Price price(const char* text) { return Price::parse(text).value(); }

std::string cost(const Prices& prices, const Usage& usage) {
  const auto amount = cost_of(prices, usage);
  return amount ? amount->text() : "unknown";
}

constexpr Seconds monday_noon = 1'790'596'800; // 2026-09-28 12:00 UTC

} // namespace

TEST_CASE("a price is read whole, whatever its length, and is the same by value") {
  for (const char* text : {"0", "1", "0.5", "0.00000015", "0.0000000208333333333333", "123.456",
                           "9223372036854775807"})
    CHECK(price(text).text() == text);
  CHECK(price("0.100000000000000000000000000000000000000000") == price("0.1"));
  CHECK(price("0.10").text() == "0.1");
  CHECK(price("00.5").text() == "0.5");
  CHECK(price("0.1") > price("0.09999999999999999"));
  CHECK(price("1") < price("9223372036854775807"));
  CHECK(price("1e-06").text() == "0.000001");
  CHECK(price("2.5E-7").text() == "0.00000025");
  CHECK(price("1e3").text() == "1000");
  CHECK(price("0e9").text() == "0");
  CHECK(price("0.0000000000000000000001") > price("0"));
  for (const char* none : {"", "-1", "-0.5", "1e", "1e-", "e5", "1e30", "1e-40", ".5", "1.",
                           "1.2.3", "x", "0x1", "9223372036854775808", " 1",
                           "0.00000000000000000000000000000001", "1.2345678901234567890123"})
    CHECK_FALSE(Price::parse(none));
}

TEST_CASE("a product is rounded once: half to even for a cost, up for a bound") {
  CHECK(times(price("0.0000000000005"), 1)->picodollars == 0);
  CHECK(times(price("0.0000000000005"), 3)->picodollars == 2);
  CHECK(times(price("0.0000000000005"), 1, true)->picodollars == 1);
  CHECK(times(price("0.0000000000015"), 1)->picodollars == 2);
  CHECK(times(price("0.0000000208333333333333"), 1'000'000)->text() == "0.020833333333");
  CHECK(times(price("0.0000000208333333333333"), 1'000'000, true)->text() == "0.020833333334");
  CHECK(times(price("0"), 1'000'000'000)->picodollars == 0);
  CHECK_FALSE(times(price("9223372"), 1'000'000)); // beyond an amount
}

TEST_CASE("the cost of a usage, as the API bills it") {
  const Prices sonnet{.prompt = price("0.000003"),
                      .completion = price("0.000015"),
                      .cache_read = price("0.0000003"),
                      .cache_write = price("0.00000375")};
  CHECK(cost(sonnet, {.prompt_tokens = 2649,
                      .completion_tokens = 100,
                      .cached_tokens = 2569,
                      .cache_write_tokens = 79}) == "0.00256995");
  // Some count the same tokens as cached and as written.
  CHECK(cost(sonnet, {.prompt_tokens = 100,
                      .completion_tokens = 0,
                      .cached_tokens = 90,
                      .cache_write_tokens = 90}) == "0.0003945");
  CHECK(cost(sonnet, {.prompt_tokens = 10, .completion_tokens = 0}) == "0.00003");
  CHECK(cost({.prompt = price("0"), .completion = price("0")},
             {.prompt_tokens = 10, .completion_tokens = 5}) == "0");
  CHECK(cost({.prompt = price("0.1"), .completion = price("0.2"), .request = price("0.005")},
             {.prompt_tokens = 1, .completion_tokens = 1}) == "0.305");
}

TEST_CASE("what is not known is not zero") {
  const Prices bare{.prompt = price("0.000003"), .completion = price("0.000015")};
  CHECK(cost(bare, {.prompt_tokens = 10}) == "unknown");
  CHECK(cost(bare, {.completion_tokens = 10}) == "unknown");
  CHECK(cost({.prompt = price("1")}, {.prompt_tokens = 1, .completion_tokens = 1}) == "unknown");
  CHECK(cost(bare, {.prompt_tokens = 10, .completion_tokens = 1, .cached_tokens = 5}) == "unknown");
  CHECK(cost(bare, {.prompt_tokens = -1, .completion_tokens = 1}) == "unknown");
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  const Prices caching{.prompt = price("1"),
                       .completion = price("1"),
                       .cache_read = price("0"),
                       .cache_write = price("0")};
  CHECK(cost(caching, {.prompt_tokens = most,
                       .completion_tokens = 0,
                       .cached_tokens = most,
                       .cache_write_tokens = most}) == "0");
  CHECK(cost(caching, {.prompt_tokens = 1,
                       .completion_tokens = 0,
                       .cached_tokens = -most,
                       .cache_write_tokens = -most}) == "unknown");
}

TEST_CASE("prices by prompt size, time of day and day of the week: the later one goes before") {
  Model model{.prices = {.prompt = price("1"), .completion = price("2")}};
  model.overrides = {
      {.above_prompt_tokens = 32'000, .prices = {.prompt = price("3")}},
      {.above_prompt_tokens = 256'000, .prices = {.prompt = price("5"), .completion = price("7")}}};
  const auto prompt_at = [&](std::int64_t tokens, Seconds now = monday_noon) {
    return prices_at(model, tokens, now).prompt->text();
  };
  CHECK(prompt_at(32'000) == "1"); // strictly more
  CHECK(prompt_at(32'001) == "3");
  CHECK(prompt_at(300'000) == "5");
  // what it does not name stays
  CHECK(prices_at(model, 32'001, monday_noon).completion->text() == "2");

  model.overrides = {{.utc_start = 2200, .utc_end = 600, .prices = {.prompt = price("0.5")}}};
  CHECK(prompt_at(1, monday_noon) == "1");
  CHECK(prompt_at(1, monday_noon + 10 * 3600) == "0.5");      // 22:00
  CHECK(prompt_at(1, monday_noon + 10 * 3600 - 1) == "1");    // 21:59:59
  CHECK(prompt_at(1, monday_noon + 18 * 3600 - 60) == "0.5"); // 05:59
  CHECK(prompt_at(1, monday_noon + 18 * 3600) == "1");        // 06:00
  model.overrides = {{.utc_days = {"saturday", "monday"}, .prices = {.prompt = price("9")}}};
  CHECK(prompt_at(1, monday_noon) == "9");
  CHECK(prompt_at(1, monday_noon + 86'400) == "1");
  model.overrides = {{.understood = false, .prices = {.prompt = price("9")}}};
  CHECK(prompt_at(1) == "1");
  CHECK(has_unknown_override(model));
}

TEST_CASE("the dearest is what any override that may apply makes of it") {
  std::mt19937_64 dice(Catch::rngSeed());
  for (int round = 0; round < 2000; ++round) {
    Model model{.prices = {.prompt = Price{static_cast<std::int64_t>(dice() % 1000), 6},
                           .completion = Price{static_cast<std::int64_t>(dice() % 1000), 6}}};
    for (auto left = dice() % 4; left > 0; --left) {
      PriceOverride special{
          .understood = dice() % 5 != 0,
          .prices = {.prompt = Price{static_cast<std::int64_t>(dice() % 1000), 6}}};
      if (dice() % 2) special.above_prompt_tokens = static_cast<std::int64_t>(dice() % 1000);
      if (dice() % 3 == 0)
        special.utc_start = static_cast<int>(dice() % 2400),
        special.utc_end = static_cast<int>(dice() % 2400);
      model.overrides.push_back(special);
    }
    const auto most = static_cast<std::int64_t>(dice() % 1000);
    const Prices dear = dearest(model, most);
    for (int look = 0; look < 20; ++look) {
      const auto tokens = static_cast<std::int64_t>(dice() % static_cast<std::uint64_t>(most + 1));
      const Seconds now = monday_noon + static_cast<Seconds>(dice() % 700'000);
      const Prices prices = prices_at(model, tokens, now);
      CHECK(*prices.prompt <= *dear.prompt);
      CHECK(*prices.completion <= *dear.completion);
    }
  }
}
