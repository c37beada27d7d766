// Models that cool down: what the transactions that reserve and end make of it, in one process and
// in several.
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "ledger/cooldowns.hpp"
#include "ledger/verify.hpp"
#include "support/budget_bench.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"

using namespace ledger_words;

namespace {

constexpr std::int64_t second = 1'000'000;

Reservation wanted(const std::string& model = "m/one", bool skips = true) {
  Reservation r = reservation("", model);
  r.skip_cooling = skips;
  return r;
}
Ending failure(std::int64_t retry_after_us = 0, State state = State::voided) {
  return {.state = state,
          .error = Code::overloaded,
          .status = 503,
          .outcome = {Told::fails, retry_after_us, "P"}};
}
Ending good() {
  Ending ending = settled(5);
  ending.outcome = {.told = Told::serves};
  return ending;
}

struct Cold : Bench {
  Uid send(const std::string& model = "m/one") {
    const Reservation r = wanted(model, false);
    REQUIRE(reserve(r).is_granted());
    return r.uid;
  }
  void fail(std::int64_t retry_after_us = 0, const std::string& model = "m/one") {
    end(send(model), failure(retry_after_us));
  }
  // "granted" or what the next attempt is told.
  std::string asked(const std::string& model = "m/one") {
    const Reservation r = wanted(model);
    const Verdict verdict = reserve(r);
    if (verdict.cooling)
      return verdict.cooling->probing
                 ? "probed"
                 : "cools for " + std::to_string(verdict.cooling->wait_us / second);
    REQUIRE(verdict.is_granted());
    last = r.uid;
    return "granted";
  }
  std::vector<Cooldown> all() { return ledger::cooldowns(database, moment.wall_us); }
  std::int64_t count(const char* sql) { return database.integer(sql); }
  Uid last;
};

} // namespace

TEST_CASE("a model that cools down is not reserved by a call that has another") {
  Cold bench;
  bench.fail(10 * second);
  CHECK(bench.asked() == "cools for 10");
  CHECK(bench.asked("m/one:nitro") == "cools for 10");
  CHECK(bench.asked("m/one:free") == "granted");
  CHECK(bench.asked("m/two") == "granted");
  CHECK(bench.reserve(wanted("m/one", false)).is_granted()); // it has no other
  Reservation elsewhere = wanted();
  elsewhere.origin = std::make_shared<const Origin>(Origin{"http://localhost:1", "", ""});
  CHECK(bench.reserve(elsewhere).is_granted());
  const auto all = bench.all();
  REQUIRE(all.size() == 1);
  CHECK(all[0].model == "m/one");
  CHECK(all[0].server == "https://openrouter.ai/api/v1");
  CHECK(all[0].provider == "P");
  CHECK(all[0].failures == 1);
  CHECK(all[0].error == Code::overloaded);
  CHECK(all[0].status == 503);
  CHECK_FALSE(all[0].probing);
  CHECK(all[0].until == Time(std::chrono::microseconds(bench.moment.wall_us + 10 * second)));
  CHECK(ledger::verify(bench.database).problems.empty());
}

TEST_CASE("a skipped attempt reserves nothing: no row and no hold in a budget") {
  Cold bench;
  REQUIRE(bench.change({.name = "b", .limit = Amount{100}, .window = Window::day}).ok());
  Reservation first = wanted("m/one", false);
  first.bound = Amount{40};
  REQUIRE(bench.reserve(first).is_granted());
  bench.end(first.uid, failure(10 * second));
  Reservation next = wanted();
  next.bound = Amount{40};
  CHECK(bench.reserve(next).cooling);
  CHECK(bench.count("SELECT count(*) FROM pending") == 0);
  CHECK(bench.count("SELECT sum(reserved_p) FROM budget_window") == 0);
  bench.pass(11 * second);
  next.bound = Amount{400}; // refused by the budget: it does not become the probe
  CHECK(bench.reserve(next).refused);
  next.bound = Amount{40};
  CHECK(bench.reserve(next).is_granted());
  CHECK(bench.all()[0].probing);
}

TEST_CASE("after the time one attempt probes, and its end decides") {
  Cold bench;
  for (int at = 0; at < 3; ++at) bench.fail();
  CHECK(bench.asked() == "cools for 30");
  bench.pass(30 * second);
  CHECK(bench.asked() == "granted");
  CHECK(bench.asked() == "probed");
  CHECK(bench.all()[0].probing);
  bench.end(bench.last, failure());
  CHECK(bench.asked() == "cools for 60");
  bench.pass(60 * second);
  CHECK(bench.asked() == "granted");
  bench.end(bench.last, {.state = State::unknown, .error = Code::cancelled}); // tells nothing
  CHECK(bench.asked() == "granted");
  bench.end(bench.last, failure(0, State::unknown));
  CHECK(bench.asked() == "cools for 120");
  bench.pass(120 * second);
  CHECK(bench.asked() == "granted");
  bench.end(bench.last, good());
  CHECK(bench.asked() == "granted");
  CHECK(bench.asked() == "granted");
  CHECK(bench.all().empty());
  CHECK(bench.count("SELECT count(*) FROM cooldown") == 0);
}

TEST_CASE("a probe whose process is gone does not keep the model") {
  Cold bench;
  bench.fail(second);
  bench.pass(2 * second);
  CHECK(bench.asked() == "granted");
  CHECK(bench.asked() == "probed");
  bench.commit([&](std::int64_t now) { // as another process does for one that is gone
    bench.database.execute("INSERT INTO instance(id, slot, boot, started_us) VALUES (1, 7, '', 0)");
    return ledger::sweep(bench.database, now, [](std::int64_t) { return true; });
  });
  CHECK_FALSE(bench.all()[0].probing);
  CHECK(bench.asked() == "granted");
  bench.pass(60 * second); // one that goes on for long
  CHECK(bench.asked() == "granted");
}

TEST_CASE("a good end costs nothing while no model has failed, and changes no row of others") {
  Cold bench;
  bench.end(bench.send(), good());
  CHECK(bench.count("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'cooldowns'") == 0);
  bench.fail(60 * second);
  const auto version =
      bench.count("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'cooldowns'");
  CHECK(version == 1);
  bench.end(bench.send("m/two"), good());
  CHECK(bench.count("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'cooldowns'") == version);
}

TEST_CASE("the file keeps a thousand models, those that failed last") {
  Cold bench;
  for (int at = 0; at < 1005; ++at) {
    bench.pass(1000);
    bench.fail(3000 * second, "m/" + std::to_string(at));
  }
  CHECK(bench.count("SELECT count(*) FROM cooldown") == 1000);
  CHECK(bench.asked("m/4") == "granted");
  CHECK(bench.asked("m/5").starts_with("cools"));
  bench.pass(7000 * second); // all of them are long past
  CHECK(bench.all().empty());
  bench.fail(second, "m/new");
  CHECK(bench.count("SELECT count(*) FROM cooldown") == 1);
}

TEST_CASE("a cool-down is lifted by hand, under any name of the model") {
  Cold bench;
  bench.fail(60 * second);
  const auto lift = [&](const std::string& model) {
    return bench.commit(
        [&](std::int64_t) { return bench.rows->cooldowns().change({.model = model}); });
  };
  CHECK_FALSE(lift("m/two").ok());
  CHECK(lift("m/one:nitro").ok());
  CHECK(bench.asked() == "granted");
  CHECK_FALSE(lift("m/one").ok());
}

TEST_CASE("the view has the models that cool down") {
  Cold bench;
  bench.end(bench.send(), good());
  CHECK(bench.rows->view()->cooldowns.empty());
  const auto before = bench.rows->view();
  bench.end(bench.send(), good());
  CHECK(bench.rows->view() == before); // not made again
  const Uid failed = bench.send();
  bench.end(failed, failure(9 * second));
  const auto cooldowns = bench.rows->view()->cooldowns;
  REQUIRE(cooldowns.size() == 1);
  CHECK(cooldowns[0] == LedgerView::Cooldown{"https://openrouter.ai/api/v1",
                                             "m/one",
                                             bench.moment.wall_us + 9 * second,
                                             failed.text(),
                                             {},
                                             {}});
  bench.pass(10 * second);
  bench.end(bench.send(), good());
  CHECK(bench.rows->view()->cooldowns.empty());
}

TEST_CASE("what a transaction that was rolled back knew of models is forgotten") {
  Cold bench;
  const Uid uid = bench.send();
  bench.rows->end(uid, failure(60 * second),
                  bench.rows->time(bench.moment, bench.database.begin()));
  bench.database.roll_back();
  bench.rows->forget();
  CHECK(bench.asked() == "granted");
  bench.end(uid, failure(60 * second));
  CHECK(bench.asked() == "cools for 60");
}

TEST_CASE("processes share cool-downs, and a file that was opened again has them") {
  const Folder folder;
  const std::string path = folder / "ledger.db";
  const auto asked = [](Ledger& ledger) {
    std::promise<bool> answer;
    ledger.reserve(std::make_shared<const Reservation>(wanted()),
                   [&](const Verdict& verdict) { answer.set_value(verdict.is_granted()); });
    return answer.get_future().get();
  };
  int ready[2], go[2];
  REQUIRE(pipe(ready) == 0);
  REQUIRE(pipe(go) == 0);
  const pid_t child = fork();
  if (child == 0) { // reserves before and after the other process has its failure
    char byte = 0;
    int result = 9;
    {
      const Opened other(path);
      result = asked(*other.ledger) ? 0 : 1;
      if (write(ready[1], "x", 1) != 1 || read(go[0], &byte, 1) != 1) _exit(8);
      if (asked(*other.ledger)) result += 2;
      if (other.ledger->view()->cooldowns.size() != 1) result += 4;
    }
    _exit(result);
  }
  char byte = 0;
  REQUIRE(read(ready[0], &byte, 1) == 1);
  {
    const Opened opened(path);
    const Reservation r = wanted();
    CHECK_FALSE(reserve(*opened.ledger, r));
    book(*opened.ledger, r.uid, failure(3000 * second));
    CHECK_FALSE(asked(*opened.ledger));
  }
  REQUIRE(write(go[1], "x", 1) == 1);
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  for (const int end : {ready[0], ready[1], go[0], go[1]}) close(end);
  {
    const Opened opened(path);
    CHECK_FALSE(asked(*opened.ledger));
    CHECK(ask(*opened.ledger, ListCooldowns{}).value().size() == 1);
    CHECK(ask(*opened.ledger, EndCooldown{"m/one"}).ok());
    CHECK(ask(*opened.ledger, EndCooldown{"m/one"}).error().code == Code::invalid);
    CHECK(ask(*opened.ledger, EndCooldown{}).error().message == "end_cooldown has no model");
    CHECK(asked(*opened.ledger));
  }
}
