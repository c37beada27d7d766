// The ledger on a real file: bookings, reports and entries.

#include <sqlite3.h>
#include <sys/stat.h>

#include <fstream>
#include <set>

#include "support/catch.hpp"
#include "support/folder.hpp"
#include "support/keeping.hpp"
#include "support/ledger.hpp"

using namespace ledger_words;

TEST_CASE("a call is reserved, then settled, and every column comes back") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Reservation r = reservation("support");
  r.charge_to = {
      .app = "shop", .agent = "support", .user = "42", .run = "r1", .tags = {"a", "b\"c"}};
  r.request_id = "mine";
  REQUIRE_FALSE(reserve(*opened.ledger, r));
  auto rows = entries(*opened.ledger);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].state == State::reserved);
  CHECK_FALSE(rows[0].cost);

  opened.ledger->note(r.uid, "gen-1");
  Ending ending = settled(2'157'980'000);
  ending.billing.finish_reason = "stop";
  ending.billing.provider = "P";
  ending.status = 200;
  ending.total_us = 1234;
  ending.billing.non_token_cost = Amount{7'000'000'000};
  book(*opened.ledger, r.uid, ending);
  rows = entries(*opened.ledger);
  REQUIRE(rows.size() == 1);
  const Entry& entry = rows[0];
  CHECK(entry.entry == r.uid.text());
  CHECK(entry.state == State::settled);
  CHECK(entry.charge_to == ChargeTo{"shop", "support", "42", "r1", {"a", "b\"c"}});
  CHECK(entry.request_id == "mine");
  CHECK(entry.requested_model == "m");
  CHECK(entry.model == "m/served");
  CHECK(entry.provider == "P");
  CHECK(entry.generation_id == "gen-1");
  CHECK(entry.prompt_tokens == 10);
  CHECK_FALSE(entry.cached_tokens.has_value());
  CHECK(entry.cost->text() == "0.00215798");
  CHECK(entry.cost_source == CostSource::response);
  CHECK(entry.non_token_cost->text() == "0.007");
  CHECK(entry.finish_reason == "stop");
  CHECK(entry.status == 200);
  CHECK(entry.total_us == 1234);
  CHECK(entry.reserved <= entry.booked);

  book(*opened.ledger, r.uid, settled(999)); // a second end changes nothing
  CHECK(entries(*opened.ledger).size() == 1);
  CHECK(number(folder / "l.db", "SELECT sum(cost_p) FROM rollup_day") == 2'157'980'000);
}

TEST_CASE("usage sums the known values and counts the unknown costs") {
  const Folder folder;
  Opened opened(folder / "l.db");
  const auto call = [&](const std::string& agent, std::optional<Ending> ending) {
    const Reservation r = reservation(agent);
    REQUIRE_FALSE(reserve(*opened.ledger, r));
    if (ending) book(*opened.ledger, r.uid, *ending);
  };
  Ending no_cost = settled(0);
  no_cost.billing = {.model = "m/served"};
  call("a", settled(1));
  call("a", settled(2'000'000'000'000));
  call("a", settled(0)); // a cost of zero is known
  call("a", no_cost);
  call("b", Ending{.state = State::unknown});
  call("b", Ending{.state = State::voided});
  call("b", std::nullopt);

  const auto rows = ask(*opened.ledger, UsageQuery{.by = {Dimension::agent}}).value();
  REQUIRE(rows.size() == 2);
  const auto& a = rows[0].agent == "a" ? rows[0] : rows[1];
  const auto& b = rows[0].agent == "a" ? rows[1] : rows[0];
  CHECK(a.calls == 4);
  CHECK(a.unknown == 1);
  CHECK(a.cost.text() == "2.000000000001");
  CHECK(a.prompt_tokens == 40);
  CHECK(b.calls == 2); // a void attempt does not count as a call
  CHECK(b.unknown == 2);
  CHECK(b.cost.text() == "0");

  CHECK(ask(*opened.ledger, UsageQuery{}).value().at(0).calls == 6);
  const auto by_day =
      ask(*opened.ledger, UsageQuery{.by = {Dimension::day, Dimension::model, Dimension::key}})
          .value();
  CHECK(by_day.at(0).day->size() == 10);
  CHECK(by_day.at(0).key == "0123456789ab");
  const Time tomorrow =
      std::chrono::ceil<std::chrono::days>(std::chrono::system_clock::now()) + std::chrono::days(1);
  CHECK(ask(*opened.ledger, UsageQuery{.since = tomorrow}).value().empty());

  CHECK(ask(*opened.ledger, UsageQuery{.by = {static_cast<Dimension>(99)}}).error().code ==
        Code::invalid);
  CHECK(ask(*opened.ledger, UsageQuery{.by = {Dimension::day, Dimension::day}}).error().code ==
        Code::invalid);
  CHECK(ask(*opened.ledger, UsageQuery{.since = tomorrow + std::chrono::seconds(1)}).error().code ==
        Code::invalid);
}

TEST_CASE("usage is in the order of its dimensions, and no sum overflows") {
  const Folder folder;
  {
    Opened opened(folder / "l.db");
    for (const auto& [agent, run] :
         {std::pair{"z", "r2"}, std::pair{"a", "r10"}, std::pair{"z", "r1"}}) {
      Reservation r = reservation(agent);
      r.charge_to.run = run;
      REQUIRE_FALSE(reserve(*opened.ledger, r));
      book(*opened.ledger, r.uid, settled(5));
    }
    std::string told;
    for (const auto& row :
         ask(*opened.ledger, UsageQuery{.by = {Dimension::run, Dimension::agent}}).value())
      told += *row.run + *row.agent + ' ';
    CHECK(told == "r1z r10a r2z ");
    told.clear();
    for (const auto& row : ask(*opened.ledger, UsageQuery{.by = {Dimension::agent}}).value())
      told += *row.agent + row.cost.text() + ' ';
    CHECK(told == "z0.00000000001 a0.000000000005 "); // in the order of arrival
  }
  keeping_words::damage(folder / "l.db", "UPDATE rollup_day SET cost_p = 9223372036854775807");
  Opened opened(folder / "l.db");
  CHECK(ask(*opened.ledger, UsageQuery{.by = {Dimension::agent}}).value().size() == 2);
  const auto all = ask(*opened.ledger, UsageQuery{}).value();
  REQUIRE(all.size() == 1);
  CHECK(all[0].cost.text() == "9223372.036854775807");
  CHECK(all[0].saturated);
}

TEST_CASE("entries come in pages by time, and entries without an end come last") {
  const Folder folder;
  Opened opened(folder / "l.db");
  std::vector<std::string> settled_ids;
  std::set<std::string> open_ids;
  for (int at = 0; at < 25; ++at) {
    const Reservation r = reservation();
    REQUIRE_FALSE(reserve(*opened.ledger, r));
    if (at % 5 == 0)
      open_ids.insert(r.uid.text());
    else
      book(*opened.ledger, r.uid, settled(at)), settled_ids.push_back(r.uid.text());
  }
  std::vector<std::string> seen;
  EntryQuery query{.limit = 4};
  do {
    const auto page = ask(*opened.ledger, query).value();
    for (const auto& entry : page.entries) seen.push_back(entry.entry);
    query.after = page.next;
  } while (!query.after.empty());
  REQUIRE(seen.size() == 25);
  CHECK(std::vector(seen.begin(), seen.begin() + 20) == settled_ids);
  CHECK(std::set(seen.begin() + 20, seen.end()) == open_ids);

  const auto all = entries(*opened.ledger);
  const Time middle = all[10].booked;
  const auto later = entries(*opened.ledger, {.since = middle});
  for (const auto& entry : later) CHECK(entry.booked >= middle);
  const auto earlier = entries(*opened.ledger, {.until = middle});
  for (const auto& entry : earlier) CHECK(entry.booked < middle);
  CHECK(later.size() + earlier.size() == 25);
  CHECK(ask(*opened.ledger, EntryQuery{.after = "x9"}).error().code == Code::invalid);
  CHECK(ask(*opened.ledger, EntryQuery{.limit = 0}).error().code == Code::invalid);
}

TEST_CASE("attempts without an end become unknown at close") {
  const Folder folder;
  Opened opened(folder / "l.db");
  REQUIRE_FALSE(reserve(*opened.ledger, reservation()));
  opened.close();
  CHECK(number(folder / "l.db", "SELECT state FROM pending") == 3);
}

TEST_CASE("files that are not a ledger are left alone") {
  const Folder folder;
  const std::string text = folder / "text", other = folder / "other.db",
                    newer = folder / "newer.db";
  std::ofstream(text) << std::string(5000, 'x');
  for (const auto& [path, sql] :
       {std::pair{other, "CREATE TABLE mine(x)"},
        std::pair{
            newer,
            "PRAGMA application_id = 2002876774; PRAGMA user_version = 99; CREATE TABLE t(x)"}}) {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
    REQUIRE(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(database);
  }
  const auto code_of = [](const std::string& path) {
    Opened opened(path);
    const auto error = reserve(*opened.ledger, reservation());
    CHECK(ask(*opened.ledger, EntryQuery{}).error().code == error->code);
    return error->code;
  };
  CHECK(code_of(text) == Code::ledger_foreign);
  CHECK(code_of(other) == Code::ledger_foreign);
  CHECK(code_of(newer) == Code::ledger_too_new);
  std::ifstream file(text);
  CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == std::string(5000, 'x'));
  CHECK(number(other, "SELECT count(*) FROM sqlite_schema") == 1);
  CHECK(number(other, "PRAGMA application_id") == 0);
  CHECK(Ledger::open(folder / "none/l.db", Durability::sync_reservations).error().code ==
        Code::ledger_unavailable);
}

TEST_CASE("the file is private, and entries cannot be changed") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Opened opened(path);
  const Reservation r = reservation();
  REQUIRE_FALSE(reserve(*opened.ledger, r));
  book(*opened.ledger, r.uid, settled(5));
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
    struct stat found{};
    REQUIRE(stat((path + suffix).c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0600);
  }
  opened.close();
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  CHECK(sqlite3_exec(database, "UPDATE entry SET cost_p = 0", nullptr, nullptr, nullptr) ==
        SQLITE_CONSTRAINT);
  CHECK(sqlite3_exec(database, "DELETE FROM entry", nullptr, nullptr, nullptr) ==
        SQLITE_CONSTRAINT);
  CHECK(sqlite3_exec(database, "SELECT * FROM v1_entries, v1_pending, v1_usage_day", nullptr,
                     nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
}

TEST_CASE("a ledger whose first commit fails takes its slot at the next commit") {
  const Folder folder;
  const std::string path = folder / "l.db";
  {
    Opened made(path); // a valid ledger, which then refuses new instances
    REQUIRE_FALSE(reserve(*made.ledger, reservation()));
  }
  const auto run = [&](const char* sql) {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
    REQUIRE(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(database);
  };
  run("CREATE TRIGGER full AFTER INSERT ON instance BEGIN SELECT RAISE(ABORT, 'disk full'); END");
  Opened opened(path);
  CHECK(reserve(*opened.ledger, reservation())->code == Code::ledger_unavailable);
  run("DROP TRIGGER full");
  REQUIRE_FALSE(reserve(*opened.ledger, reservation()));
  CHECK(number(path, "SELECT count(*) FROM instance") == 1);
  CHECK(number(path,
               "SELECT count(*) FROM pending WHERE instance NOT IN (SELECT id FROM instance) AND "
               "state = 0") == 0);
}

TEST_CASE("the WAL stays short during many writes") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Opened opened(path, Durability::no_sync);
  for (int at = 0; at < 1500; ++at) {
    const Reservation r = reservation("agent " + std::to_string(at % 7));
    REQUIRE_FALSE(reserve(*opened.ledger, r));
    book(*opened.ledger, r.uid, settled(1));
  }
  struct stat found{};
  REQUIRE(stat((path + "-wal").c_str(), &found) == 0);
  CHECK(found.st_size < 6 << 20);
  CHECK(number(path, "SELECT count(*) FROM entry") == 1500);
}

TEST_CASE("a ledger in memory works for one client") {
  Opened one(":memory:"), other(":memory:");
  const Reservation r = reservation();
  REQUIRE_FALSE(reserve(*one.ledger, r));
  book(*one.ledger, r.uid, settled(3));
  CHECK(entries(*one.ledger).size() == 1);
  CHECK(entries(*other.ledger).empty());
}
