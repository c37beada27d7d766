// Providers that cool down: what the transactions that reserve and end make of it.
#include <string>
#include <vector>

#include "ledger/cooldowns.hpp"
#include "ledger/verify.hpp"
#include "support/budget_bench.hpp"
#include "support/catch.hpp"

using namespace ledger_words;

namespace {

constexpr std::int64_t second = 1'000'000;

Ending failure_of(const std::string& slug, std::int64_t retry_after_us = 0,
                  std::vector<std::string> others = {"q"}) {
  return {.state = State::voided,
          .error = Code::overloaded,
          .status = 503,
          .outcome = {.told = Told::fails,
                      .retry_after_us = retry_after_us,
                      .provider = "The " + slug,
                      .failed = {{slug, "The " + slug}},
                      .others = std::move(others)}};
}
Ending good(const std::string& slug) {
  Ending ending = settled(5);
  ending.outcome = {.told = Told::serves, .provider = "The " + slug};
  return ending;
}

struct Cold : Bench {
  Reservation wanted(std::vector<std::string> left_out = {}, const std::string& model = "m/one") {
    Reservation r = reservation("", model);
    r.skip_cooling = r.avoids_providers = true;
    r.left_out = std::move(left_out);
    return r;
  }
  // "granted", or what the attempt has to leave out, or that the model cools down.
  std::string asked(std::vector<std::string> left_out = {}, const std::string& model = "m/one") {
    const Reservation r = wanted(std::move(left_out), model);
    const Verdict verdict = reserve(r);
    if (verdict.cooling) return "cools";
    std::string slugs;
    for (const LedgerView::Cooldown& one : verdict.avoid) slugs += one.slug + " ";
    if (!verdict.avoid.empty()) return slugs;
    REQUIRE(verdict.is_granted());
    last = r.uid;
    return "granted";
  }
  Uid send(std::vector<std::string> left_out = {}, const std::string& model = "m/one") {
    REQUIRE(asked(std::move(left_out), model) == "granted");
    return last;
  }
  std::vector<std::string> all() {
    std::vector<std::string> told;
    for (const Cooldown& one : ledger::cooldowns(database, moment.wall_us))
      told.push_back(one.model + " " + one.slug + (one.probing ? " probed" : ""));
    return told;
  }
  Uid last;
};

using Names = std::vector<std::string>;

} // namespace

TEST_CASE("a provider cools down in place of its model, and attempts have to leave it out") {
  Cold bench;
  bench.end(bench.send(), failure_of("p", 10 * second));
  CHECK(bench.asked() == "p ");
  CHECK(bench.asked({"q"}) == "p ");
  CHECK(bench.asked({"p"}) == "granted");
  CHECK(bench.asked({}, "m/one:nitro") == "p ");
  CHECK(bench.asked({}, "m/two") == "granted");
  Reservation chooses = bench.wanted(); // the call chooses its providers itself
  chooses.avoids_providers = false;
  CHECK(bench.reserve(chooses).is_granted());
  const auto rows = ledger::cooldowns(bench.database, bench.moment.wall_us);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].model == "m/one");
  CHECK(rows[0].slug == "p");
  CHECK(rows[0].provider == "The p");
  CHECK(rows[0].server == "https://openrouter.ai/api/v1");
  CHECK(rows[0].until == Time(std::chrono::microseconds(bench.moment.wall_us + 10 * second)));
  const auto view = bench.rows->view()->cooldowns;
  REQUIRE(view.size() == 1);
  CHECK(view[0].slug == "p");
  CHECK(view[0].provider == "The p");
  CHECK(ledger::verify(bench.database).problems.empty());
}

TEST_CASE("three failures of one provider in a row cool it, and good answers of it count") {
  Cold bench;
  for (int at = 0; at < 2; ++at) bench.end(bench.send(), failure_of("p"));
  bench.end(bench.send(), good("p"));
  for (int at = 0; at < 2; ++at) bench.end(bench.send(), failure_of("p"));
  bench.end(bench.send(), good("q")); // tells nothing of p
  CHECK(bench.asked() == "granted");
  bench.end(bench.last, failure_of("p"));
  CHECK(bench.asked() == "p ");
}

TEST_CASE("the model cools down if no provider that works would be left") {
  Cold bench;
  bench.end(bench.send(), failure_of("p", 100 * second));
  bench.end(bench.send({"p"}), failure_of("q", 5 * second, {"p"}));
  CHECK(bench.asked({"p"}) == "cools");
  CHECK(bench.all() == Names{"m/one ", "m/one p"});
  bench.pass(6 * second);
  CHECK(bench.asked() == "p "); // the probe of the model leaves p out
  CHECK(bench.asked({"p"}) == "granted");
  CHECK(bench.all() == Names{"m/one  probed", "m/one p"});
  bench.end(bench.last, good("q"));
  CHECK(bench.all() == Names{"m/one p"});
}

TEST_CASE("a failed probe of the model counts for the model, whichever provider it names") {
  Cold bench;
  Ending unnamed = failure_of("p", second);
  unnamed.outcome.failed.clear();
  bench.end(bench.send(), unnamed);
  bench.pass(2 * second);
  bench.end(bench.send(), failure_of("p", 9 * second));
  CHECK(bench.asked() == "cools");
  CHECK(bench.all() == Names{"m/one "});
}

TEST_CASE("all providers that one attempt tried have failed, and Retry-After is that of the last") {
  Cold bench;
  Ending both = failure_of("p", 9 * second);
  both.outcome.failed = {{"r", "The r"}, {"p", "The p"}};
  bench.end(bench.send(), both);
  CHECK(bench.asked() == "p ");
  for (int at = 0; at < 2; ++at) bench.end(bench.send({"p"}), failure_of("r"));
  CHECK(bench.asked() == "p r ");
}

TEST_CASE("one attempt tries a provider after its time, and its end decides") {
  Cold bench;
  bench.end(bench.send(), failure_of("p", second));
  bench.pass(2 * second);
  const Uid probe = bench.send();
  CHECK(bench.all() == Names{"m/one p probed"});
  CHECK(bench.asked() == "p ");
  CHECK(bench.asked({"p"}) == "granted");
  bench.end(bench.last, good("q"));
  CHECK(bench.all() == Names{"m/one p probed"}); // it left p out
  bench.end(probe, good("q"));                   // another provider served: the next one tries
  CHECK(bench.all() == Names{"m/one p"});
  bench.end(bench.send(), failure_of("p"));
  CHECK(bench.asked() == "p ");
  bench.pass(31 * second);
  bench.end(bench.send(), good("p"));
  CHECK(bench.all().empty());
  CHECK(bench.database.integer("SELECT count(*) FROM provider_cooldown") == 0);
}

TEST_CASE("a probe of a provider whose process is gone does not keep it") {
  Cold bench;
  bench.end(bench.send(), failure_of("p", second));
  bench.pass(2 * second);
  bench.send();
  CHECK(bench.asked() == "p ");
  bench.commit([&](std::int64_t now) { // as another process does for one that is gone
    bench.database.execute("INSERT INTO instance(id, slot, boot, started_us) VALUES (1, 7, '', 0)");
    return ledger::sweep(bench.database, now, [](std::int64_t) { return true; });
  });
  CHECK(bench.asked() == "granted");
}

TEST_CASE("cool-downs of providers are lifted with their model, and one by one") {
  Cold bench;
  const auto cool = [&] {
    bench.end(bench.send(), failure_of("p", 60 * second, {"q", "r"}));
    bench.end(bench.send({"p"}), failure_of("q", 60 * second, {"p", "r"}));
  };
  const auto lift = [&](const EndCooldown& end) {
    return bench.commit([&](std::int64_t) { return bench.rows->cooldowns().change(end); });
  };
  cool();
  CHECK(lift({.model = "m/one", .provider = "The p"}).ok());
  CHECK(bench.all() == Names{"m/one q"});
  CHECK(lift({.model = "m/one", .provider = "r"}).error().message ==
        "the provider r of the model m/one does not cool down");
  CHECK(lift({.model = "m/one:nitro", .provider = "q"}).ok());
  CHECK(bench.all().empty());
  cool();
  CHECK(lift({.model = "m/one"}).ok());
  CHECK(bench.all().empty());
}

TEST_CASE("a file that is read again has the cool-downs of providers") {
  Cold bench;
  bench.end(bench.send(), failure_of("p", 60 * second));
  bench.rows->forget();
  bench.rows.emplace(bench.database, 1, "boot");
  CHECK(bench.asked() == "p ");
}
