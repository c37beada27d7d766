// Patterns of the models that a policy allows.
#include <random>
#include <regex>
#include <string>
#include <vector>

#include "select/patterns.hpp"
#include "select/ranking.hpp"
#include "support/catch.hpp"
#include "support/environment.hpp"

using namespace wayfare;
using namespace wayfare::select;

namespace {

Model priced(const char* id, const char* price) {
  return {.id = id, .prices = {.prompt = Price::parse(price), .completion = Price::parse(price)}};
}

Catalogue some() {
  std::vector<Model> models{
      priced("anthropic/small", "0.000001"), priced("anthropic/small:free", "0"),
      priced("openai/tiny", "0.0000001"),    priced("other/model", "0.0000002"),
      priced("openai/latest", "0.000002"),   priced("openrouter/auto", "0.000003")};
  models[0].canonical_slug = "anthropic/small-2026-01-01";
  models[4].kind = ModelKind::alias;
  models[4].alias_of = "openai/tiny";
  models[5].kind = ModelKind::router;
  return Catalogue(std::move(models));
}

// The models that may serve, in their order.
std::string ranked(const Policy& policy, const std::vector<std::string>& named = {},
                   const Needs& needs = {}) {
  const Catalogue catalogue = some();
  std::string all;
  for (const Ranked& one : rank(needs, named, policy, catalogue, {0, "2026-11-23"}, {}).in)
    all += (all.empty() ? "" : " ") + std::string(one.name);
  return all;
}

} // namespace

TEST_CASE("a * of a pattern stands for any characters") {
  CHECK(matches_pattern("anthropic/*", "anthropic/claude"));
  CHECK_FALSE(matches_pattern("anthropic/*", "openai/anthropic/x"));
  CHECK(matches_pattern("*:free", "a/b:free"));
  CHECK(matches_pattern("*", ""));
  CHECK(matches_pattern("**a**", "a"));
  CHECK_FALSE(matches_pattern("", "a"));
  CHECK(matches_pattern("a*b*c", "a-b-b-c"));
  CHECK_FALSE(matches_pattern("a*b*c", "a-b-b"));
  CHECK_FALSE(matches_pattern("a?c", "abc")); // no other sign has a meaning
}

TEST_CASE("patterns match as a regular expression of the same meaning does") {
  std::mt19937_64 chance(number_from("WAYFARE_SEED", 1));
  for (int round = 0; round < 2000; ++round) {
    std::string pattern, expression, name;
    for (auto left = chance() % 7; left > 0; --left) {
      const char c = "ab*/"[chance() % 4];
      pattern += c;
      expression += c == '*' ? ".*" : std::string(1, c);
    }
    for (auto left = chance() % 9; left > 0; --left) name += "ab/"[chance() % 3];
    CAPTURE(pattern, name);
    CHECK(matches_pattern(pattern, name) == std::regex_match(name, std::regex(expression)));
  }
}

TEST_CASE("a policy takes models by patterns of their names") {
  const Policy cheapest{.sort = Sort::cheapest};
  CHECK(ranked(cheapest) == "openai/tiny other/model anthropic/small");
  CHECK(ranked({.sort = Sort::cheapest, .allow = {"anthropic/*", "other/*"}}) ==
        "other/model anthropic/small");
  CHECK(ranked({.sort = Sort::cheapest, .deny = {"openai/*"}}) == "other/model anthropic/small");
  CHECK(ranked({.sort = Sort::cheapest, .allow = {"*"}, .deny = {"*/tiny", "other/*"}}) ==
        "anthropic/small");
  CHECK(ranked({.sort = Sort::cheapest, .allow = {"nobody/*"}}).empty());
  // Of the models that are named, too, by each of their names.
  CHECK(ranked({.deny = {"*:free"}}, {"anthropic/small:free", "other/model"}) == "other/model");
  CHECK(ranked({.deny = {"openai/tiny"}}, {"openai/tiny:nitro", "openai/latest"}).empty());
  CHECK(ranked({.allow = {"anthropic/small-2026*"}}, {"anthropic/small"}) == "anthropic/small");
  CHECK(ranked({.allow = {"new/*"}}, {"new/unlisted", "other/model"}) == "new/unlisted");
}

TEST_CASE("what the server chooses itself cannot be kept to patterns, and is refused") {
  const Policy policy{.deny = {"openai/*"}};
  CHECK(ranked(policy, {"openrouter/auto", "~openai/gpt-latest", "@preset/mine", ""}).empty());
  Needs needs; // the body's models: the server may take one of them
  needs.other_models = {"openai/tiny"};
  CHECK(ranked(policy, {"other/model"}, needs).empty());
  needs.other_models = {"anthropic/small"};
  CHECK(ranked(policy, {"other/model"}, needs) == "other/model");
}
