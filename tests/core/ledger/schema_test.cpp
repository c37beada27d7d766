// How a ledger's file gets its tables, and how one of another schema is met.

#include "ledger/schema.hpp"

#include <sqlite3.h>

#include <array>
#include <string>

#include "support/catch.hpp"
#include "support/folder.hpp"
#include "support/keeping.hpp"
#include "support/ledger.hpp"

using namespace wayfare;
using namespace ledger_words;
using namespace keeping_words;

namespace {

sqlite::Database in_memory() { return {":memory:", sqlite::Database::Mode::memory}; }

// A file that says that wayfare made it, in that schema.
void make(const std::string& path, int version) {
  sqlite3* file = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &file) == SQLITE_OK);
  const std::string sql = "PRAGMA application_id = " + std::to_string(ledger::application_id) +
                          "; PRAGMA user_version = " + std::to_string(version) +
                          "; CREATE TABLE entry(x)";
  CHECK(sqlite3_exec(file, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(file);
}

} // namespace

TEST_CASE("an empty file gets the tables, the views and the number of the schema") {
  auto database = in_memory();
  ledger::bring_forward(database, 0);
  CHECK(ledger::schema_of(database) == ledger::schema_version);
  CHECK(database.integer("PRAGMA application_id") == ledger::application_id);
  CHECK(database.integer("SELECT count(*) FROM sqlite_schema WHERE type = 'view'") == 11);
  const auto rules = database.integer("SELECT value FROM meta WHERE key = 'rules'");
  ledger::bring_forward(database, ledger::schema_version); // nothing to do
  auto other = in_memory();
  other.execute(ledger::whole_schema());
  const char* text = "SELECT sum(length(sql)) FROM sqlite_schema";
  CHECK(other.integer(text) == database.integer(text));
  CHECK(database.integer("SELECT value FROM meta WHERE key = 'rules'") == rules);
}

TEST_CASE("a step changes the tables, and the views are made anew behind it") {
  constexpr std::array<ledger::Migration, 2> steps{
      {{ledger::schema_version + 1, 6, "ALTER TABLE entry ADD COLUMN colour TEXT"},
       {ledger::schema_version + 2, 6, "ALTER TABLE entry ADD COLUMN shape TEXT"}}};
  auto database = in_memory();
  ledger::bring_forward(database, 0);
  const auto rules = database.integer("SELECT value FROM meta WHERE key = 'rules'");
  database.execute(
      "CREATE VIEW v1_of_an_older_wayfare AS SELECT 1; CREATE VIEW somebodys_own AS SELECT 2");
  ledger::bring_forward(database, ledger::schema_version, steps);
  CHECK(ledger::schema_of(database) == ledger::schema_version + 2);
  CHECK(database.integer(
            "SELECT count(*) FROM pragma_table_info('entry') WHERE name IN ('colour', 'shape')") ==
        2);
  CHECK(database.integer(
            "SELECT count(*) FROM sqlite_schema WHERE name = 'v1_of_an_older_wayfare'") == 0);
  CHECK(database.integer("SELECT * FROM somebodys_own") == 2);
  CHECK(database.integer("SELECT count(*) FROM v1_entries, v1_pending, v1_usage_day, "
                         "v1_usage_user_day, v1_usage_tag_day") == 0);
  // processes that have it open look
  CHECK(database.integer("SELECT value FROM meta WHERE key = 'rules'") > rules);

  // From the schema between: the step that is behind is not made again.
  ledger::bring_forward(database, ledger::schema_version + 1, std::span(steps).first(1));
  CHECK(ledger::schema_of(database) == ledger::schema_version + 2);
}

TEST_CASE("a file of an earlier schema is refused by name, and left as it is") {
  const Folder folder;
  for (int version = 1; version < ledger::first_schema; ++version) {
    const std::string path = folder / (std::to_string(version) + ".db");
    make(path, version);
    Opened opened(path);
    const auto refused = reserve(*opened.ledger, reservation());
    REQUIRE(refused);
    CHECK(refused->code == Code::ledger_too_old);
    CHECK(refused->message.find("schema " + std::to_string(version)) != std::string::npos);
    CHECK_FALSE(refused->retryable);
    opened.close();
    CHECK(number(path, "SELECT count(*) FROM sqlite_schema") == 1);
    CHECK(number(path, "PRAGMA user_version") == version);
  }
}

TEST_CASE("a process writes no more once a newer wayfare has taken the file over") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Opened opened(path);
  REQUIRE_FALSE(reserve(*opened.ledger, reservation()));
  damage(path, "PRAGMA user_version = " + std::to_string(ledger::schema_version + 1));
  const auto refused = reserve(*opened.ledger, reservation());
  REQUIRE(refused);
  CHECK(refused->code == Code::ledger_too_new);
  CHECK(number(path, "SELECT count(*) FROM pending") == 1);
}
