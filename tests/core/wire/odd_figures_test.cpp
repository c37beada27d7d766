// Figures that cannot be right, and figures in odd forms.
#include <string>

#include "select/cost.hpp"
#include "support/catch.hpp"
#include "support/read_answer.hpp"

using namespace wayfare;
using namespace answers;

namespace {

Read with_usage(const std::string& members) {
  return read(
      R"({"id":"gen-1","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},)"
      R"("finish_reason":"stop"}],"usage":{)" +
          members + "}}",
      false);
}

} // namespace

TEST_CASE("a cost that cannot be right is not known, and a warning has its text") {
  for (const std::string cost :
       {"100000.000001", "1e12", "99999999999999999999", "-1", "\"much\"", "1e400"}) {
    INFO(cost);
    const Reply reply =
        with_usage(R"("prompt_tokens":1,"completion_tokens":2,"cost":)" + cost).reply;
    CHECK_FALSE(reply.cost);
    CHECK(reply.cost_source == CostSource::none);
    REQUIRE(reply.warnings.size() == 1);
    const std::string text = cost.front() == '"' ? "much" : cost;
    CHECK(reply.warnings[0] ==
          "the server told " + text + " for cost, which cannot be right: the cost is not known");
    CHECK(reply.usage.prompt_tokens == 1);
  }
  CHECK(with_usage(R"("cost":100000)").reply.cost == Amount::parse("100000"));
}

TEST_CASE("a count that cannot be right is not known, and a warning has its text") {
  const Reply reply =
      with_usage(R"("prompt_tokens":1000000000001,"completion_tokens":1e30,"cost":1)").reply;
  CHECK(reply.cost == Amount::parse("1"));
  CHECK_FALSE(reply.usage.prompt_tokens);
  CHECK_FALSE(reply.usage.completion_tokens);
  REQUIRE(reply.warnings.size() == 2);
  CHECK(reply.warnings[0] ==
        "the server told 1000000000001 for prompt_tokens, which cannot be "
        "right: the count is not known");
  CHECK(with_usage(R"("prompt_tokens":1000000000000)").reply.usage.prompt_tokens ==
        1'000'000'000'000);
}

TEST_CASE("a cost of minus zero is zero") {
  for (const char* cost : {"-0", "-0.0", "-0e5", "\"-0.000\""}) {
    const Reply reply = with_usage(std::string(R"("cost":)") + cost).reply;
    CHECK(reply.cost == Amount{});
    CHECK(reply.warnings.empty());
  }
}

TEST_CASE("tokens other than text have their own prices in a computed cost, or it is not known") {
  Prices prices;
  prices.prompt = Price::parse("0.000003");
  prices.completion = Price::parse("0.00002");
  prices.audio = Price::parse("0.00003");
  prices.audio_output = Price::parse("0.0001");
  prices.image_output = Price::parse("0.0004");
  const Usage heard{.prompt_tokens = 1000, .completion_tokens = 10, .prompt_audio_tokens = 900};
  CHECK(select::cost_of(prices, heard) == Amount::parse("0.0275")); // 100 of text, 900 of audio
  const Usage answered{.prompt_tokens = 100,
                       .completion_tokens = 10,
                       .completion_audio_tokens = 4,
                       .completion_image_tokens = 5};
  CHECK(select::cost_of(prices, answered) == Amount::parse("0.00272"));
  const auto unknown = [&](Usage usage) {
    usage.prompt_tokens = 100;
    usage.completion_tokens = 10;
    return !select::cost_of(prices, usage).has_value();
  };
  CHECK(unknown({.prompt_image_tokens = 1}));
  CHECK(unknown({.prompt_video_tokens = 1}));
  CHECK(unknown({.searches = 1}));                                // without a price
  CHECK(unknown({.cached_tokens = 1, .prompt_audio_tokens = 1})); // which of them are cached?
  CHECK(unknown({.prompt_audio_tokens = 101}));
  CHECK(unknown({.completion_audio_tokens = 11}));
  prices.audio.reset();
  CHECK(unknown({.prompt_audio_tokens = 1}));
}
