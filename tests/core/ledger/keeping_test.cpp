// Checks of a ledger, and copies of it.

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "ledger/schema.hpp"
#include "support/folder.hpp"
#include "support/golden.hpp"
#include "support/keeping.hpp"

using namespace keeping_words;

TEST_CASE("a ledger with calls of every kind has no problem") {
  const Folder folder;
  Opened opened(folder / "l.db");
  fill(*opened.ledger, 300);
  const Verification found = verify(*opened.ledger);
  CHECK(found.problems == std::vector<std::string>{});
  CHECK((found.ok && found.entries > 250 && found.pending > 10 &&
         found.entries + found.pending == 300));
  Opened memory(":memory:");
  fill(*memory.ledger, 50);
  CHECK(verify(*memory.ledger).ok);
}

TEST_CASE("each kind of damage is found and named", "[slow]") {
  const std::vector<std::pair<std::string, std::string>> damages{
      {"INSERT INTO entry" + entry_columns +
           "SELECT (SELECT max(id) + 1 FROM entry), uid, call, kind, reserved_us, "
           "(SELECT max(booked_us) FROM entry), "
           "server, "
           "key, endpoint, app, agent, user, run, tags, request_id, requested, served, provider, "
           "gen_id, prompt, completion, cached, "
           "cache_write, "
           "reasoning, cost_p, cost_source, finish, error, status, total_us, bound_p, non_token_p "
           "FROM "
           "entry WHERE kind = 0 LIMIT 1",
       "ended twice"},
      {"UPDATE pending SET uid = (SELECT uid FROM entry LIMIT 1) WHERE uid = (SELECT uid FROM "
       "pending LIMIT 1)",
       "both ended and without an end"},
      {"UPDATE entry SET cost_p = cost_p + 1 WHERE id = (SELECT id FROM entry WHERE cost_p > 0 "
       "LIMIT 1)",
       "rollup_day is not"},
      {"UPDATE entry SET cost_p = cost_p + 1 WHERE id = (SELECT id FROM entry WHERE cost_p > 0 AND "
       "user <> 0 LIMIT 1)",
       "rollup_user is not"},
      {"UPDATE entry SET prompt = 11 WHERE id = (SELECT id FROM entry WHERE prompt = 10 AND tags "
       "IS NOT NULL LIMIT 1)",
       "rollup_tag is not"},
      {"DELETE FROM entry WHERE id = (SELECT id FROM entry WHERE cost_p > 0 LIMIT 1)",
       "a window's costs are not"},
      {"DELETE FROM rollup_day", " picodollars by the entries"},
      {"UPDATE entry SET upstream_p = upstream_p + 1 WHERE id = (SELECT id FROM entry WHERE "
       "upstream_p > 0 LIMIT 1)",
       "byok_day is not"},
      {"UPDATE entry SET upstream_p = upstream_p + 1 WHERE id = (SELECT id FROM entry WHERE "
       "upstream_p > 0 AND user <> 0 LIMIT 1)",
       "byok_user is not"},
      {"UPDATE entry SET upstream_p = upstream_p + 1 WHERE id = (SELECT id FROM entry WHERE "
       "upstream_p > 0 AND tags IS NOT NULL LIMIT 1)",
       "byok_tag is not"},
      {"UPDATE entry SET upstream_p = 5 WHERE id = (SELECT id FROM entry WHERE byok IS NULL AND "
       "kind = 0 LIMIT 1)",
       "an upstream cost of a call that was not paid directly"},
      {"UPDATE entry SET cost_source = 0 WHERE id = (SELECT id FROM entry WHERE cost_p > 0 LIMIT "
       "1)",
       "an unknown kind or source"},
      {"UPDATE entry SET provider = 99999 WHERE id = 3",
       "an id that is missing in the table of names"},
      {"UPDATE entry SET booked_us = booked_us - 100000000000 WHERE id = 20",
       "booked earlier than the previous entry"},
      {"UPDATE cost_pending SET entry = 1", "looked up, although"},
      {"UPDATE budget_window SET reserved_p = reserved_p + 1 WHERE id = 1",
       "a window holds another amount than its attempts"},
      {"UPDATE hold SET uid = uid || 'x' WHERE uid = (SELECT uid FROM hold LIMIT 1)",
       "held by a missing attempt"},
      {"UPDATE hold SET uid = (SELECT uid FROM entry WHERE cost_p > 0 LIMIT 1) WHERE uid = (SELECT "
       "uid FROM hold LIMIT 1) AND window_id = "
       "1",
       "held, although its cost is known"},
      {"DELETE FROM budget_window WHERE id = 1", "held in a missing window"},
      {"UPDATE budget SET limit_p = 10", "a hard limit is exceeded"},
      {"DELETE FROM budget_window WHERE budget = (SELECT id FROM budget WHERE name = 'each'); "
       "DELETE FROM hold WHERE window_id NOT IN "
       "(SELECT id FROM "
       "budget_window)",
       "there is no window, and they cost"},
      {"UPDATE budget_window SET reserved_p = reserved_p - 100 WHERE id = 1; DELETE FROM hold "
       "WHERE window_id = 1 AND uid = (SELECT "
       "min(uid) FROM "
       "pending)",
       "a window does not hold an attempt without a known cost: all from 0"},
      {"UPDATE budget_window SET reserved_p = reserved_p - 100 WHERE id = 1; DELETE FROM hold "
       "WHERE window_id = 1 AND uid = (SELECT "
       "min(uid) FROM "
       "cost_pending)",
       "a window does not hold an attempt without a known cost: all from 0"},
      {"UPDATE hold SET held_p = held_p - 1 WHERE window_id = 1; UPDATE budget_window SET "
       "reserved_p = (SELECT sum(held_p) FROM hold WHERE "
       "window_id = 1) "
       "WHERE id = 1",
       "held with another amount than its bound"},
      {"UPDATE pending SET boot = 99999", "an id that is missing in the table of names"},
      {"INSERT INTO name VALUES (999, 'two' || char(10) || 'lines'); UPDATE entry SET user = 999 "
       "WHERE user <> 0",
       "user two lines"},
      {"UPDATE budget_window SET spent_p = spent_p - 1 WHERE id = 1",
       "a window's costs are not those of its entries"},
      {"INSERT INTO entry" + entry_columns +
           "SELECT (SELECT max(id) + 1 FROM entry), uid, call, 3, reserved_us, "
           "(SELECT max(booked_us) FROM entry), server, "
           "key, "
           "endpoint, app, agent, user, run, tags, request_id, requested, served, provider, "
           "gen_id, "
           "prompt, completion, cached, cache_write, "
           "reasoning, cost_p, cost_source, finish, error, status, total_us, bound_p, non_token_p "
           "FROM "
           "entry WHERE cost_p > 0 LIMIT 1",
       "corrected, although it had a cost"}};
  for (const auto& [sql, words] : damages) {
    const Folder folder;
    const std::string path = folder / "l.db";
    {
      Opened opened(path);
      fill(*opened.ledger, 120);
      REQUIRE(verify(*opened.ledger).ok);
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

TEST_CASE("a copy is made while others write, and is a ledger without problems") {
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
  for (int round = 0; round < 5; ++round) { // each copy replaces the one before
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
  CHECK(verify(*second.ledger).ok);
  // An attempt without an end in the original is unknown in the copy.
  CHECK(entries(*second.ledger, {.limit = 10'000}).back().state == State::unknown);
  CHECK(verify(*opened.ledger).ok);
}

TEST_CASE("a copy does not replace another file") {
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
       {path, path + "-wal", path + "-shm", path + ".lock", std::string(folder / "text"),
        std::string(folder / "folder"), std::string(folder / "link"),
        std::string(folder / "other.db"), std::string(folder / "used.db"), std::string()}) {
    const auto answer = back_up(*opened.ledger, to);
    INFO(to);
    REQUIRE_FALSE(answer.ok());
    CHECK(answer.error().code == Code::invalid);
  }
  CHECK_FALSE(back_up(*opened.ledger, folder / "nowhere/copy.db").ok());
  std::string word;
  std::ifstream(folder / "text") >> word;
  CHECK(word == "precious");
  CHECK(verify(*opened.ledger).ok);
  CHECK(verify(*in_use.ledger).ok);
  REQUIRE(back_up(*opened.ledger, folder / "copy.db").ok());
}

TEST_CASE("an unreadable ledger is reported as a problem") {
  const Folder folder;
  const std::string path = folder / "l.db";
  {
    Opened opened(path);
    fill(*opened.ledger, 60);
  }
  const auto problems = [&] {
    Opened opened(path);
    const Verification found = verify(*opened.ledger);
    std::string all;
    for (const auto& problem : found.problems) all += problem + "\n";
    return all;
  };
  REQUIRE(problems().empty());
  damage(path, "UPDATE entry SET tags = '[red' WHERE id = 5");
  CHECK(problems().find("rollup_tag is not the sum of the entries: cannot be judged") !=
        std::string::npos);
  damage(path,
         "UPDATE entry SET tags = NULL; UPDATE entry SET cost_p = 9223372036854775807 WHERE cost_p "
         "IS NOT NULL AND id < 20");
  const std::string too_large = problems(); // for 64 bits
  CHECK(too_large.find("rollup_day is not the sum of the entries: day ") != std::string::npos);
  CHECK(too_large.find("9223372036854775807 picodollars by the entries") != std::string::npos);
  CHECK(too_large.find("cannot be judged") == std::string::npos);

  const std::int64_t root =
      number(path, "SELECT rootpage FROM sqlite_schema WHERE name = 'rollup_day'");
  const std::int64_t size = number(path, "PRAGMA page_size");
  damage(path, "PRAGMA wal_checkpoint(TRUNCATE)");
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp((root - 1) * size);
  file << std::string(200, '\xFF');
  file.close();
  CHECK(problems().find("SQLite's integrity check: ") != std::string::npos);
  CHECK(problems().find("malformed") != std::string::npos);
}

TEST_CASE("a new copy replaces a closed copy, but not a copy in use") {
  const Folder folder;
  const std::string copy = folder / "copy.db";
  Opened opened(folder / "l.db");
  fill(*opened.ledger, 20);
  REQUIRE(back_up(*opened.ledger, copy).ok());
  {
    Opened looked(copy);
    CHECK(verify(*looked.ledger).ok);
    CHECK(back_up(*opened.ledger, copy).error().code == Code::invalid);
  }
  REQUIRE(std::filesystem::exists(copy + "-wal")); // empty, as closing leaves it
  fill(*opened.ledger, 20, 2);
  REQUIRE(back_up(*opened.ledger, copy).ok());
  {
    Opened looked(copy);
    CHECK(verify(*looked.ledger).ok);
    CHECK(entries(*looked.ledger).size() == entries(*opened.ledger).size());
  }
  std::ofstream(copy + "-wal") << "what was not moved into the file";
  CHECK(back_up(*opened.ledger, copy).error().code == Code::invalid);
}

TEST_CASE("of several simultaneous copies to one path, each successful one is complete") {
  const Folder folder;
  const std::string path = folder / "l.db", copy = folder / "copy.db";
  {
    Opened opened(path);
    fill(*opened.ledger, 400);
  }
  std::vector<pid_t> children;
  for (int process = 0; process < 4; ++process) {
    const pid_t child = fork();
    if (child != 0) {
      children.push_back(child);
      continue;
    }
    Opened opened(path);
    bool whole = true;
    for (int round = 0; round < 15; ++round)
      if (back_up(*opened.ledger, copy).ok())
        whole =
            whole &&
            number(copy,
                   "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'") ==
                1 &&
            number(copy, "SELECT count(*) FROM entry") > 300;
    opened.close();
    _exit(whole ? 0 : 1);
  }
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(status == 0);
  }
  CHECK_FALSE(std::filesystem::exists(copy + ".part"));
}

TEST_CASE("a ledger in memory can be copied, and goes on") {
  const Folder folder;
  Opened memory(":memory:");
  fill(*memory.ledger, 20);
  REQUIRE(back_up(*memory.ledger, folder / "copy.db").ok());
  fill(*memory.ledger, 20, 2);
  Opened copy(folder / "copy.db");
  CHECK(verify(*copy.ledger).ok);
  CHECK(prune(*memory.ledger, os::wall_us()).ok());
}

TEST_CASE("the view has the cost and the non-token cost, also below zero") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Opened opened(path);
  const Reservation r = reservation();
  REQUIRE_FALSE(reserve(*opened.ledger, r));
  Ending ending = settled(10);
  ending.billing.non_token_cost = Amount{-2}; // a discount
  ending.billing.cost_source = CostSource::computed;
  book(*opened.ledger, r.uid, ending);
  CHECK(number(path,
               "SELECT non_token_cost_picodollars FROM v1_entries WHERE cost_picodollars = 10 AND "
               "cost_source = 'computed'") == -2);
  CHECK(verify(*opened.ledger).ok);
}
