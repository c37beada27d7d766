// The report on caches and hops, against ledgers made by hand.
#include <optional>
#include <string>
#include <vector>

#include "ledger/caching.hpp"
#include "support/budget_bench.hpp"
#include "support/catch.hpp"

using namespace ledger_words;

namespace {

constexpr std::int64_t second = 1'000'000;

// An attempt of a run, and what its answer tells.
struct Turn {
  std::string run = "r", provider = "P", model = "m/one";
  std::optional<std::int64_t> prompt = 1000, cached = 0, written = 0;
  std::string agent{};
  bool byok = false;
};

struct Book : Bench {
  Uid turn(const Turn& one) {
    Reservation r = reservation(one.agent, one.model);
    r.charge_to.run = one.run;
    REQUIRE(reserve(r).is_granted());
    pass(second);
    Ending ending = settled(5);
    ending.billing.model = one.model;
    ending.billing.provider = one.provider;
    ending.billing.is_byok = one.byok;
    ending.usage = {.prompt_tokens = one.prompt,
                    .completion_tokens = 1,
                    .cached_tokens = one.cached,
                    .cache_write_tokens = one.written};
    end(r.uid, ending);
    return r.uid;
  }
  // Each lost token costs a picodollar, and each of them that was written two.
  Caching report(CachingQuery query = {}) {
    REQUIRE(ledger::fault_of(query).empty());
    hops.clear();
    return ledger::caching(database, {.query = std::move(query),
                                      .price = [this](const Hop& hop) -> std::optional<Amount> {
                                        hops.emplace_back(hop.model);
                                        if (hop.model == "m/unpriced") return std::nullopt;
                                        return Amount{hop.lost_tokens + hop.written_tokens};
                                      },
                                      .catalogue = {}});
  }
  std::vector<std::string> hops;
};

std::string in_words(const CachingRow& row) {
  return std::to_string(row.calls) + " calls, " + std::to_string(row.hops) + " hops, " +
         std::to_string(row.cold_hops) + " cold, " + std::to_string(row.lost_tokens) + " lost, " +
         std::to_string(row.hop_cost.picodollars) + " p, " + std::to_string(row.unpriced) +
         " unpriced";
}

} // namespace

TEST_CASE("the share of cached tokens is that of all prompts") {
  Book book;
  CHECK(in_words(book.report().total) == "0 calls, 0 hops, 0 cold, 0 lost, 0 p, 0 unpriced");
  CHECK_FALSE(book.report().total.cached_share);
  book.turn({.cached = 0, .written = 900});
  book.turn({.cached = 900});
  book.turn({.run = "", .prompt = 400, .cached = 300});
  book.turn({.prompt = std::nullopt}); // tells no tokens
  const CachingRow total = book.report().total;
  CHECK(total.calls == 3);
  CHECK(total.prompt_tokens == 2400);
  CHECK(total.cached_tokens == 1200);
  CHECK(total.cache_write_tokens == 900);
  CHECK(total.cached_share == 0.5);
  CHECK(total.hops == 0);
}

TEST_CASE("a hop that leaves a cache costs the tokens that it reads anew") {
  Book book;
  book.turn({.cached = 0, .written = 800});
  book.turn({.provider = "Q", .prompt = 1200, .cached = 100, .written = 500});
  // 700 lost, of which 500 were written
  CHECK(in_words(book.report().total) == "2 calls, 1 hops, 1 cold, 700 lost, 1200 p, 0 unpriced");
  book.turn({.provider = "Q", .cached = 600}); // it stays
  CHECK(book.report().total.hops == 1);
  book.turn({.provider = "Q", .model = "m/two", .prompt = 50}); // a shorter prompt
  CHECK(in_words(book.report().total) == "4 calls, 2 hops, 2 cold, 750 lost, 1250 p, 0 unpriced");
  CHECK(book.hops == std::vector<std::string>{"m/one", "m/two"});
}

TEST_CASE("a hop from a call without a cache, or after the cache's time, costs nothing") {
  Book book;
  book.turn({});
  book.turn({.provider = "Q", .written = 900});
  CHECK(in_words(book.report().total) == "2 calls, 1 hops, 0 cold, 0 lost, 0 p, 0 unpriced");
  book.pass(300 * second); // as long as caches live
  book.turn({.provider = "P", .written = 900});
  CHECK(in_words(book.report().total) == "3 calls, 2 hops, 1 cold, 900 lost, 1800 p, 0 unpriced");
  book.pass(301 * second);
  book.turn({.provider = "Q"});
  CHECK(in_words(book.report().total) == "4 calls, 3 hops, 1 cold, 900 lost, 1800 p, 0 unpriced");
  book.turn({.provider = "Q", .cached = 900});
  book.turn({.provider = "P", .cached = 900}); // its cache has all of it
  CHECK(in_words(book.report().total) == "6 calls, 4 hops, 1 cold, 900 lost, 1800 p, 0 unpriced");
}

TEST_CASE("runs are apart, calls without a run are no hops, and an unknown provider is no other") {
  Book book;
  book.turn({.run = "a", .written = 900});
  book.turn({.run = "b", .provider = "Q", .written = 900});
  book.turn({.run = "", .provider = "R"});
  book.turn({.run = "", .provider = "S"});
  book.turn({.run = "a", .provider = ""});
  CHECK(book.report().total.hops == 0);
}

TEST_CASE("hops without a price, and those by the caller's own key, are told") {
  Book book;
  book.turn({.written = 900});
  book.turn({.model = "m/unpriced", .written = 900});
  book.turn({.model = "m/one", .byok = true});
  CHECK(in_words(book.report().total) == "3 calls, 2 hops, 2 cold, 1800 lost, 0 p, 2 unpriced");
}

TEST_CASE("rows have the dimensions of the hop, and filters look at the whole run") {
  Book book;
  book.turn({.written = 900, .agent = "one"});
  book.turn({.provider = "Q", .agent = "two"});
  book.turn({.run = "s", .agent = "two"});
  const Caching told = book.report({.by = {Dimension::agent, Dimension::provider}});
  REQUIRE(told.rows.size() == 3);
  CHECK(told.rows[0].agent == "one");
  CHECK(told.rows[2].provider == "Q");
  CHECK(in_words(told.rows[2]) == "1 calls, 1 hops, 1 cold, 900 lost, 900 p, 0 unpriced");
  CHECK(in_words(told.total) == "3 calls, 1 hops, 1 cold, 900 lost, 900 p, 0 unpriced");
  CHECK(in_words(book.report({.agent = "two"}).total) ==
        "2 calls, 1 hops, 1 cold, 900 lost, 900 p, 0 unpriced");
  CHECK(book.report({.agent = "nobody"}).total.calls == 0);
  CHECK(book.report({.run = "s"}).total.calls == 1);
  const auto by_run = book.report({.by = {Dimension::run}}).rows;
  REQUIRE(by_run.size() == 2);
  CHECK(by_run[0].run == "r");
}

TEST_CASE("the period is that of the reservations") {
  Book book;
  book.turn({.written = 900});
  const Time middle(std::chrono::microseconds(book.moment.wall_us));
  book.turn({.provider = "Q"});
  CHECK(book.report({.until = middle}).total.calls == 1);
  CHECK(in_words(book.report({.since = middle}).total) ==
        "1 calls, 0 hops, 0 cold, 0 lost, 0 p, 0 unpriced"); // none is before it in the period
}

TEST_CASE("tokens that a lookup found later count") {
  Book book;
  Ending lost = settled(0);
  lost.billing = {.model = "m/one", .provider = "P", .generation_id = "gen-1"};
  lost.usage = {};
  Reservation r = reservation("", "m/one");
  r.charge_to.run = "r";
  REQUIRE(book.reserve(r).is_granted());
  book.end(r.uid, lost);
  Ending found = settled(9);
  found.usage = {.prompt_tokens = 700, .completion_tokens = 1, .cached_tokens = 600};
  book.commit([&](std::int64_t now) { return book.rows->correct(1, found, now); });
  book.turn({.provider = "Q"});
  CHECK(in_words(book.report().total) == "2 calls, 1 hops, 1 cold, 600 lost, 600 p, 0 unpriced");
}

TEST_CASE("a query that cannot be used is refused") {
  CHECK(ledger::fault_of(CachingQuery{.by = {Dimension::tag}}) ==
        "caching is asked for by \"tag\": a call with several tags would count several times");
  CHECK(ledger::fault_of(CachingQuery{.by = {Dimension::run, Dimension::run}}) ==
        "caching is asked for by \"run\" twice");
}
