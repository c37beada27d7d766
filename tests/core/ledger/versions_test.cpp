// Processes of two versions on one file. The older one is this build, or the writer of schema 6 by
// its statements. The newer one is this source with one more migration.

#include <sys/wait.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>

#include "ledger/schema.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"
#include "support/keeping.hpp"
#include "support/ledger.hpp"

using namespace wayfare;
using namespace ledger_words;
using namespace keeping_words;

namespace {

// The output of the newer wayfare; "" if it succeeded without a word.
std::string newer(const std::string& words) {
  const std::string command = std::string(WAYFARE_NEWER) + " " + words;
  std::FILE* output = popen(command.c_str(), "r");
  REQUIRE(output);
  std::string text;
  for (int c = 0; (c = std::fgetc(output)) != EOF;) text += static_cast<char>(c);
  const int status = pclose(output);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  CHECK((status == 0) == text.empty());
  return text;
}

Reservation bounded() {
  Reservation r = reservation("a");
  r.bound = Amount{40};
  return r;
}

std::optional<Error> call(Ledger& ledger) {
  const Reservation r = bounded();
  auto refused = reserve(ledger, r);
  if (!refused) book(ledger, r.uid, settled(7));
  return refused;
}

void run(const std::string& path, const std::string& sql) { damage(path, sql); }

// A file as the writers of schema 6 made it, with a budget for each user and a call.
void make_schema_6(const std::string& path) {
  std::ofstream(path).close();
  {
    sqlite::Database database(path, sqlite::Database::Mode::read_write);
    database.turn_to_wal();
  }
  sqlite::Database database(path, sqlite::Database::Mode::read_write);
  database.begin();
  ledger::bring_forward(database, 0, {});
  database.execute(
      "DELETE FROM meta WHERE key = 'schema';"
      "INSERT INTO meta VALUES ('uuid', 'U'), ('created_us', '1'), ('created_by', 'wayfare');"
      "INSERT INTO name(text) VALUES ('m');"
      "INSERT INTO budget(name, limit_p, span, soft, assume_p, made_us, app, agent, user, run, "
      "tag, key, model) VALUES ('old', 1000, 4, 0, NULL, 1, '', '', '*', '', '', '', '')");
  database.commit();
}

} // namespace

TEST_CASE("an older wayfare goes on calling while a newer one opens the file, and back") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Opened older(path);
  REQUIRE_FALSE(call(*older.ledger));
  CHECK(newer(path + " call") == "");
  CHECK(number(path, "SELECT value FROM meta WHERE key = 'schema'") == ledger::schema_version + 1);
  for (int turn = 0; turn < 3; ++turn) {
    REQUIRE_FALSE(call(*older.ledger));
    CHECK(newer(path + " call") == "");
  }
  CHECK(newer(path + " budget plain") == ""); // the older wayfare enforces it too
  REQUIRE_FALSE(call(*older.ledger));
  CHECK(ask(*older.ledger, UsageQuery{}).value().at(0).calls == 9);
  CHECK(ask(*older.ledger, ListBudgets{}).value().at(0).spent == Amount{63});
  CHECK(verify(*older.ledger).problems == std::vector<std::string>{});
  CHECK(newer(path + " verify") == "");
  older.close();
  Opened again(path); // an older wayfare also opens the newer file
  REQUIRE_FALSE(call(*again.ledger));
  CHECK(newer(path + " verify") == "");
}

TEST_CASE("a rule that an older wayfare does not know stops it, and names the budget") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Opened older(path);
  REQUIRE_FALSE(call(*older.ledger));
  CHECK(newer(path + " budget coloured-one") == "");
  const auto refused = call(*older.ledger);
  REQUIRE(refused);
  CHECK(refused->code == Code::ledger_too_new);
  CHECK(refused->message.find("the budget coloured-one has a colour") != std::string::npos);
  CHECK_FALSE(refused->retryable);
  CHECK(newer(path + " call") == "");
  CHECK(newer(path + " delete coloured-one") == "");
  REQUIRE_FALSE(call(*older.ledger)); // the way back
  CHECK(verify(*older.ledger).problems == std::vector<std::string>{});
}

TEST_CASE("a file of schema 6 comes forward, and its writers stay until a rule stops them") {
  const Folder folder;
  const std::string path = folder / "l.db";
  make_schema_6(path);
  CHECK(number(path, "PRAGMA user_version") == 6);
  Opened opened(path);
  REQUIRE_FALSE(call(*opened.ledger)); // a call without a user shares a window, as before
  CHECK(number(path, "PRAGMA user_version") == 6);
  CHECK(number(path, "SELECT value FROM meta WHERE key = 'schema'") == ledger::schema_version);
  const Budget old = ask(*opened.ledger, ListBudgets{}).value().at(0);
  CHECK(old.byok == BudgetByok::ignore);
  CHECK(old.missing == BudgetMissing::share);

  // The statements by which a writer of schema 6 books.
  run(path,
      "INSERT INTO entry(uid, call, reserved_us, server, key, endpoint, app, agent, user, run, "
      "tags, request_id, requested, gen_id, bound_p, kind, booked_us, served, provider, prompt, "
      "completion, cached, cache_write, reasoning, cost_p, cost_source, finish, error, status, "
      "total_us, non_token_p) SELECT 'OLD', NULL, reserved_us, server, key, endpoint, app, agent, "
      "user, run, tags, request_id, requested, gen_id, bound_p, 0, booked_us, served, provider, "
      "10, 5, NULL, NULL, NULL, 9, 1, 0, 0, 200, 1, NULL FROM entry LIMIT 1;"
      "UPDATE rollup_day SET calls = 2, prompt = 20, completion = 10, cost_p = 16;"
      "UPDATE budget_window SET spent_p = 16");
  CHECK(verify(*opened.ledger).problems == std::vector<std::string>{});
  const Entry booked = entries(*opened.ledger).back();
  CHECK(booked.cost == Amount{9});
  CHECK_FALSE(booked.is_byok); // not known, and not false
  CHECK(ask(*opened.ledger, UsageQuery{}).value().at(0).cost == Amount{16});

  // Set again without the new words, the budget keeps its meaning. With them it stops old writers.
  REQUIRE(ask(*opened.ledger, SetBudget{.name = "old", .limit = Amount{900}}).ok());
  CHECK(number(path, "PRAGMA user_version") == 6);
  REQUIRE(ask(*opened.ledger, SetBudget{.name = "old", .byok = BudgetByok::count}).ok());
  CHECK(number(path, "PRAGMA user_version") == 7);
  CHECK(number(path,
               "SELECT value = 'the budget old counts the costs of your own provider keys "
               "(byok)' FROM meta WHERE key = 'needs_newer'") == 1);
  REQUIRE(ask(*opened.ledger, SetBudget{.name = "old", .byok = BudgetByok::ignore}).ok());
  CHECK(number(path, "PRAGMA user_version") == 6);
}
