// Care of a ledger's file: whether it is whole, copies of it, and how old entries go.

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/folder.hpp"
#include "support/ledger.hpp"

using namespace ledger_words;

namespace {

Verification verify(Ledger& ledger) { return ask(ledger, Order(Verify{})).value().verification; }
Result<Report> back_up(Ledger& ledger, const std::string& path) { return ask(ledger, Order(Backup{path})); }
Result<Report> prune(Ledger& ledger, std::int64_t before_us) {
  return ask(ledger, Order(Prune{Time(std::chrono::microseconds(before_us))}));
}

// By SQLite itself, with the file's own protections taken away.
void damage(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  const std::string all = "DROP TRIGGER IF EXISTS entry_stands; DROP TRIGGER IF EXISTS entry_stays; " + sql;
  INFO(sql);
  REQUIRE(sqlite3_exec(database, all.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
}

void age(const std::string& path, std::int64_t us) { // of all that was booked so far
  const std::string by = std::to_string(us);
  damage(path, "UPDATE entry SET booked_us = booked_us - " + by + ", reserved_us = reserved_us - " + by +
                   "; UPDATE bwin SET start_us = start_us - " + by + ", end_us = end_us - " + by + " WHERE end_us < 9000000000000000000");
  for (const char* table : {"day", "user", "tag"})
    damage(path, std::string("UPDATE rollup_") + table + " SET day = day - " + std::to_string(us / 86'400'000'000));
}
constexpr std::int64_t day = 86'400'000'000;

// Calls of every kind and state, under several budgets.
void fill(Ledger& ledger, int calls, std::uint64_t seed = 1) {
  std::mt19937_64 chance(seed);
  REQUIRE(ask(ledger, Order(Budget{.name = "all", .limit = Amount{1'000'000'000}, .window = Window::lifetime, .assume = Amount{5}})).ok());
  Budget each{.name = "each", .limit = Amount{1'000'000'000}, .window = Window::day, .assume = Amount{5}};
  each.scope.user = "*";
  REQUIRE(ask(ledger, Order(each)).ok());
  for (int at = 0; at < calls; ++at) {
    Reservation r = reservation(at % 2 ? "x" : "y");
    r.charge_to.user = std::string(chance() % 3, 'u');
    r.charge_to.run = at % 3 ? "r" : "";
    if (at % 4) r.charge_to.tags = {"s", "t", "s"};
    r.bound = Amount{100};
    REQUIRE_FALSE(reserve(ledger, r));
    Ending ending = settled(static_cast<std::int64_t>(chance() % 120));
    if (at % 7 == 3) ending = Ending{.state = State::voided};
    if (at % 11 == 5) ending = Ending{.state = State::unknown};
    if (at % 13 == 6) ending.cost.reset(), ending.cost_source = CostSource::none, ending.generation_id = "gen-" + std::to_string(at);
    book(ledger, r.uid, ending);
  }
}

std::string usage_text(Ledger& ledger, std::vector<std::string> by) {
  std::string text;
  for (const UsageRow& row : ask(ledger, UsageQuery{.by = std::move(by)}).value().usage) {
    for (const auto& value : row.by) text += value + " ";
    text += std::to_string(row.calls) + " " + std::to_string(row.unknown) + " " + std::to_string(row.prompt_tokens) + " " +
            row.cost.text() + "\n";
  }
  return text;
}

} // namespace

TEST_CASE("a ledger of calls of every kind is whole") {
  const Folder folder;
  Opened opened(folder / "l.db");
  fill(*opened.ledger, 300);
  const Verification found = verify(*opened.ledger);
  CHECK(found.problems == std::vector<std::string>{});
  CHECK((found.ok() && found.entries > 250 && found.pending > 10 && found.entries + found.pending == 300));
  Opened memory(":memory:");
  fill(*memory.ledger, 50);
  CHECK(verify(*memory.ledger).ok());
}

TEST_CASE("what is not whole is found and named") {
  const std::vector<std::pair<std::string, std::string>> damages{
      {"INSERT INTO entry SELECT (SELECT max(id) + 1 FROM entry), uid, call, kind, reserved_us, (SELECT max(booked_us) FROM entry), "
       "server, "
       "key, endpoint, app, agent, user, run, tags, request_id, requested, served, provider, gen_id, prompt, completion, cached, written, "
       "reasoning, cost_p, cost_source, finish, error, status, total_us, bound_p FROM entry WHERE kind = 0 LIMIT 1",
       "ended twice"},
      {"UPDATE pending SET uid = (SELECT uid FROM entry LIMIT 1) WHERE uid = (SELECT uid FROM pending LIMIT 1)",
       "ended, and without an end"},
      {"UPDATE entry SET cost_p = cost_p + 1 WHERE id = (SELECT id FROM entry WHERE cost_p > 0 LIMIT 1)", "rollup_day is not"},
      {"UPDATE entry SET cost_p = cost_p + 1 WHERE id = (SELECT id FROM entry WHERE cost_p > 0 AND user <> 0 LIMIT 1)",
       "rollup_user is not"},
      {"UPDATE entry SET prompt = 11 WHERE id = (SELECT id FROM entry WHERE prompt = 10 AND tags IS NOT NULL LIMIT 1)",
       "rollup_tag is not"},
      {"DELETE FROM entry WHERE id = (SELECT id FROM entry WHERE cost_p > 0 LIMIT 1)", "a window's costs are not"},
      {"DELETE FROM rollup_day", "has entries that it has not"},
      {"UPDATE entry SET cost_source = 0 WHERE id = (SELECT id FROM entry WHERE cost_p > 0 LIMIT 1)", "of a kind, or from a source"},
      {"UPDATE entry SET provider = 99999 WHERE id = 3", "names what is not in dim"},
      {"UPDATE entry SET booked_us = booked_us - 100000000000 WHERE id = 20", "booked before the one before it"},
      {"UPDATE costless SET entry = 1", "looked up, though"},
      {"UPDATE bwin SET reserved_p = reserved_p + 1 WHERE id = 1", "a window holds what its attempts do not"},
      {"UPDATE hold SET uid = uid || 'x' WHERE uid = (SELECT uid FROM hold LIMIT 1)", "held by an attempt that is not there"},
      {"UPDATE hold SET uid = (SELECT uid FROM entry WHERE cost_p > 0 LIMIT 1) WHERE uid = (SELECT uid FROM hold LIMIT 1) AND bwin = 1",
       "held, though its cost is known"},
      {"DELETE FROM bwin WHERE id = 1", "held in a window that is not there"},
      {"UPDATE budget SET limit_p = 10", "a hard limit is passed"},
      {"UPDATE bwin SET spent_p = spent_p - 1 WHERE id = 1", "a window's costs are not those of its entries"},
      {"INSERT INTO entry SELECT (SELECT max(id) + 1 FROM entry), uid, call, 3, reserved_us, (SELECT max(booked_us) FROM entry), server, "
       "key, "
       "endpoint, app, agent, user, run, tags, request_id, requested, served, provider, gen_id, prompt, completion, cached, written, "
       "reasoning, cost_p, cost_source, finish, error, status, total_us, bound_p FROM entry WHERE cost_p > 0 LIMIT 1",
       "corrected, though it had a cost"}};
  for (const auto& [sql, words] : damages) {
    const Folder folder;
    const std::string path = folder / "l.db";
    {
      Opened opened(path);
      fill(*opened.ledger, 120);
      REQUIRE(verify(*opened.ledger).ok());
    }
    damage(path, sql);
    Opened opened(path);
    const Verification found = verify(*opened.ledger);
    INFO(sql);
    std::string all;
    for (const auto& problem : found.problems) {
      CHECK(problem.find('\n') == problem.npos);
      all += problem + "\n";
    }
    INFO(all);
    CHECK(all.find(words) != all.npos);
    CHECK(found.problems.size() <= 100);
  }
}

TEST_CASE("a copy is made while others write, and is a whole ledger of its own") {
  const Folder folder;
  const std::string copy = folder / "copy.db";
  Opened opened(folder / "l.db");
  fill(*opened.ledger, 100);
  const Reservation open = reservation();
  REQUIRE_FALSE(reserve(*opened.ledger, open));
  std::atomic<bool> done{false};
  std::thread writing([&] {
    while (!done) {
      const Reservation r = reservation("z");
      if (reserve(*opened.ledger, r)) break;
      book(*opened.ledger, r.uid, settled(1));
    }
  });
  std::int64_t before = 0;
  for (int round = 0; round < 5; ++round) { // each takes the place of the one before
    REQUIRE(back_up(*opened.ledger, copy).ok());
    struct stat status{};
    REQUIRE(stat(copy.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    CHECK_FALSE(std::filesystem::exists(copy + ".part"));
    const std::int64_t now = number(copy, "SELECT count(*) FROM entry");
    CHECK(now >= before);
    before = now;
  }
  done = true;
  writing.join();
  Opened second(copy);
  CHECK(verify(*second.ledger).ok());
  CHECK(entries(*second.ledger, {.limit = 10'000}).back().state == State::unknown); // what was on its way there
  CHECK(verify(*opened.ledger).ok());
}

TEST_CASE("a copy takes no other file's place") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Opened opened(path);
  fill(*opened.ledger, 5);
  std::ofstream(folder / "text") << "precious";
  std::filesystem::create_directory(std::string(folder / "folder"));
  std::filesystem::create_symlink(path, std::string(folder / "link"));
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open(std::string(folder / "other.db").c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "CREATE TABLE t(x)", nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(other);
  Opened in_use(folder / "used.db");
  fill(*in_use.ledger, 1);
  for (const std::string& to :
       {path, path + "-wal", path + "-shm", path + ".lock", std::string(folder / "text"), std::string(folder / "folder"),
        std::string(folder / "link"), std::string(folder / "other.db"), std::string(folder / "used.db"), std::string()}) {
    const auto answer = back_up(*opened.ledger, to);
    INFO(to);
    REQUIRE_FALSE(answer.ok());
    CHECK(answer.error().code == Code::invalid);
  }
  CHECK_FALSE(back_up(*opened.ledger, folder / "nowhere/copy.db").ok());
  std::string word;
  std::ifstream(folder / "text") >> word;
  CHECK(word == "precious");
  CHECK(verify(*opened.ledger).ok());
  CHECK(verify(*in_use.ledger).ok());
  REQUIRE(back_up(*opened.ledger, folder / "copy.db").ok());
}

TEST_CASE("old entries go, the sums stay, and so does what is still looked up") {
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
  REQUIRE(verify(ledger).ok());
  fill(ledger, 50, 2);
  std::vector<std::string> before;
  const std::vector<std::vector<std::string>> reports{{}, {"day", "model"}, {"user"}, {"tag", "day"}, {"agent", "provider"}};
  for (const auto& by : reports) before.push_back(usage_text(ledger, by));
  const std::int64_t costless = number(path, "SELECT count(*) FROM costless"), all = number(path, "SELECT count(*) FROM entry");
  const std::int64_t now = os::wall_us();

  CHECK(prune(ledger, now + day).error().code == Code::invalid);
  const Pruned gone = prune(ledger, now - 20 * day).value().pruned;
  CHECK((gone.entries > 2000 && gone.windows == 1)); // in the others there are unknown calls
  CHECK(number(path, "SELECT count(*) FROM entry") == all - gone.entries);
  CHECK(number(path, "SELECT count(*) FROM costless c JOIN entry e ON e.id = c.entry") == costless);
  CHECK(prune(ledger, now - 30 * day).value().pruned.entries == 0);
  CHECK(prune(ledger, now - 20 * day).value().pruned.entries == 0);
  for (std::size_t at = 0; at < reports.size(); ++at) CHECK(usage_text(ledger, reports[at]) == before[at]);
  CHECK(usage_text(ledger, {"run"}).find("r ") != std::string::npos); // of what is left
  CHECK(verify(ledger).problems == std::vector<std::string>{});
  fill(ledger, 20, 3);
  CHECK(verify(ledger).ok());
}

TEST_CASE("a budget that is made behind a prune begins with the sums, or is refused where they do not tell") {
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
    return ask(ledger,
               Order(Budget{.name = "b", .limit = Amount{1000}, .window = Window::lifetime, .mode = mode, .scope = std::move(scope)}));
  };
  const auto spent = [&](const Scope& scope) {
    REQUIRE(make(scope).ok());
    const auto state = ask(ledger, Order(BudgetQuery{})).value().budgets.at(0).spent.picodollars;
    REQUIRE(ask(ledger, Order(Budget{.name = "b", .remove = true})).ok());
    return state;
  };
  const std::vector<std::pair<Scope, std::int64_t>> summed{{{}, 300},
                                                           {{.agent = "x"}, 200},
                                                           {{.app = "shop", .user = "u"}, 150},
                                                           {{.app = "shop", .tag = "t"}, 300},
                                                           {{.app = "other"}, 0},
                                                           {{.key = "0123456789abcdef"}, 300},
                                                           {{.key = "0123456789ab"}, 300}};
  const std::vector<Scope> others{{.run = "r"}, {.model = "m"}, {.agent = "x", .user = "u"}, {.user = "u", .tag = "t"}};
  for (const auto& [scope, sum] : summed) CHECK(spent(scope) == sum);
  for (const auto& scope : others) CHECK(spent(scope) > 0); // the entries tell
  REQUIRE(prune(ledger, os::wall_us() - day).value().pruned.entries == 30);
  for (const auto& [scope, sum] : summed) CHECK(spent(scope) == sum);
  for (const auto& scope : others) {
    CHECK(make(scope).error().code == Code::invalid);
    CHECK(make(scope, BudgetMode::soft).ok());
    REQUIRE(ask(ledger, Order(Budget{.name = "b", .remove = true})).ok());
  }
  Scope nobody;
  nobody.user = "*";
  REQUIRE(make(nobody).ok());
  Reservation r = reservation("x"); // of no user: the rest of all
  r.bound = Amount{851};
  CHECK(reserve(ledger, r)->code == Code::budget_exceeded);
  r.bound = Amount{850};
  CHECK_FALSE(reserve(ledger, r));
}
