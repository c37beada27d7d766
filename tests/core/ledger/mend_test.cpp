// The repair of a ledger: its sums and windows are made again from the entries.

#include <future>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/folder.hpp"
#include "support/keeping.hpp"
#include "support/ledger.hpp"

using namespace wayfare;
using namespace ledger_words;
using namespace keeping_words;

namespace {

std::string budgets_text(Ledger& ledger) {
  std::string text;
  for (const Budget& one : ask(ledger, ListBudgets{}).value())
    text += one.name + " " + one.value + " " + one.spent.text() + " " + one.reserved.text() + "\n";
  return text;
}

} // namespace

TEST_CASE("a repair makes the sums and windows again, and changes no entry", "[slow]") {
  for (const std::string damage_sql :
       {"DELETE FROM rollup_day", "UPDATE rollup_user SET cost_p = cost_p + 1, calls = 0",
        "DELETE FROM byok_day; UPDATE byok_tag SET unknown = 7",
        "UPDATE budget_window SET spent_p = 1, reserved_p = 2", "DELETE FROM hold",
        "UPDATE hold SET held_p = held_p + 1", "DELETE FROM budget_window",
        "INSERT INTO hold VALUES ('nobody', 1, 5)",
        "CREATE TRIGGER \"odd \"\"one\" BEFORE INSERT ON rollup_day BEGIN SELECT RAISE(ABORT, "
        "'no'); "
        "END"}) {
    INFO(damage_sql);
    const Folder folder;
    const std::string path = folder / "l.db";
    std::string before;
    std::int64_t rows = 0;
    {
      Opened opened(path);
      fill(*opened.ledger, 200);
      REQUIRE(verify(*opened.ledger).problems == std::vector<std::string>{});
      before = budgets_text(*opened.ledger);
      rows = number(path, "SELECT count(*) + sum(cost_p) FROM entry");
    }
    damage(path, damage_sql);
    Opened opened(path);
    CHECK_FALSE(verify(*opened.ledger).ok);
    const auto found = ask(*opened.ledger, Mend{});
    REQUIRE(found.ok());
    CHECK(found->problems == std::vector<std::string>{});
    CHECK(verify(*opened.ledger).problems == std::vector<std::string>{});
    CHECK(budgets_text(*opened.ledger) == before);
    CHECK(number(path, "SELECT count(*) + sum(cost_p) FROM entry") == rows);
    REQUIRE_FALSE(reserve(*opened.ledger, reservation("x"))); // the ledger goes on
    CHECK(verify(*opened.ledger).problems == std::vector<std::string>{});
  }
}

TEST_CASE("an end that the content of the file prevents stops reservations until it is repaired") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Opened opened(path);
  Ledger& ledger = *opened.ledger;
  const Reservation r = reservation("a");
  REQUIRE_FALSE(reserve(ledger, r));
  damage(path,
         "CREATE TRIGGER foreign_one BEFORE INSERT ON rollup_day BEGIN SELECT RAISE(ABORT, 'not "
         "today'); END");
  std::promise<void> booked;
  ledger.book(r.uid, settled(7), [&] { booked.set_value(); });
  std::optional<Error> refused;
  for (int turn = 0; turn < 500 && !refused; ++turn) {
    refused = reserve(ledger, reservation("a"));
    if (!refused) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  REQUIRE(refused);
  CHECK(refused->code == Code::ledger_unavailable);
  CHECK(refused->message.find("the end of a call cannot be booked") == 0);
  CHECK(refused->message.find("not today") != std::string::npos);
  CHECK(refused->advice == "look at the damage with verify, and repair it with mend");
  const Verification found = verify(ledger);
  REQUIRE_FALSE(found.ok);
  CHECK(found.problems.back() == "a trigger that wayfare did not make: foreign_one");

  REQUIRE(ask(ledger, Mend{}).ok());
  REQUIRE(booked.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready);
  REQUIRE_FALSE(reserve(ledger, reservation("a")));
  CHECK(entries(ledger).front().cost == Amount{7});
  CHECK(verify(ledger).problems == std::vector<std::string>{});
}

TEST_CASE("a sum that does not fit stays at the largest number, and later ends are booked") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Opened opened(path);
  Ledger& ledger = *opened.ledger;
  REQUIRE(ask(ledger, SetBudget{.name = "b",
                                .limit = Amount{1'000'000},
                                .window = Window::lifetime,
                                .mode = BudgetMode::soft,
                                .assume = Amount{5}})
              .ok());
  for (int turn = 0; turn < 3; ++turn) {
    const Reservation r = reservation("a");
    REQUIRE_FALSE(reserve(ledger, r));
    book(ledger, r.uid, settled(5'000'000'000'000'000'000));
  }
  CHECK(entries(ledger).size() == 3);
  CHECK(number(path, "SELECT cost_p FROM rollup_day") == INT64_MAX);
  CHECK(number(path, "SELECT spent_p FROM budget_window") == INT64_MAX);
  CHECK_FALSE(verify(ledger).ok); // it tells that these sums cannot be judged
}

TEST_CASE("a trigger on somebody's own table is no damage, and stays") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Opened opened(path);
  REQUIRE_FALSE(reserve(*opened.ledger, reservation("a")));
  damage(path,
         "CREATE TABLE own(x); CREATE TRIGGER own_one BEFORE INSERT ON own BEGIN SELECT 1; END");
  CHECK(verify(*opened.ledger).problems == std::vector<std::string>{});
  REQUIRE(ask(*opened.ledger, Mend{}).ok());
  CHECK(number(path, "SELECT count(*) FROM sqlite_schema WHERE name = 'own_one'") == 1);
}

TEST_CASE(
    "a ledger with a trigger of another program is read, and not written until it is mended") {
  const Folder folder;
  const std::string path = folder / "l.db";
  {
    Opened opened(path);
    fill(*opened.ledger, 20);
  }
  // This one would never end. It would hold the writer at the first reservation.
  damage(path,
         "CREATE TRIGGER for_ever AFTER INSERT ON pending BEGIN INSERT INTO meta SELECT 'x' || x, "
         "'y' FROM (WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT x FROM "
         "r WHERE x < 0); END");
  Opened opened(path);
  const auto refused = reserve(*opened.ledger, reservation("x"));
  REQUIRE(refused);
  CHECK(refused->code == Code::ledger_unavailable);
  CHECK(refused->message ==
        path + " has a trigger that wayfare did not make: for_ever; nothing was sent");
  CHECK(refused->advice == "drop it with a SQLite tool, or run mend");
  CHECK(entries(*opened.ledger).size() > 10);
  CHECK_FALSE(verify(*opened.ledger).ok);
  REQUIRE(ask(*opened.ledger, Mend{}).ok());
  CHECK_FALSE(reserve(*opened.ledger, reservation("x")));
}

TEST_CASE("a trigger on a table of another program is nobody's business") {
  const Folder folder;
  const std::string path = folder / "l.db";
  {
    Opened opened(path);
    REQUIRE_FALSE(reserve(*opened.ledger, reservation("x")));
  }
  damage(path,
         "CREATE TABLE theirs(x); CREATE TRIGGER theirs_too AFTER INSERT ON theirs BEGIN SELECT 1; "
         "END");
  Opened opened(path);
  CHECK_FALSE(reserve(*opened.ledger, reservation("x")));
}
