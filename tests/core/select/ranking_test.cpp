// What a request needs, what it can cost, and the ranking of models for it.

#include <chrono>
#include <cstdio>
#include <random>
#include <string>

#include "base/json.hpp"
#include "select/ranking.hpp"
#include "wire/read_needs.hpp"
#include "support/places.hpp"
#include "support/catch.hpp"
#include "support/samples.hpp"

using namespace wayfare;
using namespace wayfare::select;

namespace {

Needs needs(const std::string& body) {
  json::Document document;
  REQUIRE(document.parse(body));
  return wire::needs_of(document);
}

Price price(const char* text) { return Price::parse(text).value(); }

Model model(const char* id, const char* prompt, const char* completion) {
  return {.id = id,
          .context_tokens = 8000,
          .completion_tokens_max = 1000,
          .input_modalities = {"text"},
          .output_modalities = {"text"},
          .parameters = {"tools", "max_tokens"},
          .prices = {.prompt = Price::parse(prompt), .completion = Price::parse(completion)}};
}

Catalogue some() {
  std::vector<Model> models{model("a/cheap", "0.000001", "0.000002"),
                            model("b/dear", "0.00001", "0.00002"),
                            model("c/free:free", "0", "0"),
                            model("d/router", "-1", "-1"),
                            model("e/late", "0.0000001", "0.0000001"),
                            model("f/sees", "0.000002", "0.000003"),
                            model("g/zero", "0", "0"),
                            model("h/cheap:batch", "0.0000001", "0.0000001")};
  models[2].free = true;
  models[3].kind = ModelKind::router;
  models[4].expires = "2026-11-23";
  models[5].input_modalities.emplace_back("image");
  models[5].parameters.emplace_back("structured_outputs");
  models[5].context_tokens = 100'000;
  models[7].kind = ModelKind::batch;
  return Catalogue(std::move(models));
}

const Moment today{1'795'400'000, "2026-11-23"};
const std::string hello = R"({"messages":[{"role":"user","content":"Hello"}]})";

// "a/cheap b/dear | c/free:free (free) …"
std::string order(const std::string& body, const std::vector<std::string>& named,
                  const Policy& policy, const Catalogue& catalogue = some()) {
  const Needs asked = needs(body);
  const Ranking ranking = rank(asked, named, policy, catalogue, today, {});
  const Selection selection = explain(ranking, asked, policy, catalogue, today);
  CHECK(selection.ranked.size() == ranking.in.size());
  std::string out;
  for (const auto& one : selection.ranked) out += (out.empty() ? "" : " ") + one.model;
  if (named.empty()) return out;
  for (const auto& one : selection.out) out += " | " + one.model + ": " + one.reason;
  return out;
}

} // namespace

TEST_CASE("what a body needs is read off it") {
  const Needs plain = needs(
      R"({"messages":[{"role":"user","content":"Hello"}],"temperature":0.5,"max_tokens":50})");
  CHECK(plain.prompt_bytes == 16 + 6 + 7); // the frame, "user" and "Hello" as they stand
  CHECK(plain.completion_tokens == 50);
  CHECK(plain.parameters.empty());
  CHECK(plain.unbounded.empty());

  const Needs rich = needs(
      R"({"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"Look"},
      {"type":"image_url","image_url":{"url":"data:…"}}]}],
    "tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"required",
    "response_format":{"type":"json_schema","json_schema":{}},
    "max_completion_tokens":7,"max_tokens":9,"cache_control":{"type":"ephemeral"}})");
  CHECK(rich.inputs == std::vector<std::string>{"image"});
  CHECK(rich.parameters == std::vector<std::string>{"tools", "tool_choice", "structured_outputs"});
  CHECK(rich.completion_tokens == 9); // the larger of both caps
  CHECK(rich.caches);
  CHECK(rich.unbounded == "image input");

  const Needs strict =
      needs(R"({"messages":[],"temperature":1,"seed":3,"max_tokens":5,"user":"u","provider":)"
            R"({"require_parameters":true,"max_price":{"prompt":"2","completion":3}}})");
  CHECK(strict.parameters == std::vector<std::string>{"temperature", "seed"});
  CHECK(strict.prompt_max == Price::parse("0.000002"));
  CHECK(strict.completion_max == Price::parse("0.000003"));
}

TEST_CASE("the rules for providers are read off the body, up to a limit") {
  const auto rules = [](const std::string& provider) {
    return needs(R"({"messages":[],"provider":)" + provider + "}");
  };
  using Names = std::vector<std::string>;
  CHECK(rules(R"({"only":["a","b"],"ignore":["c",1],"quantizations":["fp8"],"zdr":true})")
            .providers == ProviderRules{.only = Names{"a", "b"},
                                        .ignore = Names{"c"},
                                        .quantizations = Names{"fp8"},
                                        .zdr = true});
  CHECK(rules(R"({"order":["a"],"allow_fallbacks":false})").providers.only == Names{"a"});
  CHECK(rules(R"({"order":["a"]})").providers == ProviderRules{});
  CHECK(rules(R"({"sort":"price"})").chooses_provider);
  CHECK_FALSE(rules(R"({"zdr":true,"sort":null})").chooses_provider);
  const auto named = [](int count) {
    std::string list = R"({"only":["p")";
    for (; count > 1; --count) list += R"(,"p")";
    return list + "]}";
  };
  CHECK(rules(named(128)).providers.only.size() == 128);
  CHECK(rules(named(129)).providers.only.empty()); // the server judges it
}

TEST_CASE("the part that no price bounds is named") {
  const auto part = [](const std::string& more) {
    return needs(R"({"messages":[],)" + more + "}").unbounded;
  };
  CHECK(part(R"("plugins":[{"id":"web"}])") == "the plugin web");
  CHECK(part(R"("plugins":[])").empty());
  CHECK(part(R"("web_search_options":{})") == "web_search_options");
  CHECK(part(R"("tools":[{"type":"openrouter:web_search"}])") == "the tool openrouter:web_search");
  CHECK(part(R"("modalities":["text","image"])") == "image output");
  CHECK(part(R"("service_tier":"priority")") == "service_tier");
  CHECK(part(R"("service_tier":"flex")").empty());
  CHECK(part(R"("models":["a"])") == "the body's models");
  CHECK(part(R"("preset":"p")") == "preset");
}

TEST_CASE(
    "named models stay in their order, without those that cannot serve, and with those that "
    "the catalogue does not have") {
  CHECK(order(hello, {"b/dear", "a/cheap"}, {}) == "b/dear a/cheap");
  CHECK(order(hello, {"b/dear", "x/unheard-of", "e/late"}, {}) ==
        "b/dear x/unheard-of | e/late: its end was on 2026-11-23");
  // named is named
  CHECK(order(hello, {"c/free:free", "d/router", "a/cheap:nitro"}, {}) ==
        "c/free:free d/router a/cheap:nitro");
  CHECK(order(hello, {"h/cheap:batch"}, {}) ==
        " | h/cheap:batch: of the batch interface: it cannot be called");
}

TEST_CASE("the cheapest of the whole catalogue is one that has a price, is alive and can serve") {
  CHECK(order(hello, {}, {.sort = Sort::cheapest}) == "a/cheap f/sees b/dear");
  CHECK(order(R"({"messages":[{"role":"user","content":[{"type":"image_url"}]}]})", {},
              {.sort = Sort::cheapest}) == "f/sees");
  CHECK(order(R"({"messages":[],"response_format":{"type":"json_schema"}})", {},
              {.sort = Sort::cheapest}) == "f/sees");
  CHECK(order(R"({"messages":[],"max_tokens":1001})", {}, {.sort = Sort::cheapest}).empty());
  CHECK(order("{\"messages\":[{\"content\":\"" + std::string(40'000, 'x') + "\"}]}", {},
              {.sort = Sort::cheapest}) == "f/sees"); // 10,000 tokens
  CHECK(order(R"({"messages":[],"tool_choice":"required","tools":[{"type":"function"}]})", {},
              {.sort = Sort::cheapest})
            .empty());
}

TEST_CASE("cheapest among those that are named, and what has no price stands behind") {
  CHECK(order(hello, {"x/unheard-of", "b/dear", "a/cheap", "c/free:free"},
              {.sort = Sort::cheapest}) == "c/free:free a/cheap b/dear x/unheard-of");
}

TEST_CASE("a policy's max_price leaves out what is dearer, in dollars per million tokens") {
  const Policy policy{.sort = Sort::cheapest,
                      .max_price = {.prompt = price("2"), .completion = price("2.5")}};
  CHECK(order(hello, {}, policy) == "a/cheap");
  CHECK(order(hello, {"b/dear", "a/cheap"}, {.max_price = {.prompt = price("5")}}) ==
        "a/cheap | b/dear: dearer than max_price");
}

TEST_CASE(
    "the bound: bytes and hidden tokens times the dearest prompt price, the cap times the dearest "
    "completion price, and five percent") {
  Model one = model("a/one", "0.000001", "0.000002");
  const auto bound = [&](const std::string& body, const Policy& policy = {},
                         const char* name = "a/one") {
    const Bound made = bound_of(needs(body), name, &one, policy);
    CHECK(made.amount.has_value() == made.unbounded.empty());
    return made.amount ? made.amount->text() : made.unbounded;
  };
  const std::string capped = R"({"messages":[{"content":"Hello"}],"max_tokens":10})"; // 50 bytes
  // (50 + 128 for the call + 16 for the message + 10 * 2) * 1.05
  CHECK(bound(capped) == "0.0002247");
  CHECK(bound(R"({"messages":[{"content":"Hello"}]})") ==
        "0.0022869"); // the model's own 1000 tokens
  CHECK(bound_of(needs(hello), "a/one", &one, {}).completion_tokens == 1000);
  CHECK_FALSE(bound_of(needs(capped), "a/one", &one, {}).completion_tokens);
  one.prices.cache_write = price("0.000003");
  CHECK(bound(capped) == "0.0006321");
  one.prices.request = price("0.5");
  CHECK(bound(capped) == "0.5256321");
  one.prices.request.reset();
  one.prices.cache_write.reset();
  CHECK(bound(capped, {.max_price = {.prompt = price("2"), .completion = price("2")}}) ==
        "0.0004284");
  CHECK(bound(R"({"messages":[{"content":"Hello"}],"max_tokens":10,"provider":{"max_price":)"
              R"({"prompt":"10"}}})") == "0.0024885");
  one.context_tokens = 5; // of one provider; another may take more
  CHECK(bound(capped) == "0.0002247");
  CHECK(bound(capped, {}, "a/one:nitro") == "the variant :nitro");
  one.completion_tokens_max.reset();
  one.context_tokens.reset();
  CHECK(bound(hello) ==
        "the length of the answer: neither the request nor the catalogue limits it");
  one.prices.prompt.reset();
  CHECK(bound(capped) == "the price of a/one");
  CHECK(bound_of(needs(capped), "x", nullptr, {}).unbounded == "the price of x");
  CHECK(bound_of(needs(R"({"messages":[],"plugins":[{}]})"), "a/one", &one, {}).unbounded ==
        "the plugin without an id");
}

TEST_CASE("no usage that the caps allow costs more than the bound") {
  std::mt19937_64 dice(Catch::rngSeed());
  const auto up_to = [&](std::int64_t most) {
    return static_cast<std::int64_t>(dice() % static_cast<std::uint64_t>(most + 1));
  };
  for (int round = 0; round < 5000; ++round) {
    Model one = model("a/one", "0", "0");
    const auto some_price = [&] {
      return Price{1 + up_to(100'000), static_cast<int>(6 + up_to(10))};
    };
    one.prices.prompt = some_price();
    one.prices.completion = some_price();
    if (dice() % 2) one.prices.cache_write = some_price();
    if (dice() % 3 == 0) one.prices.request = some_price();
    // Reading from the cache is never dearer than the prompt itself.
    if (dice() % 2)
      one.prices.cache_read = Price{up_to(one.prices.prompt->mantissa), one.prices.prompt->scale};
    if (dice() % 3 == 0)
      one.overrides.push_back({.above_prompt_tokens = up_to(100),
                               .prices = {.prompt = some_price(), .completion = some_price()}});
    Needs asked;
    asked.prompt_bytes = asked.body_bytes = up_to(5000);
    if (dice() % 2) asked.completion_tokens = 1 + up_to(3000);
    one.context_tokens = 1 + up_to(4000);
    one.completion_tokens_max = 1 + up_to(2000);
    const Bound bound = bound_of(asked, one.id, &one, {});
    REQUIRE(bound.amount);
    Usage usage;
    usage.prompt_tokens = up_to(std::min(asked.prompt_bytes, *one.context_tokens));
    usage.completion_tokens =
        up_to(asked.completion_tokens ? *asked.completion_tokens : *bound.completion_tokens);
    if (one.prices.cache_write && dice() % 2)
      usage.cache_write_tokens = up_to(*usage.prompt_tokens);
    if (one.prices.cache_read && one.overrides.empty() && dice() % 2)
      usage.cached_tokens = up_to(*usage.prompt_tokens - usage.cache_write_tokens.value_or(0));
    const auto cost = cost_of(prices_at(one, *usage.prompt_tokens, today.now), usage);
    REQUIRE(cost);
    CHECK(*cost <= *bound.amount);
  }
}

TEST_CASE("a ranking is sorted, always the same, and a dearer model never leads it") {
  std::mt19937_64 dice(Catch::rngSeed());
  for (int round = 0; round < 200; ++round) {
    std::vector<Model> models;
    for (auto left = 1 + dice() % 30; left > 0; --left) {
      models.push_back(model("x", "0", "0"));
      models.back().id = "m/" + std::to_string(dice() % 1000);
      models.back().prices = {.prompt = Price{static_cast<std::int64_t>(1 + dice() % 50), 8},
                              .completion = Price{static_cast<std::int64_t>(1 + dice() % 50), 8}};
    }
    auto more = models;
    const Catalogue catalogue(std::move(models));
    const Needs asked = needs(hello);
    const Policy policy{.sort = Sort::cheapest};
    const Ranking ranking = rank(asked, {}, policy, catalogue, today, {});
    for (std::size_t at = 1; at < ranking.in.size(); ++at)
      CHECK(*ranking.in[at - 1].expected <= *ranking.in[at].expected);
    for (const Ranked& one : ranking.in) // by the short way and by the long one
      CHECK(one.expected ==
            cost_of(one.model->prices, {.prompt_tokens = asked.prompt_bytes / bytes_per_token + 1,
                                        .completion_tokens = 512}));
    more.push_back(model("m/dearest", "1", "1"));
    std::ranges::shuffle(more, dice);
    const Catalogue other(std::move(more));
    CHECK(rank(asked, {}, policy, other, today, {}).in.front().expected ==
          ranking.in.front().expected);
  }
}

TEST_CASE("rankings over a models list stay as they are") {
  struct List {
    std::string name;
    std::filesystem::path path;
    Moment then;
  };
  // Ours, and recordings where they are at hand.
  const auto recorded = places::shared() / "openrouter";
  for (const auto& [list, models, then] :
       {List{"samples", samples::folder() / "models.json", {1'788'000'000, "2026-08-29"}},
        List{"2026-01", recorded / "models-2026-01.json", {1'769'000'000, "2026-01-29"}},
        List{"2026-08", recorded / "models-2026-08.json", {1'788'000'000, "2026-08-29"}}}) {
    const std::string text = golden::read(models);
    if (text.empty() && list != "samples") continue;
    const Catalogue catalogue = Catalogue::parse(text).value();
    std::string told;
    const auto tell = [&](const char* title, const std::string& body,
                          const std::vector<std::string>& named, const Policy& policy) {
      const Needs asked = needs(body);
      const Selection selection =
          explain(rank(asked, named, policy, catalogue, then, {}), asked, policy, catalogue, then);
      told += std::string("== ") + title + ": " + std::to_string(selection.ranked.size()) +
              " can, " + std::to_string(selection.out.size()) + " cannot\n";
      const auto line = [&](const Candidate& one) {
        told += one.model + " · " + one.reason + " · at most " +
                (one.bound ? one.bound->text() : "unknown: " + one.unbounded) + "\n";
      };
      for (std::size_t at = 0; at < std::min<std::size_t>(10, selection.ranked.size()); ++at)
        line(selection.ranked[at]);
      if (!named.empty()) std::ranges::for_each(selection.out, line);
    };
    const Policy cheapest{.sort = Sort::cheapest};
    tell("cheapest", hello, {}, cheapest);
    tell("cheapest with tools",
         R"({"messages":[],"tools":[{"type":"function","function":{"name":"f"}}],)"
         R"("tool_choice":"required"})",
         {}, cheapest);
    tell("cheapest that sees",
         R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":)"
         R"({"url":"x"}}]}]})",
         {}, cheapest);
    tell("cheapest of structured outputs",
         R"({"messages":[],"response_format":{"type":"json_schema","json_schema":{}}})", {},
         cheapest);
    tell("cheapest of 300,000 tokens",
         "{\"messages\":[{\"content\":\"" + std::string(1'200'000, 'x') +
             "\"}],\"max_tokens\":20000}",
         {}, cheapest);
    tell("at most 0.1 and 0.2 a million", hello, {},
         {.sort = Sort::cheapest,
          .max_price = {.prompt = price("0.1"), .completion = price("0.2")}});
    tell("best", hello, {}, {.sort = Sort::best});
    tell("best for agents with tools",
         R"({"messages":[],"tools":[{"type":"function","function":{"name":"f"}}]})", {},
         {.sort = Sort::best, .quality = Quality::agentic});
    tell("cheapest of a coding index of 50", hello, {},
         {.sort = Sort::cheapest, .quality = Quality::coding, .min_quality = 50});
    tell("best of own scores", hello, {},
         {.sort = Sort::best, .scores = {{"anthropic/*", 2}, {"*mini*", 1.5}}});
    tell("fixed", hello, {"openai/gpt-4o-mini", "openai/gpt-4"}, {.sort = Sort::fixed});
    tell("fastest while no speed is known", hello, {}, {.sort = Sort::fastest});
    tell("the five defaults", hello,
         {"openai/gpt-4o-mini", "openai/gpt-4", "openai/gpt-3.5-turbo", "anthropic/claude-3-haiku",
          "anthropic/claude-3-sonnet"},
         {});
    tell("named, by price", hello,
         {"openrouter/auto", "openai/gpt-4", "openai/gpt-4o-mini", "openai/gpt-4o-mini:nitro"},
         cheapest);
    const auto path = golden::folder() / "rankings" / (list + ".txt");
    if (golden::writes()) {
      std::filesystem::create_directories(path.parent_path());
      std::ofstream(path, std::ios::binary) << told;
    }
    CHECK(told == golden::read(path));

    // How long it takes, for whoever looks; no test of it, since machines differ.
    const Needs asked = needs(hello);
    const auto began = std::chrono::steady_clock::now();
    for (int round = 0; round < 1000; ++round)
      CHECK_FALSE(rank(asked, {}, cheapest, catalogue, then, {}).in.empty());
    const auto took =
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began)
            .count() /
        1000;
    std::printf("ranking %zu models: %.1f us\n", catalogue.models().size(), took);
  }
}

TEST_CASE("a choice among all models leaves out those that the key may not call") {
  const Catalogue all = some(), callable(std::vector<Model>{model("b/dear", "1", "1")});
  const Needs asked = needs(hello);
  const auto told = [&](const std::vector<std::string>& named) {
    const Policy cheapest{.sort = Sort::cheapest};
    const Selection selection =
        explain(rank(asked, named, cheapest, all, today, {}, {.callable = &callable}), asked,
                cheapest, all, today);
    std::string out;
    for (const Candidate& one : selection.ranked) out += one.model + " ";
    for (const Candidate& one : selection.out)
      if (one.reason == "the key may not call it") out += "| " + one.model + " ";
    return out;
  };
  CHECK(told({}) == "b/dear | a/cheap | e/late | f/sees ");
  CHECK(told({"a/cheap", "b/dear"}) == "a/cheap b/dear "); // the route names them
}
