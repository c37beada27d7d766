// The simulation of conversations over providers with prompt caches (tests/simulation).

#include <algorithm>
#include <fstream>
#include <string>

#include "simulation/report.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/places.hpp"

using namespace wayfare;
using namespace wayfare::conversations;

namespace {

const Table& table() {
  static const Table read = Table::read(places::providers());
  return read;
}

Outcome held(const Table& by, Rules rules, std::uint64_t conversations = 400) {
  return hold_all(conversations, by, rules);
}

const std::vector<Sort> two{Sort::ordered, Sort::cheapest};
constexpr Affinity every_affinity[]{Affinity::none, Affinity::session, Affinity::cache,
                                    Affinity::order};

std::int32_t median(std::vector<std::int32_t> times) {
  std::ranges::sort(times);
  return times.at(times.size() / 2);
}

} // namespace

TEST_CASE("200 conversations have the table that is written down") {
  const std::string told = report(200, 1, table(), all_policies());
  const auto path = golden::folder() / "conversations.md";
  if (golden::writes()) std::ofstream(path) << told;
  CHECK(told == golden::read(path));
  CHECK(told == report(200, 1, table(), all_policies())); // the same seed has the same table
  CHECK(told != report(200, 2, table(), all_policies()));
}

TEST_CASE("in calm weather affinity never makes conversations dearer on average") {
  for (const std::uint64_t seed : {1, 2, 3})
    for (const Sort policy : {Sort::ordered, Sort::cheapest, Sort::best})
      for (const Reading reading : {Reading::wide, Reading::narrow}) {
        const auto cost = [&](Affinity affinity) {
          return held(table(), {policy, affinity, Weather::calm, reading, seed}, 1500).cost;
        };
        CHECK(cost(Affinity::session) <= cost(Affinity::none));
        CHECK(cost(Affinity::order) <= cost(Affinity::none));
      }
}

TEST_CASE("a ranking that knows the cache of a conversation hops less, and costs less") {
  for (const std::uint64_t seed : {1, 2, 3})
    for (const Reading reading : {Reading::wide, Reading::narrow}) {
      const auto sum = [&](Affinity affinity) {
        return held(table(), {Sort::cheapest, affinity, Weather::calm, reading, seed}, 3000);
      };
      const Outcome knows = sum(Affinity::cache), knows_not = sum(Affinity::session);
      CHECK(knows.hops < knows_not.hops);
      CHECK(knows.cost < knows_not.cost);
    }
}

TEST_CASE("each policy is the first in what it is for") {
  for (const std::uint64_t seed : {1, 2, 3})
    for (const Reading reading : {Reading::wide, Reading::narrow}) {
      const auto sum = [&](Sort policy) {
        return held(table(), {policy, Affinity::session, Weather::calm, reading, seed}, 1500);
      };
      const auto quality = [](const Outcome& of) {
        return static_cast<double>(of.quality) / static_cast<double>(of.rated);
      };
      const Outcome fastest = sum(Sort::fastest), cheapest = sum(Sort::cheapest),
                    best = sum(Sort::best);
      for (const Sort policy : all_policies()) {
        INFO(name(policy));
        const Outcome other = sum(policy);
        CHECK((policy == Sort::fastest ||
               median(fastest.first_tokens_ms) < median(other.first_tokens_ms)));
        CHECK((policy == Sort::cheapest || cheapest.cost < other.cost));
        CHECK((policy == Sort::best || quality(best) > quality(other)));
      }
    }
}

TEST_CASE("affinity changes nothing for the fastest") {
  for (const Weather weather : {Weather::calm, Weather::rough}) {
    const auto first = held(table(), {Sort::fastest, Affinity::none, weather, Reading::wide, 1});
    for (const Affinity affinity : every_affinity)
      for (const Reading reading : {Reading::wide, Reading::narrow}) {
        const auto other = held(table(), {Sort::fastest, affinity, weather, reading, 1});
        CHECK(other.cost == first.cost);
        CHECK(other.hops == first.hops);
        CHECK(other.first_tokens_ms == first.first_tokens_ms);
      }
  }
}

TEST_CASE("a call of the first model alone fails where another model would have served") {
  const auto failed = [](Sort policy, Weather weather) {
    return held(table(), {policy, Affinity::session, weather, Reading::wide, 1}, 3000).failed;
  };
  CHECK(failed(Sort::fixed, Weather::calm) == failed(Sort::ordered, Weather::calm));
  CHECK(failed(Sort::fixed, Weather::rough) > failed(Sort::ordered, Weather::rough));
}

TEST_CASE("an order pays only for caches that live longer than ten minutes") {
  Table shorter = table();
  for (Served& model : shorter.simulated)
    for (Endpoint& one : model.endpoints)
      if (one.cache) one.cache->lifetime_s = std::min<std::int64_t>(one.cache->lifetime_s, 600);
  const auto saved = [&](const Table& by) { // by the order, beside a session_id alone
    std::int64_t sum = 0;
    for (const std::uint64_t seed : {1, 2, 3})
      for (const Sort policy : two)
        sum +=
            held(by, {policy, Affinity::session, Weather::calm, Reading::wide, seed}, 3000).cost -
            held(by, {policy, Affinity::order, Weather::calm, Reading::wide, seed}, 3000).cost;
    return sum;
  };
  CHECK(saved(table()) > 0);
  CHECK(saved(shorter) < 0);
}

TEST_CASE("where all endpoints and caches cost the same, affinity changes no cost") {
  Table even = table();
  for (Served& model : even.simulated)
    for (Endpoint& one : model.endpoints) {
      one.prompt = one.cache_read = one.cache_write = model.endpoints.front().prompt;
      one.completion = model.endpoints.front().completion;
      one.bills_writes = false;
      one.prices = model.endpoints.front().prices;
      one.prices.cache_read = one.prices.cache_write = one.prices.prompt;
    }
  for (const Sort policy : two) {
    const auto none = held(even, {policy, Affinity::none, Weather::calm, Reading::wide, 1});
    REQUIRE(none.failed == 0);
    for (const Affinity affinity : every_affinity) {
      const auto other = held(even, {policy, affinity, Weather::calm, Reading::wide, 1});
      CHECK(other.cost == none.cost);
      // The cheapest hops between models, too, whose prices differ.
      if (policy == Sort::ordered) CHECK(other.hop_cost == 0);
      CHECK(other.orders == 0); // a cache that saves nothing is no reason
    }
  }
}

TEST_CASE("every row has the same turns, and every turn is served or failed") {
  const auto first =
      held(table(), {Sort::ordered, Affinity::none, Weather::calm, Reading::wide, 1});
  for (const Sort policy : all_policies())
    for (const Affinity affinity : every_affinity)
      for (const Weather weather : {Weather::calm, Weather::rough}) {
        const auto sum = held(table(), {policy, affinity, weather, Reading::wide, 1});
        CHECK(sum.turns == first.turns);
        CHECK(static_cast<std::int64_t>(sum.first_tokens_ms.size()) == sum.turns - sum.failed);
        CHECK(sum.cached_tokens < sum.prompt_tokens);
        // Where the request has a sort, no endpoint is named.
        CHECK((sum.orders > 0) == (affinity == Affinity::order && policy != Sort::fastest));
      }
}

TEST_CASE("a session stays with its provider, and a failure moves it") {
  Server server(table(), Weather::calm, Reading::wide, 1);
  const Served& model = table().find("openai/gpt-4.1-mini");
  const auto slug_at = [&](std::int64_t at_s, std::uint64_t chance, bool session,
                           std::string_view order = {}) {
    const Ask ask{model, 5'000 + at_s, 100, false, session, order};
    const Answer answer = server.serve(ask, at_s * 1000, chance);
    REQUIRE(answer.status == 200);
    return answer.endpoint->slug;
  };
  const std::string first = slug_at(0, 1, true);
  for (std::uint64_t chance = 2; chance < 40; ++chance)
    CHECK(slug_at(static_cast<std::int64_t>(chance), chance, true) == first);
  // Ten minutes later the draw is free again, and provider.order goes before it.
  const std::string other = first == "openai" ? "azure" : "openai";
  CHECK(slug_at(100, 50, true, other) == other);
  CHECK(slug_at(101, 51, true) == first);
  bool moved = false;
  for (std::uint64_t turn = 1; turn < 20; ++turn)
    moved = moved || slug_at(101 + static_cast<std::int64_t>(turn) * 601, turn, true) != first;
  CHECK(moved);
}

TEST_CASE("a request with a sort goes where that leads, whatever the session and the draw") {
  Table steady = table();
  for (Served& one : steady.simulated)
    for (Endpoint& endpoint : one.endpoints) endpoint.traffic.failures = 0;
  Server server(steady, Weather::calm, Reading::wide, 1);
  const Served& model = steady.find("deepseek/deepseek-v3.2");
  const auto provider = [&](std::int64_t at_s, std::string_view sort) {
    const Ask ask{model, 5'000 + at_s, 100, false, true, {}, sort};
    const Answer answer = server.serve(ask, at_s * 1000, static_cast<std::uint64_t>(at_s));
    REQUIRE(answer.status == 200);
    return answer.endpoint->provider;
  };
  for (std::int64_t at_s = 1; at_s < 40; at_s += 3) {
    CHECK(provider(at_s, "latency") == "Fireworks");
    CHECK(provider(at_s + 1, "throughput") == "Fireworks");
    CHECK(provider(at_s + 2, "price") == "DeepInfra");
  }
}

TEST_CASE("the lists tell what the table has") {
  const Lists lists = lists_of(table());
  for (const Served& model : table().simulated) {
    const Model* listed = lists.models.find(model.id);
    REQUIRE(listed);
    CHECK(listed->intelligence == model.intelligence);
    const select::Endpoints* told = lists.endpoints.find(model.id);
    REQUIRE((told && told->rows().size() == model.endpoints.size()));
    for (std::size_t at = 0; at < model.endpoints.size(); ++at) {
      const ModelEndpoint& row = told->rows()[at].endpoint;
      const Endpoint& endpoint = model.endpoints[at];
      CHECK(row.tag == endpoint.slug);
      CHECK(row.prices == endpoint.prices);
      CHECK(row.first_token_ms == static_cast<double>(endpoint.latency_ms));
      CHECK(row.throughput == static_cast<double>(endpoint.throughput));
    }
  }
}

TEST_CASE("a conversation without a session_id stays where its prompt was cached") {
  const Served& model = table().find("openai/gpt-4.1-mini");
  int moves_before = 0, moves_after = 0;
  for (std::uint64_t one = 0; one < 200; ++one) {
    Server server(table(), Weather::calm, Reading::wide, 1);
    std::string before;
    bool was_cached = false;
    for (std::int64_t turn = 0; turn < 6; ++turn) {
      const Ask ask{model, 5'000 + turn * 200, 100, false, false, {}};
      const Answer answer =
          server.serve(ask, turn * 10'000, one * 100 + static_cast<std::uint64_t>(turn));
      const bool moved = !before.empty() && answer.endpoint->slug != before;
      if (answer.endpoint->traffic.failures == 0 || answer.took_ms < 5'000)
        (was_cached ? moves_after : moves_before) += moved;
      was_cached = was_cached || answer.tokens.cached > 0;
      before = answer.endpoint->slug;
    }
  }
  CHECK(moves_before > 50);
  CHECK(moves_after < 10); // after a failure of the provider alone
}
