// What past calls would have cost: by hand-made calls and prices.

#include "select/replay.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "select/cost.hpp"
#include "support/catch.hpp"

using namespace wayfare;
using select::Catalogue;
using select::Moment;
using select::Repricer;

namespace {

constexpr std::int64_t noon_us = 1'795'435'200'000'000; // 2026-11-23T12:00:00Z

Model model(std::string id, const char* prompt, const char* completion) {
  Model model;
  model.id = std::move(id);
  model.canonical_slug = model.id + "-20260101";
  model.context_tokens = 10'000;
  model.completion_tokens_max = 1000;
  model.prices.prompt = Price::parse(prompt);
  model.prices.completion = Price::parse(completion);
  return model;
}

std::shared_ptr<const Catalogue> list() {
  std::vector<Model> models;
  models.push_back(model("a/one", "0.000001", "0.000002"));
  models.back().prices.cache_read = Price::parse("0.0000001");
  models.back().prices.cache_write = Price::parse("0.00000125");
  models.push_back(model("b/plain", "0.000003", "0.000004")); // no prices of a cache
  models.push_back(model("c/small", "0.0000001", "0.0000002"));
  models.back().context_tokens = 1000;
  models.push_back(model("d/no-price", "0.000001", "0.000002"));
  models.back().prices.completion.reset();
  models.push_back(model("e/night", "0.00001", "0.00002"));
  models.back().overrides.push_back({.above_prompt_tokens = {},
                                     .utc_start = 1200,
                                     .utc_end = 1300,
                                     .utc_days = {},
                                     .prices = {.prompt = Price::parse("0.00000005")}});
  models.push_back(model("f/fee", "0.000001", "0.000002"));
  models.back().prices.request = Price::parse("0.01");
  models.push_back({.id = "r/router", .kind = ModelKind::router});
  return std::make_shared<const Catalogue>(std::move(models));
}

const Moment moment{1'795'435'200, "2026-11-23"};

PastCall call(std::string_view served, std::int64_t prompt, std::int64_t completion,
              std::optional<std::int64_t> cost_p = 5) {
  PastCall one{.model = served,
               .reserved_us = noon_us,
               .usage = {.prompt_tokens = prompt, .completion_tokens = completion}};
  if (cost_p) one.cost = Amount{*cost_p};
  return one;
}

Replayed replayed(const Replay& query, const std::vector<PastCall>& calls, std::size_t groups = 1) {
  auto into = Repricer::make(query, list(), std::nullopt, moment).value();
  for (const PastCall& one : calls) into->add(one);
  return into->take(std::vector<ReplayRow>(groups)).value();
}

ReplayRow row_of(const Replay& query, const PastCall& one) {
  const Replayed told = replayed(query, {one});
  CHECK(told.rows.front().calls == 1);
  CHECK(told.total.replayed_cost == told.rows.front().replayed_cost);
  return told.rows.front();
}

constexpr std::int64_t micro = 1'000'000; // picodollars of a microdollar

} // namespace

TEST_CASE("a call at the prices of its own model is arithmetic") {
  PastCall one = call("a/one-20260101", 1000, 10); // by its dated name
  one.usage.cached_tokens = 600;
  one.usage.cache_write_tokens = 100;
  const ReplayRow row = row_of({}, one);
  // 300 * 1 + 600 * 0.1 + 100 * 1.25 + 10 * 2 microdollars
  CHECK(row.replayed_cost.picodollars == 505 * micro);
  CHECK(row.exact);
  CHECK(row.priced == 1);
  CHECK(row.cost == Amount{5});
  CHECK(row.priced_cost == Amount{5});
  CHECK(row.replayed_model == "a/one");
  CHECK(row.non_token_cost == Amount{0});
}

TEST_CASE("another model makes an estimate, with the same share of cached tokens") {
  PastCall one = call("b/plain", 1000, 10);
  one.usage.cached_tokens = 600;
  const ReplayRow cached = row_of({.model = "a/one"}, one);
  CHECK(cached.replayed_cost.picodollars == (400 + 60 + 20) * micro);
  CHECK_FALSE(cached.exact);
  CHECK(cached.replayed_model == "a/one");
  one.model = "a/one";
  one.usage.cache_write_tokens = 100;
  const ReplayRow full = row_of({.model = "b/plain"}, one); // no price of a cache: the full price
  CHECK(full.replayed_cost.picodollars == (1000 * 3 + 10 * 4) * micro);
  CHECK_FALSE(full.exact);
}

TEST_CASE("the same model is an estimate where a kind of its tokens has no price") {
  PastCall one = call("b/plain", 1000, 10);
  CHECK(row_of({}, one).exact);
  one.usage.cached_tokens = 1;
  CHECK_FALSE(row_of({}, one).exact);
  CHECK(row_of({.model = "b/plain"}, call("b/plain", 1, 1)).exact);
}

TEST_CASE("a part that is not for tokens is carried over as it was") {
  PastCall one = call("a/one", 1000, 10, 9'000 * micro);
  one.non_token_cost = Amount{4'000 * micro};
  ReplayRow row = row_of({.model = "b/plain"}, one);
  CHECK(row.replayed_cost.picodollars == (3040 + 4000) * micro);
  CHECK(row.non_token_cost.picodollars == 4000 * micro);
  one.non_token_cost = Amount{-100 * micro}; // a discount
  CHECK(row_of({}, one).replayed_cost.picodollars == (1020 - 100) * micro);
  one.non_token_cost = Amount{-1}; // three costs were rounded
  row = row_of({}, one);
  CHECK(row.replayed_cost.picodollars == 1020 * micro);
  CHECK(row.exact);
}

TEST_CASE("what a request costs is not counted twice") {
  PastCall one = call("f/fee", 1000, 10);
  CHECK(row_of({}, one).replayed_cost.picodollars == (10'000 + 1020) * micro);
  CHECK(row_of({}, one).exact);
  one.non_token_cost = Amount{10'000 * micro}; // it has the fee
  CHECK(row_of({}, one).replayed_cost.picodollars == (10'000 + 1020) * micro);
  CHECK_FALSE(row_of({}, one).exact);
}

TEST_CASE("a call that cannot be priced is counted by its reason") {
  PastCall own_key = call("a/one", 10, 10);
  own_key.is_byok = true;
  PastCall no_prompt = call("a/one", 10, 10), no_completion = no_prompt, wrong = no_prompt;
  no_prompt.usage.prompt_tokens.reset();
  no_completion.usage.completion_tokens.reset();
  wrong.usage.cached_tokens = 11; // of a prompt of 10
  const Replayed told = replayed({}, {call("a/one", 10, 10), own_key, no_prompt, no_completion,
                                      wrong, call("d/no-price", 10, 10), call("x/gone", 10, 10),
                                      call("a/one", 10, 10, std::nullopt)});
  const ReplayRow& row = told.rows.front();
  CHECK(row.calls == 8);
  CHECK(row.unknown == 1);
  CHECK(row.cost == Amount{7 * 5});
  CHECK(row.priced == 2);
  CHECK(row.priced_cost == Amount{5});
  CHECK(row.byok == 1);
  CHECK(row.no_tokens == 3);
  CHECK(row.no_price == 1);
  CHECK(row.no_model == 1);
  CHECK(row.priced + row.byok + row.no_tokens + row.no_price + row.no_model == row.calls);
}

TEST_CASE("a mapping changes the models that it names, by any of their names") {
  const Replay query{.models = {{"a/one", "b/plain"}, {"c/small-20260101", "a/one"}}};
  CHECK(row_of(query, call("a/one-20260101", 10, 0)).replayed_cost.picodollars == 30 * micro);
  CHECK(row_of(query, call("c/small-20260101", 10, 0)).replayed_cost.picodollars == 10 * micro);
  CHECK(row_of(query, call("b/plain", 10, 0)).exact); // it keeps its own
}

TEST_CASE("prices hold at the time of the call") {
  PastCall noon = call("e/night", 100, 0), evening = noon;
  evening.reserved_us += 3 * 3600 * std::int64_t{1'000'000};
  CHECK(row_of({}, noon).replayed_cost.picodollars == 5 * micro);
  CHECK(row_of({}, evening).replayed_cost.picodollars == 1000 * micro);
}

TEST_CASE("a policy prices each call with the cheapest model that has the room") {
  const Replay query{.policy = Policy{.sort = Sort::cheapest}};
  const auto model_for = [&](std::int64_t prompt, std::int64_t completion) {
    return row_of(query, call("b/plain", prompt, completion)).replayed_model;
  };
  CHECK(model_for(500, 100) == "c/small");
  CHECK(model_for(950, 100) == "a/one");  // together more than the context of 1000
  CHECK(model_for(5000, 0) == "e/night"); // cheap at noon
  const ReplayRow none = row_of(query, call("b/plain", 20'000, 1));
  CHECK(none.no_model == 1);
  CHECK_FALSE(none.exact);
  const Replay deny{.policy = Policy{.sort = Sort::cheapest, .allow = {}, .deny = {"c/*", "e/*"}}};
  CHECK(row_of(deny, call("b/plain", 500, 100)).replayed_model == "a/one");
  const Replay most{
      .policy = Policy{.sort = Sort::cheapest, .max_price = {.prompt = Price::parse("0.5")}}};
  CHECK(row_of(most, call("b/plain", 500, 100)).replayed_model == "c/small");
  CHECK(row_of(most, call("b/plain", 950, 100)).replayed_model == "e/night");
}

TEST_CASE("the cheapest model is the cheapest of all, whatever was left out beforehand") {
  const auto known = list();
  std::vector<PastCall> calls;
  for (std::int64_t prompt = 1; prompt < 9000; prompt = prompt * 3 + 1)
    for (std::int64_t completion = 0; completion < 900; completion = completion * 4 + 3)
      for (const std::int64_t cached : {std::int64_t{0}, prompt / 2, prompt}) {
        calls.push_back(call("b/plain", prompt, completion));
        calls.back().usage.cached_tokens = cached;
        calls.back().usage.cache_write_tokens = prompt - cached;
      }
  for (const PastCall& one : calls) {
    const ReplayRow chosen = row_of({.policy = Policy{.sort = Sort::cheapest}}, one);
    for (const Model& other : known->models()) {
      if (other.kind != ModelKind::model || !other.prices.completion) continue;
      const std::int64_t all = *one.usage.prompt_tokens + *one.usage.completion_tokens;
      if (all > *other.context_tokens) continue;
      const ReplayRow row = row_of({.model = other.id}, one);
      CAPTURE(other.id, all);
      CHECK(chosen.replayed_cost <= row.replayed_cost);
    }
  }
}

TEST_CASE("rows are summed apart, and the total has all of them") {
  PastCall first = call("a/one", 10, 0), second = call("b/plain", 10, 0), third = first;
  second.group = third.group = 1;
  const Replayed told = replayed({}, {first, second, third}, 3);
  REQUIRE(told.rows.size() == 3);
  CHECK(told.rows[0].replayed_model == "a/one");
  CHECK(told.rows[1].replayed_model.empty()); // two of them
  CHECK(told.rows[1].exact);
  CHECK(told.rows[2].calls == 0);
  CHECK_FALSE(told.rows[2].exact);
  CHECK(told.total.calls == 3);
  CHECK(told.total.replayed_cost.picodollars == 50 * micro);
  CHECK(told.total.replayed_model.empty());
  CHECK(told.total.exact);
  CHECK_FALSE(replayed({}, {}, 0).total.exact);
}

TEST_CASE("sums that do not fit are an error") {
  auto into = Repricer::make({}, list(), std::nullopt, moment).value();
  for (int at = 0; at < 3; ++at)
    into->add(call("x/gone", 1, 1, std::int64_t{4'000'000'000'000'000'000}));
  CHECK_FALSE(into->take(std::vector<ReplayRow>(1)).ok());
}

TEST_CASE("a replay that cannot be made is refused by name") {
  const auto fault = [](const Replay& query) { return select::fault_of(query); };
  CHECK(fault({}).empty());
  CHECK_FALSE(fault({.model = "a/one", .models = {{"x", "y"}}}).empty());
  CHECK_FALSE(fault({.model = "a/one", .policy = Policy{.sort = Sort::cheapest}}).empty());
  CHECK_FALSE(fault({.policy = Policy{}}).empty());
  CHECK_FALSE(fault({.models = {{"x", "y"}, {"x", "z"}}}).empty());
  CHECK_FALSE(fault({.models = {{"", "y"}}}).empty());
  CHECK_FALSE(fault({.models = {{"x", std::string(129, 'y')}}}).empty());
  CHECK_FALSE(fault({.model = std::string(129, 'y')}).empty());
  CHECK_FALSE(fault({.models = std::vector<std::pair<std::string, std::string>>(1001)}).empty());
  CHECK_FALSE(fault({.by = std::vector{Dimension::tag}}).empty());
  CHECK_FALSE(fault({.by = std::vector{Dimension::model, Dimension::model}}).empty());
  const auto refused = [](const Replay& query) {
    const auto made = Repricer::make(query, list(), std::nullopt, moment);
    return made ? std::string() : made.error().message;
  };
  CHECK(refused({.model = "a/once"}).find("the nearest is a/one") != std::string::npos);
  CHECK(refused({.models = {{"a/one", "x/y"}}}).find("\"x/y\"") != std::string::npos);
  CHECK(refused({.model = "r/router"}).find("router") != std::string::npos);
  CHECK(refused({.model = "a/one:nitro"}).empty());
}
