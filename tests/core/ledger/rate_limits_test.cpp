// Rate limits: what the transactions that reserve and end make of them.
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "ledger/rate_limits.hpp"
#include "ledger/verify.hpp"
#include "support/budget_bench.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"

using namespace ledger_words;

namespace {

constexpr std::int64_t second = 1'000'000, hour = 3600 * second;

struct Rated : Bench {
  Result<std::optional<RateLimit>> change_limit(const SetRateLimit& limit) {
    return commit([&](std::int64_t) { return rows->change(limit, moment); });
  }
  void limit(std::int64_t requests, std::int64_t per = 60) {
    REQUIRE(change_limit({.name = "r", .requests = requests, .per = per}).ok());
  }
  // "granted" or the words of the refusal. `last` is the verdict.
  std::string ask(Reservation r) {
    last_uid = r.uid;
    last = reserve(r);
    return last.refused ? last.refused->message : "granted";
  }
  std::string ask(std::int64_t tokens = 0, const std::string& user = "") {
    Reservation r = reservation();
    r.tokens = tokens;
    r.charge_to.user = user;
    return ask(std::move(r));
  }
  std::vector<RateLimit> all() { return ledger::rate_limits(database, moment); }
  Verdict last;
  Uid last_uid;
};

constexpr const char* full =
    "the rate limit r of 3 requests in 60 s has no room for the call now; nothing was sent";

} // namespace

TEST_CASE("a rate limit has room again as soon as it told, and not earlier") {
  Rated bench;
  bench.limit(3);
  CHECK(bench.ask() == "granted");
  bench.pass(10 * second);
  CHECK(bench.ask() == "granted");
  CHECK(bench.ask() == "granted");
  CHECK(bench.ask() == full);
  REQUIRE(bench.last.room_after_us);
  CHECK(*bench.last.room_after_us <= 51 * second);
  CHECK(*bench.last.room_after_us > 49 * second);
  const Error& error = *bench.last.refused;
  CHECK(error.code == Code::over_rate);
  CHECK(error.retryable);
  CHECK(error.limit == "r");
  CHECK(error.retry_after->count() == (*bench.last.room_after_us + 999) / 1000);
  CHECK(bench.database.integer("SELECT count(*) FROM pending") == 3);
  bench.pass(*bench.last.room_after_us - 1);
  CHECK(bench.ask() == full);
  CHECK(bench.last.room_after_us == 1);
  bench.pass(1);
  CHECK(bench.ask() == "granted");
  CHECK(bench.ask() == full); // the two others count for 10 s more
  CHECK(*bench.last.room_after_us == 10 * second);
  const auto all = bench.all();
  REQUIRE(all.size() == 1);
  CHECK(all[0].used_requests == 3);
  CHECK(all[0].per == 60);
  CHECK(ledger::verify(bench.database).problems.empty());
}

TEST_CASE("no time as long as the window has more than the limit, whatever calls come when") {
  std::mt19937 random(7);
  for (const std::int64_t per : {1, 7, 60, 3600}) {
    Rated bench;
    bench.limit(5, per);
    std::vector<std::int64_t> sent;
    int granted_late = 0;
    for (int at = 0; at < 400; ++at) {
      const auto step = static_cast<std::int64_t>(random() % 300) * per * 1000;
      bench.pass(random() % 3 == 0 ? step : 0);
      if (bench.ask() != "granted") {
        if (random() % 2 == 0) continue;
        bench.pass(*bench.last.room_after_us);
        REQUIRE(bench.ask() == "granted"); // the time that it told is exact
        ++granted_late;
      }
      sent.push_back(bench.moment.boot_us);
      if (sent.size() <= 5) continue;
      const std::int64_t apart = sent.back() - sent[sent.size() - 6];
      CHECK(apart >= per * second);
    }
    CHECK(granted_late > 10);
    CHECK(bench.database.integer("SELECT count(*) FROM rate_bucket") < 400);
  }
}

TEST_CASE("tokens count as expected, and then as told") {
  Rated bench;
  REQUIRE(bench.change_limit({.name = "t", .tokens = 1000}).ok());
  const auto used = [&] { return bench.all()[0].used_tokens; };
  CHECK(bench.ask(600) == "granted");
  const Uid first = bench.last_uid;
  CHECK(used() == 600);
  CHECK(bench.ask(500) ==
        "the rate limit t of 1000 tokens in 60 s has no room for the call now; nothing was sent");
  bench.end(first, settled(5)); // 10 + 5 tokens
  CHECK(used() == 15);
  CHECK(bench.ask(500) == "granted");
  bench.end(bench.last_uid, {.state = State::voided}); // it has taken none
  CHECK(used() == 15);
  CHECK(bench.ask(300) == "granted");
  bench.end(bench.last_uid, {.state = State::unknown}); // it may have taken them all
  CHECK(used() == 315);
  CHECK(bench.ask(100) == "granted");
  Ending more = settled(5);
  more.usage = {.prompt_tokens = 400, .completion_tokens = 300};
  bench.end(bench.last_uid, more); // more than expected
  CHECK(used() == 1015);
  CHECK(bench.ask(1).starts_with("the rate limit t"));
  CHECK(bench.database.integer("SELECT count(*) FROM rate_hold") == 0);
  CHECK(bench.database.integer("SELECT count(*) FROM v1_entries") == 3);
}

TEST_CASE("a call that can never fit is told so, and is not retryable") {
  Rated bench;
  bench.limit(3);
  REQUIRE(bench.change_limit({.name = "t", .tokens = 1000}).ok());
  for (int at = 0; at < 3; ++at) bench.ask(1);
  CHECK(bench.ask(1001) ==
        "the rate limit t of 1000 tokens in 60 s can never let the call "
        "through, which may take 1001 tokens; nothing was sent");
  CHECK_FALSE(bench.last.room_after_us);
  CHECK_FALSE(bench.last.refused->retryable);
  CHECK_FALSE(bench.last.refused->retry_after);
  CHECK(bench.last.refused->limit == "t");
}

TEST_CASE("each value of a * has a limit of its own, and so have the calls without one") {
  Rated bench;
  REQUIRE(bench.change_limit({.name = "r", .requests = 1, .scope = {.user = "*"}}).ok());
  CHECK(bench.ask(0, "ann") == "granted");
  CHECK(bench.ask(0, "bob") == "granted");
  CHECK(bench.ask(0, "ann") ==
        "the rate limit r of 1 requests in 60 s of user ann has no room for "
        "the call now; nothing was sent");
  CHECK(bench.ask() == "granted");
  CHECK(bench.ask() != "granted");
  const auto all = bench.all();
  REQUIRE(all.size() == 3);
  CHECK(all[0].value.empty());
  CHECK(all[1].value == "ann");
  bench.pass(62 * second);
  CHECK(bench.ask(0, "cid") == "granted");
  CHECK(bench.database.integer("SELECT count(*) FROM rate_bucket") == 1); // the others are dropped
}

TEST_CASE("several limits hold together, and a refused attempt counts in none") {
  Rated bench;
  REQUIRE(bench.change_limit({.name = "few", .requests = 1, .per = 10}).ok());
  REQUIRE(bench.change_limit({.name = "fewer", .requests = 2, .per = 3600}).ok());
  REQUIRE(bench.change({.name = "b", .limit = Amount{10}, .window = Window::day}).ok());
  Reservation dear = reservation();
  dear.bound = Amount{11};
  CHECK(bench.ask(dear).find("budget b") != std::string::npos); // not by a rate limit
  for (const RateLimit& one : bench.all()) CHECK(one.used_requests == 0);
  REQUIRE(bench.change({.name = "b", .remove = true}).ok());
  CHECK(bench.ask() == "granted");
  CHECK(bench.ask().starts_with("the rate limit few "));
  bench.pass(11 * second);
  CHECK(bench.ask() == "granted");
  CHECK(bench.ask().starts_with("the rate limit fewer ")); // it is the longer wait
  CHECK(*bench.last.room_after_us > 3000 * second);
}

TEST_CASE("a limit of a model asks for the other names of the call's model") {
  Rated bench;
  REQUIRE(bench.change_limit({.name = "m", .requests = 1, .scope = {.model = "m/one"}}).ok());
  Reservation r = reservation("", "m/one:nitro");
  r.names_sought = false;
  const Verdict verdict = bench.reserve(r);
  REQUIRE(verdict.plan_again);
  CHECK(verdict.plan_again->names_models);
  r.names_sought = true;
  CHECK(bench.ask(r) == "granted");
  r.uid = reservation().uid;
  CHECK(bench.ask(r) != "granted");
  CHECK(bench.ask() == "granted"); // another model
}

TEST_CASE("a wall clock that is set changes nothing of a limit") {
  Rated bench;
  bench.limit(3);
  for (int at = 0; at < 3; ++at) CHECK(bench.ask() == "granted");
  for (const std::int64_t jump : {-2 * hour, 5 * hour, -24 * hour}) {
    bench.moment.wall_us += jump;
    CHECK(bench.ask() == full);
    CHECK(*bench.last.room_after_us <= 61 * second);
  }
  bench.pass(*bench.last.room_after_us);
  CHECK(bench.ask() == "granted");
  CHECK(bench.all()[0].used_requests == 1);
}

TEST_CASE("a start of the machine frees no limit, and a clock set back then stops none") {
  Rated bench;
  bench.limit(3);
  for (int at = 0; at < 3; ++at) CHECK(bench.ask() == "granted");
  const auto start_again = [&](std::int64_t later_us, const std::string& boot) {
    bench.moment = {bench.moment.wall_us + later_us, 5 * second, boot};
    bench.rows.emplace(bench.database, 1, boot);
  };
  start_again(20 * second, "second");
  CHECK(bench.all()[0].used_requests == 3);
  CHECK(bench.ask() == full);
  CHECK(*bench.last.room_after_us <= 41 * second);
  start_again(-hour, "third");
  CHECK(bench.ask() == full);
  CHECK(*bench.last.room_after_us <= 61 * second);
  bench.pass(62 * second);
  CHECK(bench.ask() == "granted");
}

TEST_CASE("a change keeps what is left out, and another time or scope begins anew") {
  Rated bench;
  bench.limit(1);
  CHECK(bench.ask() == "granted");
  const RateLimit raised = bench.change_limit({.name = "r", .requests = 2}).value().value();
  CHECK(raised.requests == 2);
  CHECK(raised.used_requests == 1);
  CHECK(bench.change_limit({.name = "r", .per = 30}).value()->used_requests == 0);
  CHECK(bench.change_limit({.name = "r", .tokens = 5}).value()->requests == 2);
  CHECK(bench.ask(6).find("can never") != std::string::npos);
  CHECK(bench.change_limit({.name = "new"}).error().message ==
        "there is no rate limit new yet, and a new one needs requests or tokens");
  CHECK_FALSE(bench.change_limit({.name = "r", .remove = true}).value());
  CHECK_FALSE(bench.change_limit({.name = "r", .remove = true}).ok());
  CHECK(bench.ask(6) == "granted");
  CHECK(bench.database.integer("SELECT count(*) FROM rate_bucket") == 0);
}

TEST_CASE("what cannot be used of a rate limit is refused by name") {
  using ledger::fault_of;
  CHECK(fault_of(SetRateLimit{.name = ""}) == "the name of a rate limit has 1 to 128 bytes");
  CHECK(fault_of(SetRateLimit{.name = "r", .requests = 0}) ==
        "requests is not between 1 and 1000000000");
  CHECK(fault_of(SetRateLimit{.name = "r", .tokens = -1}) ==
        "tokens is not between 1 and 1000000000000");
  CHECK(fault_of(SetRateLimit{.name = "r", .per = 86'401}) ==
        "per is not between 1 and 86400 seconds");
  CHECK(fault_of(SetRateLimit{.name = "r", .scope = {.tag = "*"}}) == "tag cannot be \"*\" here");
  CHECK(fault_of(SetRateLimit{.name = "r", .requests = 1, .remove = true}) ==
        "a rate limit cannot be both deleted and changed");
  CHECK(fault_of(SetRateLimit{.name = "r", .requests = 1, .scope = {.user = "*"}}).empty());
}

TEST_CASE("a file with a rate limit is not written by an older wayfare") {
  Rated bench;
  const auto oldest = [&] { return bench.database.integer("PRAGMA user_version"); };
  CHECK(oldest() == 6);
  bench.limit(3);
  CHECK(oldest() == 13);
  CHECK(ledger::reason_for_newer(bench.database) ==
        "the rate limit r is not known to older versions");
  REQUIRE(bench.change_limit({.name = "r", .remove = true}).ok());
  CHECK(oldest() == 6);
}

TEST_CASE("a ledger enforces a limit from the moment when it is set") {
  const Folder folder;
  const std::string path = folder / "ledger.db";
  const Opened one(path);
  CHECK(ask(*one.ledger, SetRateLimit{.name = "r", .requests = 10}).value()->requests == 10);
  int granted = 0;
  for (int at = 0; at < 20; ++at) granted += reserve(*one.ledger, reservation()) ? 0 : 1;
  CHECK(granted == 10);
  CHECK(ask(*one.ledger, ListRateLimits{}).value()[0].used_requests == 10);
  CHECK(number(path, "SELECT sum(requests) FROM rate_bucket") == 10);
}
