// Prune: the rows that stay, and a prune that is interrupted.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "ledger/prune.hpp"
#include "ledger/schema.hpp"
#include "support/folder.hpp"
#include "support/keeping.hpp"

using namespace keeping_words;

namespace {

std::string usage_text(Ledger& ledger, const By& by) {
  std::string text;
  for (const UsageRow& row : ask(ledger, UsageQuery{.by = by}).value()) {
    for (const Dimension one : by) text += value_of(row, one) + " ";
    text += std::to_string(row.calls) + " " + std::to_string(row.unknown) + " " +
            std::to_string(row.prompt_tokens) + " " + row.cost.text() + "\n";
  }
  return text;
}

} // namespace

TEST_CASE("a prune deletes old entries, and keeps the sums and the entries that are looked up",
          "[slow]") {
  const Folder folder;
  const std::string path = folder / "l.db";
  {
    Opened opened(path);
    fill(*opened.ledger, 2500);
    Reservation r = reservation();
    r.charge_to.user = "another";
    REQUIRE_FALSE(reserve(*opened.ledger, r));
    book(*opened.ledger, r.uid, settled(1));
  }
  age(path, 40 * day);
  Opened opened(path);
  Ledger& ledger = *opened.ledger;
  REQUIRE(verify(ledger).ok);
  fill(ledger, 50, 2);
  std::vector<std::string> before;
  const std::vector<By> reports{{},
                                {Dimension::day, Dimension::model},
                                {Dimension::user},
                                {Dimension::tag, Dimension::day},
                                {Dimension::agent, Dimension::provider}};
  for (const auto& by : reports) before.push_back(usage_text(ledger, by));
  const std::int64_t cost_pending = number(path, "SELECT count(*) FROM cost_pending"),
                     all = number(path, "SELECT count(*) FROM entry");
  const std::int64_t now = os::wall_us();

  CHECK(prune(ledger, now + day).error().code == Code::invalid);
  const Pruned gone = prune(ledger, now - 20 * day).value();
  CHECK((gone.entries > 2000 && gone.windows == 1)); // the other windows have unknown calls
  CHECK(number(path, "SELECT count(*) FROM entry") == all - gone.entries);
  CHECK(number(path, "SELECT count(*) FROM cost_pending c JOIN entry e ON e.id = c.entry") ==
        cost_pending);
  CHECK(prune(ledger, now - 30 * day).value().entries == 0);
  CHECK(prune(ledger, now - 20 * day).value().entries == 0);
  for (std::size_t at = 0; at < reports.size(); ++at)
    CHECK(usage_text(ledger, reports[at]) == before[at]);
  // from the remaining entries
  CHECK(usage_text(ledger, {Dimension::run}).find("r ") != std::string::npos);
  CHECK(verify(ledger).problems == std::vector<std::string>{});
  fill(ledger, 20, 3);
  CHECK(verify(ledger).ok);

  // verify() does not check pruned entries, but checks the others.
  const auto finds = [&](const std::string& words) {
    return std::ranges::any_of(verify(ledger).problems, [&](const std::string& problem) {
      return problem.find(words) != problem.npos;
    });
  };
  damage(path,
         "UPDATE hold SET uid = uid || 'x' WHERE window_id = (SELECT max(window_id) FROM hold)");
  CHECK(finds("held by a missing attempt"));
  damage(path, "UPDATE budget_window SET spent_p = spent_p - 1 WHERE start_us = 0");
  CHECK(finds("a window's costs are not those of the sums by day: all from 0"));
}

TEST_CASE(
    "a budget that is made behind a prune begins with the sums, or is refused where they do not "
    "tell") {
  const Folder folder;
  const std::string path = folder / "l.db";
  {
    Opened opened(path);
    for (int at = 0; at < 30; ++at) {
      Reservation r = reservation(at % 3 ? "x" : "y");
      r.charge_to.app = "shop";
      r.charge_to.user = at % 2 ? "u" : "";
      r.charge_to.tags = {"t"};
      r.charge_to.run = "r";
      REQUIRE_FALSE(reserve(*opened.ledger, r));
      book(*opened.ledger, r.uid, settled(10));
    }
  }
  age(path, 40 * day);
  Opened opened(path);
  Ledger& ledger = *opened.ledger;
  const auto make = [&](Scope scope, BudgetMode mode = BudgetMode::hard) {
    return ask(ledger, SetBudget{.name = "b",
                                 .limit = Amount{1000},
                                 .window = Window::lifetime,
                                 .mode = mode,
                                 .scope = std::move(scope)});
  };
  const auto spent = [&](const Scope& scope) {
    REQUIRE(make(scope).ok());
    const auto state = ask(ledger, ListBudgets{}).value().at(0).spent.picodollars;
    REQUIRE(ask(ledger, SetBudget{.name = "b", .remove = true}).ok());
    return state;
  };
  const std::vector<std::pair<Scope, std::int64_t>> summed{{{}, 300},
                                                           {{.agent = "x"}, 200},
                                                           {{.app = "shop", .user = "u"}, 150},
                                                           {{.app = "shop", .tag = "t"}, 300},
                                                           {{.app = "other"}, 0},
                                                           {{.key = "0123456789abcdef"}, 300},
                                                           {{.key = "0123456789ab"}, 300}};
  const std::vector<Scope> others{
      {.run = "r"}, {.model = "m"}, {.agent = "x", .user = "u"}, {.user = "u", .tag = "t"}};
  for (const auto& [scope, sum] : summed) CHECK(spent(scope) == sum);
  for (const auto& scope : others) CHECK(spent(scope) > 0); // computed from the entries
  REQUIRE(prune(ledger, os::wall_us() - day).value().entries == 29);
  for (const auto& [scope, sum] : summed) CHECK(spent(scope) == sum);
  for (const auto& scope : others) {
    CHECK(make(scope).error().code == Code::invalid);
    CHECK(make(scope, BudgetMode::soft).ok());
    CHECK(make(scope).error().code == Code::invalid); // also not by changing the scope later
    REQUIRE(ask(ledger, SetBudget{.name = "b", .remove = true}).ok());
  }
  REQUIRE(ask(ledger, SetBudget{.name = "b",
                                .limit = Amount{1000},
                                .window = Window::lifetime,
                                .scope = {.user = "*"},
                                .missing = BudgetMissing::share})
              .ok());
  Reservation r = reservation("x"); // without a user: the difference to all calls
  r.bound = Amount{851};
  CHECK(reserve(ledger, r)->code == Code::budget_exceeded);
  r.bound = Amount{850};
  CHECK_FALSE(reserve(ledger, r));
}

TEST_CASE("the newest entry stays, so that ids and ledger time continue after it") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Opened opened(path);
  Ledger& ledger = *opened.ledger;
  fill(ledger, 30);
  const std::int64_t newest = number(path, "SELECT max(id) FROM entry");
  const EntryPage page = ask(ledger, EntryQuery{.limit = 20}).value();
  CHECK(prune(ledger, os::wall_us()).value().entries > 20);
  CHECK(number(path, "SELECT max(id) FROM entry") == newest);
  CHECK(verify(ledger).ok);
  const Reservation r = reservation();
  REQUIRE_FALSE(reserve(ledger, r));
  book(ledger, r.uid, settled(1));
  CHECK(number(path, "SELECT max(id) FROM entry") == newest + 1);
  const auto rest = entries(ledger, {.after = page.next}); // a reader of pages misses nothing
  CHECK(std::ranges::any_of(rest, [&](const Entry& entry) { return entry.entry == r.uid.text(); }));
}

TEST_CASE("a correction is deleted together with its entry") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Reservation r = reservation();
  r.charge_to.run = "r";
  {
    Opened opened(path);
    Ending ending = settled(0);
    ending.billing.cost.reset(), ending.billing.cost_source = CostSource::none,
                                 ending.billing.generation_id = "gen-1";
    REQUIRE_FALSE(reserve(*opened.ledger, r));
    book(*opened.ledger, r.uid, ending);
  }
  age(path, 40 * day);
  Opened opened(path);
  Ledger& ledger = *opened.ledger;
  Ending told = settled(7);
  told.billing.cost_source = CostSource::generation;
  std::promise<void> done;
  ledger.end_lookup(r.uid.text(), told, [&](const auto&) { done.set_value(); });
  done.get_future().get();
  fill(ledger, 5);
  REQUIRE(prune(ledger, os::wall_us() - day).value().entries == 0);
  for (const UsageRow& row : ask(ledger, UsageQuery{.by = {Dimension::run}}).value())
    if (row.run == "r") CHECK((row.calls > 0 && row.unknown >= 0));
  CHECK(verify(ledger).ok);
}

TEST_CASE("a budget made after a prune holds the bounds of unknown attempts") {
  const Folder folder;
  const std::string path = folder / "l.db";
  {
    Opened opened(path);
    // the second has no bound, the last one is the newest entry
    for (const std::int64_t bound : {100, 0, 7}) {
      Reservation r = reservation("x");
      r.origin = std::make_shared<const Origin>(
          Origin{r.origin->server, r.origin->endpoint, r.origin->key, false});
      if (bound > 0) r.bound = Amount{bound};
      REQUIRE_FALSE(reserve(*opened.ledger, r));
      Ending ending = settled(0);
      // It cannot be looked up.
      ending.billing.cost.reset(), ending.billing.cost_source = CostSource::none,
                                   ending.billing.generation_id = "chatcmpl-1";
      book(*opened.ledger, r.uid, ending);
    }
  }
  age(path, 40 * day);
  Opened opened(path);
  CHECK(prune(*opened.ledger, os::wall_us() - day).value().entries == 1);
  REQUIRE(ask(*opened.ledger, SetBudget{.name = "b",
                                        .limit = Amount{150},
                                        .window = Window::lifetime,
                                        .scope = {.agent = "x"}})
              .ok());
  CHECK(ask(*opened.ledger, ListBudgets{}).value().at(0).reserved == Amount{107});
}

TEST_CASE("every step of a prune is short, whatever it deletes") {
  sqlite::Database database(":memory:", sqlite::Database::Mode::memory);
  ledger::bring_forward(database, 0);
  database.execute(
      "INSERT INTO budget(id, name, limit_p, span, soft, assume_p, made_us, app, agent, user, run, "
      "tag, key, model) VALUES (1, 'b', 100, 0, 0, NULL, 1, '', '', '*', '', '', '', '');"
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 95) "
      "INSERT INTO budget_window SELECT i, 1, 'u' || i, 0, 3600000000, 0, iif(i < 4, 20, 0), 0 "
      "FROM n;"
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20) "
      "INSERT INTO hold SELECT 'E' || i, w.id, 1 FROM n, budget_window w WHERE w.id < 4;"
      "INSERT INTO pending(uid, call, instance, state, reserved_us, marked_us, boot, server, key, "
      "endpoint, app, agent, user, requested, looks_up) "
      "VALUES ('E7', 'E7', 1, 3, 5, 5, 0, 0, 0, 0, 0, 0, 0, 0, 1); DELETE FROM hold WHERE uid = "
      "'E7' "
      "AND window_id <> 3;"
      "UPDATE budget_window SET reserved_p = (SELECT coalesce(sum(held_p), 0) FROM hold WHERE "
      "window_id = budget_window.id)");
  const auto rows = [&] {
    return database.integer(
        "SELECT (SELECT count(*) FROM budget_window) + (SELECT count(*) FROM hold)");
  };
  Pruned pruned;
  bool done = false;
  for (int step = 0; !done; ++step) {
    REQUIRE(step < 50);
    const std::int64_t before = rows();
    done = ledger::prune_step(database, 7'200'000'000, 10, pruned);
    CHECK(before - rows() <= 10);
    CHECK(database.integer("SELECT count(*) FROM budget_window w WHERE reserved_p <> (SELECT "
                           "coalesce(sum(held_p), 0) FROM hold WHERE "
                           "window_id = w.id)") == 0);
  }
  CHECK(pruned.windows == 94);
  CHECK(database.integer("SELECT id FROM budget_window") == 3); // its call has not ended yet
  CHECK(database.integer("SELECT count(*) FROM hold") == 20);
}

TEST_CASE(
    "a hard budget for each of many counts what was before it, though that was pruned before they "
    "came again") {
  const Folder folder;
  const std::string path = folder / "l.db";
  const auto of = [](const std::string& user, std::int64_t bound) {
    Reservation r = reservation("x");
    r.charge_to.user = user;
    r.bound = Amount{bound};
    return r;
  };
  const Reservation open = of("carl", 30);
  {
    Opened opened(path);
    // the last one is the newest entry, which stays
    for (const char* user : {"ann", "bob", "eve"}) {
      const Reservation r = of(user, 90);
      REQUIRE_FALSE(reserve(*opened.ledger, r));
      book(*opened.ledger, r.uid, settled(90));
    }
    REQUIRE_FALSE(reserve(*opened.ledger, open));
  }
  age(path, 40 * day);
  Opened opened(path);
  Ledger& ledger = *opened.ledger;
  REQUIRE(ask(ledger, SetBudget{.name = "b",
                                .limit = Amount{100},
                                .window = Window::lifetime,
                                .scope = {.agent = "x", .user = "*"}})
              .ok());
  REQUIRE_FALSE(reserve(ledger, of("ann", 10))); // ann has a window before the prune
  REQUIRE(prune(ledger, os::wall_us() - day).value().entries > 0);
  CHECK(reserve(ledger, of("ann", 1))->code == Code::budget_exceeded);
  CHECK(reserve(ledger, of("bob", 11))->code == Code::budget_exceeded);
  CHECK_FALSE(reserve(ledger, of("bob", 10)));
  CHECK(reserve(ledger, of("carl", 71))->code == Code::budget_exceeded);
  CHECK_FALSE(reserve(ledger, of("carl", 70)));
  CHECK_FALSE(reserve(ledger, of("dora", 100)));
  CHECK(verify(ledger).problems == std::vector<std::string>{});
}

TEST_CASE("the next prune continues a killed prune, and no sum is lost") {
  const Folder folder;
  const std::string path = folder / "l.db";
  {
    Opened opened(path);
    fill(*opened.ledger, 200, 1, false);
  }
  // Copies the entries and their sums, so that a prune takes several steps.
  damage(
      path,
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) INSERT "
      "INTO entry" +
          entry_columns +
          "SELECT NULL, e.uid || '-' || n.i, "
          "call, kind, "
          "reserved_us, booked_us, server, key, endpoint, app, agent, user, run, tags, request_id, "
          "requested, served, provider, gen_id, "
          "prompt, completion, "
          "cached, cache_write, reasoning, cost_p, cost_source, finish, error, status, total_us, "
          "bound_p, non_token_p FROM n, entry e WHERE "
          "cost_p IS "
          "NOT NULL;"
          "UPDATE rollup_day SET calls = 101 * calls - 100 * unknown, cost_p = 101 * cost_p; "
          "UPDATE "
          "budget_window SET spent_p = 101 * spent_p");
  age(path, 40 * day);
  const std::int64_t all = number(path, "SELECT count(*) FROM entry");
  const std::string sums = "SELECT sum(calls) * 1000000 + sum(cost_p) FROM rollup_day";
  const std::int64_t before = number(path, sums);
  std::int64_t left = all;
  int cut = 0;
  for (int round = 0; round < 200 && left > 5000; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      Opened opened(path);
      opened.ledger->execute(Prune{Time(std::chrono::microseconds(os::wall_us() - 20 * day))},
                             [](const auto&) {});
      pause();
    }
    const std::int64_t was = left;
    const auto deadline = Clock::now() + std::chrono::seconds(60);
    while (left == was && Clock::now() < deadline) { // until a step is committed
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      left = number(path, "SELECT count(*) FROM entry");
    }
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    left = number(path, "SELECT count(*) FROM entry");
    cut += left > 1000 ? 1 : 0;
    CHECK(number(path,
                 "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'") == 0);
    CHECK(number(path, sums) == before);
  }
  CHECK(cut > 0);
  Opened opened(path);
  const Pruned rest = prune(*opened.ledger, os::wall_us() - 20 * day).value();
  CHECK(rest.entries <= left);
  CHECK(number(path, "SELECT count(*) FROM entry WHERE cost_p IS NOT NULL") <= 1);
  CHECK(number(path, sums) == before);
  CHECK(verify(*opened.ledger).problems == std::vector<std::string>{});
}
