// The orders of a policy, its quality and its speed; and that no policy ever takes what it may not.
#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "select/cost.hpp"
#include "select/ranking.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/samples.hpp"

using namespace wayfare;
using namespace wayfare::select;

namespace {

const Moment today{1'795'400'000, "2026-11-23"};

Model model(std::string id, const char* price, std::optional<double> intelligence = {},
            std::optional<double> coding = {}) {
  return {.id = std::move(id),
          .context_tokens = 8000,
          .completion_tokens_max = 1000,
          .input_modalities = {"text"},
          .output_modalities = {"text"},
          .parameters = {"tools", "max_tokens"},
          .prices = {.prompt = Price::parse(price), .completion = Price::parse(price)},
          .intelligence = intelligence,
          .coding = coding};
}

Catalogue some() {
  return Catalogue({model("a/small", "0.000001", 20, 60), model("b/large", "0.00001", 60, 50),
                    model("c/plain", "0.000003", 60), model("d/odd", "0.000002")});
}

// A list of endpoints of one model, each with a slug, a price and its speed.
std::shared_ptr<const Endpoints> endpoints(const std::string& id, const std::string& rows) {
  return std::make_shared<const Endpoints>(
      Endpoints::parse(R"({"data":{"id":")" + id + R"(","endpoints":[)" + rows + "]}}").value());
}
std::string row(const std::string& tag, const std::string& price, int first_ms, int rate) {
  return R"({"tag":")" + tag + R"(","provider_name":")" + tag + R"(","pricing":{"prompt":")" +
         price + R"(","completion":")" + price + R"("},"latency_last_30m":{"p50":)" +
         std::to_string(first_ms) + R"(},"throughput_last_30m":{"p50":)" + std::to_string(rate) +
         "}}";
}

EndpointBook speeds() {
  EndpointBook book;
  book.models["a/small"] =
      endpoints("a/small", row("p", "0.000001", 900, 30) + "," + row("q", "0.000004", 400, 25));
  book.models["b/large"] = endpoints("b/large", row("p", "0.00001", 600, 80));
  book.models["c/plain"] = endpoints("c/plain", row("p", "0.000003", 100, 20));
  return book;
}

std::string ranked(const Policy& policy, const std::vector<std::string>& named = {},
                   const Hints& hints = {}, const Needs& needs = {}) {
  std::string names;
  const Catalogue catalogue = some();
  for (const Ranked& one : rank(needs, named, policy, catalogue, today, {}, hints).in)
    names += (names.empty() ? "" : " ") + std::string(one.name);
  return names;
}

std::string reasons(const Policy& policy, const std::vector<std::string>& named = {},
                    const Hints& hints = {}) {
  const Catalogue catalogue = some();
  const Selection told =
      explain(rank({}, named, policy, catalogue, today, {}, hints), {}, policy, catalogue, today);
  std::string lines;
  for (const auto* list : {&told.ranked, &told.out})
    for (const Candidate& one : *list) lines += one.model + ": " + one.reason + "\n";
  return lines;
}

} // namespace

TEST_CASE("the best comes first, and of the same quality the cheaper one") {
  CHECK(ranked({.sort = Sort::best}) == "c/plain b/large a/small d/odd");
  CHECK(ranked({.sort = Sort::best, .quality = Quality::coding}) ==
        "a/small b/large d/odd c/plain");
  CHECK(ranked({.sort = Sort::best, .scores = {{"d/*", 9}, {"*", -1.5}}}) ==
        "d/odd a/small c/plain b/large");
  CHECK(ranked({.sort = Sort::best, .scores = {{"d/odd", 1}, {"d/*", 9}}},
               {"x/unlisted", "d/odd"}) == "d/odd x/unlisted");
  CHECK(reasons({.sort = Sort::best, .scores = {{"d/*", 9.5}}}, {"d/odd", "a/small"}) ==
        "d/odd: its quality is 9.5\na/small: its quality is not known\n");
}

TEST_CASE("a least quality leaves out what is below it or not known") {
  CHECK(ranked({.sort = Sort::cheapest, .min_quality = 60}) == "c/plain b/large");
  CHECK(ranked({.min_quality = 10.5}, {"d/odd", "a/small", "x/unlisted"}) == "a/small");
  CHECK(reasons({.min_quality = 30}, {"a/small", "d/odd"}) ==
        "a/small: its quality of 20 is below min_quality\n"
        "d/odd: its quality is not known, and the policy has a min_quality\n");
}

TEST_CASE("the fixed policy takes the first model alone") {
  CHECK(ranked({.sort = Sort::fixed}, {"b/large", "a/small"}) == "b/large");
  CHECK(reasons({.sort = Sort::fixed}, {"b/large", "a/small"}) ==
        "b/large: named by the request\na/small: the policy takes the first model alone\n");
  CHECK(ranked({.sort = Sort::fixed, .deny = {"b/*"}}, {"b/large", "a/small"}).empty());
}

TEST_CASE("the fastest is that with the fastest provider that may serve") {
  const EndpointBook book = speeds();
  const Hints hints{.endpoints = &book};
  CHECK(ranked({.sort = Sort::fastest}, {}, hints) == "c/plain a/small b/large d/odd");
  CHECK(ranked({.sort = Sort::fastest, .speed = Speed::throughput}, {}, hints) ==
        "b/large a/small c/plain d/odd");
  // Its fast provider is too expensive.
  CHECK(ranked({.sort = Sort::fastest, .max_price = {.prompt = Price::parse("3.5")}}, {}, hints) ==
        "c/plain a/small d/odd");
  CHECK(reasons({.sort = Sort::fastest}, {"a/small", "d/odd"}, hints) ==
        "a/small: 400 ms to the first token\nd/odd: its speed is not known\n");
  CHECK(ranked({.sort = Sort::fastest}) == "a/small d/odd c/plain b/large"); // nothing is known
}

TEST_CASE("the speed that the ledger has seen goes before what the server tells") {
  const EndpointBook book = speeds();
  std::vector<PerformanceRow> seen(2);
  seen[0] = {.model = "b/large", .provider = "p", .answers = 10};
  seen[0].first_token_ms = 50;
  seen[1] = {.model = "c/plain", .provider = "p", .answers = 10};
  seen[1].first_token_ms = 5000;
  const Hints hints{.endpoints = &book, .cache = nullptr, .seen = seen};
  CHECK(ranked({.sort = Sort::fastest}, {}, hints) == "b/large a/small c/plain d/odd");
  seen[0].answers = 9; // too few
  CHECK(ranked({.sort = Sort::fastest}, {}, hints) == "a/small b/large c/plain d/odd");
  // Where no server tells speeds, they are all that is known, also of models without a list.
  seen.push_back({.model = "local", .provider = "", .answers = 12});
  seen.back().first_token_ms = 1;
  CHECK(ranked({.sort = Sort::fastest}, {"c/plain", "local", "d/odd"},
               {.endpoints = nullptr, .cache = nullptr, .seen = seen}) == "local c/plain d/odd");
}

TEST_CASE("where the providers are known, the cost is that of the cheapest that may serve") {
  EndpointBook book;
  book.models["a/small"] = endpoints("a/small", row("p", "0.00002", 1, 1));
  const Hints hints{.endpoints = &book};
  CHECK(ranked({.sort = Sort::cheapest}, {}, hints) == "d/odd c/plain b/large a/small");
  book.models["a/small"] =
      endpoints("a/small", row("p", "0.00002", 1, 1) + "," + row("q", "0.0000001", 1, 1));
  CHECK(ranked({.sort = Sort::cheapest}, {}, hints) == "a/small d/odd c/plain b/large");
  CHECK(ranked({.sort = Sort::cheapest, .providers = {.ignore = {"q"}}}, {}, hints) ==
        "d/odd c/plain b/large a/small");
  CHECK(ranked({.sort = Sort::cheapest, .providers = {.only = {"z"}}}, {}, hints) ==
        "d/odd c/plain b/large");
  // A pattern can be honoured only where the providers are known.
  CHECK(ranked({.sort = Sort::cheapest, .providers = {.only = {"*"}}}, {}, hints) == "a/small");
}

TEST_CASE("tokens in a warm cache make a model cheaper") {
  std::vector<Model> models{model("a/one", "0.000001"), model("b/two", "0.0000009")};
  models[0].prices.cache_read = Price::parse("0.0000001");
  const Catalogue catalogue(std::move(models));
  Needs needs;
  needs.prompt_bytes = 4000 * bytes_per_token;
  const Policy cheapest{.sort = Sort::cheapest};
  const auto first = [&](const Hints& hints) {
    return std::string(rank(needs, {}, cheapest, catalogue, today, {}, hints).in.front().name);
  };
  CHECK(first({}) == "b/two");
  const WarmCache cache{.model = "a/one", .provider = "p", .tokens = 3000};
  CHECK(first({.cache = &cache}) == "a/one");
  const WarmCache other{.model = "b/two", .provider = "p", .tokens = 3000};
  CHECK(first({.cache = &other}) == "b/two"); // it has no price for its cache
}

namespace {

// What the property needs of a policy, written once more and in another way.
struct Judge {
  const Needs& needs;
  const Policy& policy;

  bool denies(const std::string& id) const {
    const auto hits = [&](const std::vector<std::string>& patterns) {
      return std::ranges::any_of(patterns, [&](const std::string& pattern) {
        const auto star = pattern.find('*'); // the drawn ones have one at their end, or none
        return star == pattern.npos ? id == pattern : id.compare(0, star, pattern, 0, star) == 0;
      });
    };
    return hits(policy.deny) || (!policy.allow.empty() && !hits(policy.allow));
  }
  bool may(const Model& one) const {
    const auto per_million = [](const std::optional<Price>& price) {
      return price->per_million().text();
    };
    const auto is_above = [&](const std::optional<Price>& price, const std::optional<Price>& most) {
      return most && std::stod(per_million(price)) > std::stod(most->text()) + 1e-12;
    };
    const double quality = one.intelligence.value_or(-1);
    return !denies(one.id) && needs.prompt_bytes / 4 <= *one.context_tokens &&
           needs.completion_tokens.value_or(0) <= *one.completion_tokens_max &&
           std::ranges::all_of(needs.parameters,
                               [&](const std::string& name) {
                                 return std::ranges::count(one.parameters, name) > 0;
                               }) &&
           std::ranges::all_of(needs.inputs,
                               [&](const std::string& name) {
                                 return std::ranges::count(one.input_modalities, name) > 0;
                               }) &&
           !is_above(one.prices.prompt, policy.max_price.prompt) &&
           !is_above(one.prices.completion, policy.max_price.completion) &&
           (!policy.min_quality || quality >= *policy.min_quality);
  }
};

std::vector<Model> drawn_models(std::mt19937_64& dice) {
  std::vector<Model> models;
  for (auto left = 1 + dice() % 12; left > 0; --left) {
    const char author = "abc"[dice() % 3];
    Model one = model(std::string(1, author) + "/" + std::to_string(dice() % 30), "1");
    one.prices.prompt = Price{static_cast<std::int64_t>(1 + dice() % 9), 6};
    one.prices.completion = Price{static_cast<std::int64_t>(1 + dice() % 9), 6};
    one.context_tokens = 1000 + static_cast<std::int64_t>(dice() % 3000);
    one.completion_tokens_max = 100 + static_cast<std::int64_t>(dice() % 900);
    if (dice() % 2 == 0) one.parameters.emplace_back("seed");
    if (dice() % 2 == 0) one.input_modalities.emplace_back("image");
    if (dice() % 3 != 0) one.intelligence = static_cast<double>(dice() % 60);
    const auto same = [&](const Model& other) { return other.id == one.id; };
    if (std::ranges::none_of(models, same)) models.push_back(std::move(one));
  }
  return models;
}

Policy drawn_policy(std::mt19937_64& dice) {
  Policy policy{.sort = values_of<Sort>.values[dice() % values_of<Sort>.values.size()].value};
  const auto pattern = [&] {
    const std::string author(1, "abc"[dice() % 3]);
    return dice() % 2 == 0 ? author + "/*" : author + "/" + std::to_string(dice() % 30);
  };
  if (dice() % 3 == 0) policy.allow = {pattern(), pattern()};
  if (dice() % 3 == 0) policy.deny = {pattern()};
  if (dice() % 3 == 0) policy.max_price.prompt = Price{static_cast<std::int64_t>(dice() % 9), 0};
  if (dice() % 3 == 0)
    policy.max_price.completion = Price{static_cast<std::int64_t>(dice() % 9), 0};
  if (dice() % 3 == 0) policy.min_quality = static_cast<double>(dice() % 60);
  return policy;
}

Needs drawn_needs(std::mt19937_64& dice) {
  Needs needs;
  needs.prompt_bytes = static_cast<std::int64_t>(dice() % 16'000);
  if (dice() % 2 == 0) needs.completion_tokens = static_cast<std::int64_t>(1 + dice() % 900);
  if (dice() % 3 == 0) needs.parameters = {"seed"};
  if (dice() % 3 == 0) needs.inputs = {"image"};
  return needs;
}

EndpointBook drawn_book(std::mt19937_64& dice, const std::vector<Model>& models) {
  EndpointBook book;
  for (const Model& one : models)
    if (dice() % 2 == 0)
      book.models[one.id] = endpoints(
          one.id, row("p", one.prices.prompt->text(), static_cast<int>(dice() % 900), 10));
  return book;
}

} // namespace

TEST_CASE("no chosen model lacks a need, passes a cap or is denied, and none is lost") {
  std::mt19937_64 dice(Catch::rngSeed());
  for (int round = 0; round < 5000; ++round) {
    const std::vector<Model> models = drawn_models(dice);
    const EndpointBook book = drawn_book(dice, models);
    const Policy policy = drawn_policy(dice);
    const Needs needs = drawn_needs(dice);
    const Catalogue catalogue(models);
    std::vector<std::string> named;
    if (dice() % 2 == 0)
      for (const Model& one : models) named.push_back(one.id);
    const Ranking ranking = rank(needs, named, policy, catalogue, today, {}, {.endpoints = &book});
    const Judge judge{needs, policy};
    for (const Ranked& one : ranking.in) CHECK(judge.may(*one.model));
    CHECK(ranking.in.size() + ranking.out.size() == models.size());
    if (policy.sort == Sort::fixed && !named.empty()) CHECK(ranking.in.size() <= 1);
    const bool has_all = policy.sort != Sort::fixed || named.empty();
    if (has_all && book.models.empty())
      CHECK(static_cast<std::ptrdiff_t>(ranking.in.size()) ==
            std::ranges::count_if(models, [&](const Model& one) { return judge.may(one); }));
    for (std::size_t at = 1; at < ranking.in.size(); ++at) {
      const Ranked &before = ranking.in[at - 1], &one = ranking.in[at];
      if (policy.sort == Sort::cheapest) CHECK(*before.expected <= *one.expected);
      if (policy.sort == Sort::best) CHECK(before.quality.value_or(-1) >= one.quality.value_or(-1));
      if (policy.sort == Sort::fastest)
        CHECK(before.first_token_ms.value_or(1e9) <= one.first_token_ms.value_or(1e9));
    }
  }
}
