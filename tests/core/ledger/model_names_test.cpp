// Blocks and budgets of a model hold whatever name a request calls the model by.
#include <future>
#include <string>

#include "ledger/schema.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"
#include "support/ledger.hpp"

using namespace ledger_words;

namespace {

Verdict verdict(Ledger& ledger, const Reservation& r) {
  std::promise<Verdict> answer;
  ledger.reserve(std::make_shared<const Reservation>(r),
                 [&](const Verdict& given) { answer.set_value(given); });
  return answer.get_future().get();
}

Reservation of_model(const std::string& model, std::int64_t picodollars = 10) {
  Reservation r = reservation("a", model);
  r.bound = Amount{picodollars};
  return r;
}

bool is_blocked(Ledger& ledger, const Reservation& r) {
  const Verdict given = verdict(ledger, r);
  return given.refused && given.refused->code == Code::blocked;
}

} // namespace

TEST_CASE("a block of a model holds for its name with any suffix, and among the body's models") {
  Opened opened(":memory:");
  Ledger& ledger = *opened.ledger;
  REQUIRE(ask(ledger, BlockCalls{.scope = {.model = "m/x"}}).ok());
  CHECK(is_blocked(ledger, of_model("m/x")));
  CHECK(is_blocked(ledger, of_model("m/x:nitro")));
  CHECK(is_blocked(ledger, of_model("m/x:online")));
  CHECK_FALSE(is_blocked(ledger, of_model("m/xy")));
  Reservation fallback = of_model("m/other");
  fallback.other_names = {{"m/third", "m/third"}, {"m/x:floor", "m/x:floor"}};
  CHECK(is_blocked(ledger, fallback));
  fallback.other_names = {{"m/third", "m/third"}};
  CHECK_FALSE(is_blocked(ledger, fallback));
}

TEST_CASE("a budget of a model counts its name with any suffix, also those before it was made") {
  Opened opened(":memory:");
  Ledger& ledger = *opened.ledger;
  const Reservation before = of_model("m/x:floor", 40);
  REQUIRE_FALSE(verdict(ledger, before).refused);
  REQUIRE(ask(ledger, SetBudget{.name = "b",
                                .limit = Amount{100},
                                .window = Window::lifetime,
                                .scope = {.model = "m/x"}})
              .ok());
  CHECK(ask(ledger, ListBudgets{}).value().at(0).reserved == Amount{40});
  CHECK_FALSE(verdict(ledger, of_model("m/x:nitro", 60)).refused);
  CHECK(verdict(ledger, of_model("m/x", 1)).refused->code == Code::budget_exceeded);
  CHECK_FALSE(verdict(ledger, of_model("m/y", 60)).refused);
  CHECK(ask(ledger, Verify{}).value().ok);
}

TEST_CASE("a budget for each model has one window for all names of a model") {
  Opened opened(":memory:");
  Ledger& ledger = *opened.ledger;
  const Reservation before = of_model("m/x:floor", 40);
  REQUIRE_FALSE(verdict(ledger, before).refused);
  REQUIRE(ask(ledger, SetBudget{.name = "each",
                                .limit = Amount{100},
                                .window = Window::lifetime,
                                .scope = {.model = "*"}})
              .ok());
  CHECK_FALSE(verdict(ledger, of_model("m/x:nitro", 60)).refused);
  CHECK(verdict(ledger, of_model("m/x", 1)).refused->code == Code::budget_exceeded);
  CHECK_FALSE(verdict(ledger, of_model("m/y:nitro", 100)).refused);
  const auto windows = ask(ledger, ListBudgets{}).value();
  REQUIRE(windows.size() == 2);
  CHECK(ask(ledger, Verify{}).value().ok);
}

namespace {

// A hard budget of one model, for ever.
void make_budget(Ledger& ledger, const std::string& model, std::int64_t limit) {
  REQUIRE(ask(ledger, SetBudget{.name = model,
                                .limit = Amount{limit},
                                .window = Window::lifetime,
                                .scope = {.model = model}})
              .ok());
}

// spent and reserved of the budget with this name
std::pair<std::int64_t, std::int64_t> sums_of(Ledger& ledger, const std::string& name) {
  for (const Budget& one : ask(ledger, ListBudgets{}).value())
    if (one.name == name) return {one.spent.picodollars, one.reserved.picodollars};
  return {-1, -1};
}
using Sums = std::pair<std::int64_t, std::int64_t>;

Ending served_by(const std::string& model, std::int64_t cost) {
  Ending ending = settled(cost);
  ending.billing.model = model;
  return ending;
}

} // namespace

TEST_CASE("a call is held for each model that it names, and counted for the model that served") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  for (const char* model : {"m/one", "m/two", "m/three"}) make_budget(ledger, model, 100);
  Reservation r = of_model("m/one", 60);
  r.other_names = {{"m/two:floor", "m/two:floor"}, {"m/two-20260101", "m/two:floor"}};
  REQUIRE_FALSE(verdict(ledger, r).refused);
  CHECK(sums_of(ledger, "m/one") == Sums{0, 60});
  CHECK(sums_of(ledger, "m/two") == Sums{0, 60});
  CHECK(sums_of(ledger, "m/three") == Sums{0, 0});
  Reservation second = of_model("m/two", 41);
  CHECK(verdict(ledger, second).refused->budget == "m/two");
  book(ledger, r.uid, served_by("m/two-20260101", 55));
  CHECK(sums_of(ledger, "m/one") == Sums{0, 0});
  CHECK(sums_of(ledger, "m/two") == Sums{55, 0});
  // A budget that is made now counts the same.
  REQUIRE(ask(ledger, SetBudget{.name = "m/two", .remove = true}).ok());
  make_budget(ledger, "m/two", 100);
  CHECK(sums_of(ledger, "m/two") == Sums{55, 0});
  CHECK(ask(ledger, Verify{}).value().problems == std::vector<std::string>{});
  CHECK(number(folder / "l.db", "SELECT count(*) FROM hold") == 0);
}

TEST_CASE(
    "a call is counted for each model that it names while the model that served is not known") {
  Opened opened(":memory:");
  Ledger& ledger = *opened.ledger;
  for (const char* model : {"m/one", "m/two"}) make_budget(ledger, model, 100);
  Reservation r = of_model("m/one", 60);
  r.other_names = {{"m/two", "m/two"}};
  REQUIRE_FALSE(verdict(ledger, r).refused);
  book(ledger, r.uid, served_by("somebody/else", 50));
  CHECK(sums_of(ledger, "m/one") == Sums{50, 0});
  CHECK(sums_of(ledger, "m/two") == Sums{50, 0});
  Reservation lost = of_model("m/one", 40);
  lost.other_names = {{"m/two", "m/two"}};
  REQUIRE_FALSE(verdict(ledger, lost).refused);
  book(ledger, lost.uid, Ending{.state = State::unknown});
  CHECK(sums_of(ledger, "m/one") == Sums{50, 40});
  CHECK(sums_of(ledger, "m/two") == Sums{50, 40});
  CHECK(ask(ledger, Verify{}).value().problems == std::vector<std::string>{});
}

TEST_CASE("a block and a budget of a model hold under each name of the models list") {
  Opened opened(":memory:");
  Ledger& ledger = *opened.ledger;
  make_budget(ledger, "m/one", 100);
  Reservation r = of_model("m/one-20260101:nitro", 60);
  r.other_names = {{"m/one", "m/one-20260101:nitro"}};
  REQUIRE_FALSE(verdict(ledger, r).refused);
  CHECK(sums_of(ledger, "m/one") == Sums{0, 60});
  book(ledger, r.uid, served_by("m/one-20260101", 55));
  CHECK(sums_of(ledger, "m/one") == Sums{55, 0});
  CHECK(ask(ledger, Verify{}).value().problems == std::vector<std::string>{});
  REQUIRE(ask(ledger, BlockCalls{.scope = {.model = "m/one"}}).ok());
  r.uid = r.call = reservation().uid;
  CHECK(is_blocked(ledger, r));
}

TEST_CASE(
    "a router is refused by a hard budget of a model, and told where a block cannot stop it") {
  Opened opened(":memory:");
  Ledger& ledger = *opened.ledger;
  Reservation r = of_model("openrouter/auto", 10);
  r.names_no_model = true;
  REQUIRE(ask(ledger, BlockCalls{.scope = {.model = "m/one"}}).ok());
  const Verdict sent = verdict(ledger, r);
  CHECK_FALSE(sent.refused);
  REQUIRE(sent.warnings.size() == 1);
  CHECK(sent.warnings[0].find("the block of the model m/one cannot stop this call") == 0);
  make_budget(ledger, "m/one", 100);
  r.uid = r.call = reservation().uid;
  const auto refused = verdict(ledger, r).refused;
  REQUIRE(refused);
  CHECK(refused->code == Code::no_bound);
  CHECK(refused->message ==
        "the budget m/one counts the model m/one, and the server chooses the model of "
        "openrouter/auto; nothing was sent");
}

TEST_CASE("a call without the value that a budget needs is refused, or shares a window") {
  Opened opened(":memory:");
  Ledger& ledger = *opened.ledger;
  SetBudget each{.name = "each-user",
                 .limit = Amount{100},
                 .window = Window::lifetime,
                 .scope = {.user = "*"}};
  REQUIRE(ask(ledger, each).ok());
  const auto refused = verdict(ledger, of_model("m/x")).refused;
  REQUIRE(refused);
  CHECK(refused->code == Code::invalid);
  CHECK(refused->message ==
        "charge_to.user is missing: the budget each-user needs it; nothing was sent");
  each.missing = BudgetMissing::share;
  REQUIRE(ask(ledger, each).ok());
  REQUIRE_FALSE(verdict(ledger, of_model("m/x", 60)).refused);
  CHECK(verdict(ledger, of_model("m/y", 41)).refused->code == Code::budget_exceeded);
}

TEST_CASE("a plan that did not seek the names of a model is made again once a rule counts one") {
  Opened opened(":memory:");
  Ledger& ledger = *opened.ledger;
  Reservation r = of_model("m/one-20260101");
  r.names_sought = false;
  REQUIRE(verdict(ledger, r).is_granted());
  REQUIRE(ask(ledger, BlockCalls{.scope = {.agent = "other"}}).ok()); // it counts no model
  r.uid = r.call = reservation().uid;
  REQUIRE(verdict(ledger, r).is_granted());
  for (const bool by_block : {true, false}) {
    if (by_block)
      REQUIRE(ask(ledger, BlockCalls{.scope = {.model = "m/one"}}).ok());
    else
      make_budget(ledger, "m/one", 100);
    r.uid = r.call = reservation().uid;
    const Verdict given = verdict(ledger, r);
    REQUIRE(given.plan_again);
    CHECK(given.plan_again->names_models);
    if (by_block) REQUIRE(ask(ledger, UnblockCalls{.scope = {.model = "m/one"}}).ok());
  }
  r.names_sought = true;
  r.other_names = {{"m/one", r.model}};
  REQUIRE(verdict(ledger, r).is_granted());
  CHECK(sums_of(ledger, "m/one") == Sums{0, 10});
}

namespace {

// A hard budget for each model, for ever.
void make_budget_for_each(Ledger& ledger, std::int64_t limit) {
  REQUIRE(ask(ledger, SetBudget{.name = "each",
                                .limit = Amount{limit},
                                .window = Window::lifetime,
                                .scope = {.model = "*"}})
              .ok());
}

// "m/one 0+60 m/two 55+0": the windows of the budget for each model, with spent and reserved.
std::string windows(Ledger& ledger) {
  std::string all;
  for (const Budget& one : ask(ledger, ListBudgets{}).value())
    if (one.name == "each")
      all += (all.empty() ? "" : " ") + one.value + " " + std::to_string(one.spent.picodollars) +
             "+" + std::to_string(one.reserved.picodollars);
  return all;
}

// A request for m/x by this name, as a plan with the models list makes it.
Reservation of_x(const std::string& name, std::int64_t picodollars = 10) {
  Reservation r = of_model(name, picodollars);
  for (const char* other : {"m/x", "m/x-2026"})
    if (model_without_variant(name) != other) r.other_names.push_back({other, name});
  if (model_without_variant(name) != "m/x") r.other_names.push_back({"m/x", name, true});
  return r;
}

// A request for m/x, or for m/y by the body's models.
Reservation of_both(const std::string& name, std::int64_t picodollars = 10) {
  Reservation r = of_x(name, picodollars);
  r.other_names.push_back({"m/y:floor", "m/y:floor"});
  r.other_names.push_back({"m/y-2026", "m/y:floor"});
  std::erase_if(r.other_names, [](const OtherName& one) { return one.is_of_window; });
  r.other_names.push_back({"m/x", name, true});
  r.other_names.push_back({"m/y", "m/y:floor", true});
  return r;
}

} // namespace

TEST_CASE("a budget for each model counts every name of a model in one window") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  make_budget_for_each(ledger, 100);
  REQUIRE_FALSE(verdict(ledger, of_x("m/x", 30)).refused);
  REQUIRE_FALSE(verdict(ledger, of_x("m/x-2026", 30)).refused);
  REQUIRE_FALSE(verdict(ledger, of_x("m/x-2026:nitro", 30)).refused);
  CHECK(windows(ledger) == "m/x 0+90");
  CHECK(verdict(ledger, of_x("m/x:floor", 11)).refused->code == Code::budget_exceeded);
  CHECK(verdict(ledger, of_x("m/x-2026", 11)).refused->budget == "each");
  REQUIRE_FALSE(verdict(ledger, of_model("m/z", 100)).refused);
  CHECK(ask(ledger, Verify{}).value().problems == std::vector<std::string>{});
}

TEST_CASE("a call that names several models is held for each, and charged to the one that served") {
  for (const std::string served : {"m/y", "m/y-2026", "m/y-2026:floor"}) {
    const Folder folder;
    Opened opened(folder / "l.db");
    Ledger& ledger = *opened.ledger;
    make_budget_for_each(ledger, 100);
    const Reservation r = of_both("m/x-2026", 60);
    REQUIRE_FALSE(verdict(ledger, r).refused);
    CHECK(windows(ledger) == "m/x 0+60 m/y 0+60");
    CHECK(verdict(ledger, of_x("m/x", 41)).refused->code == Code::budget_exceeded);
    CHECK(verdict(ledger, of_model("m/y", 41)).refused->code == Code::budget_exceeded);
    // Nothing is held in one window where there is no room in the other.
    REQUIRE_FALSE(verdict(ledger, of_model("m/y", 40)).refused);
    CHECK(verdict(ledger, of_both("m/x", 1)).refused->code == Code::budget_exceeded);
    CHECK(windows(ledger) == "m/x 0+60 m/y 0+100");
    book(ledger, r.uid, served_by(served, 55));
    CHECK(windows(ledger) == "m/x 0+0 m/y 55+40");
    CHECK(number(folder / "l.db", "SELECT count(*) FROM hold") == 1);
    CHECK(ask(ledger, Verify{}).value().problems == std::vector<std::string>{});
    // The same by a budget that is made now, and once it is mended.
    REQUIRE(ask(ledger, SetBudget{.name = "each", .remove = true}).ok());
    make_budget_for_each(ledger, 100);
    REQUIRE_FALSE(verdict(ledger, of_model("m/y", 1)).refused);
    REQUIRE_FALSE(verdict(ledger, of_x("m/x-2026", 2)).refused);
    CHECK(windows(ledger) == "m/x 0+2 m/y 55+41");
    CHECK(ask(ledger, Mend{}).value().problems == std::vector<std::string>{});
    CHECK(windows(ledger) == "m/x 0+2 m/y 55+41");
  }
}

TEST_CASE("a call of several models is charged to each where the server names none of them") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  make_budget_for_each(ledger, 100);
  const Reservation named = of_both("m/x", 40), lost = of_both("m/x-2026", 30),
                    voided = of_both("m/x", 30);
  for (const Reservation* r : {&named, &lost, &voided}) REQUIRE_FALSE(verdict(ledger, *r).refused);
  book(ledger, named.uid, served_by("somebody/else", 35));
  book(ledger, lost.uid, Ending{.state = State::unknown});
  book(ledger, voided.uid, Ending{.state = State::voided});
  CHECK(windows(ledger) == "m/x 35+30 m/y 35+30");
  CHECK(ask(ledger, Verify{}).value().problems == std::vector<std::string>{});
  CHECK(ask(ledger, Mend{}).value().problems == std::vector<std::string>{});
  CHECK(windows(ledger) == "m/x 35+30 m/y 35+30");
  // A person learns later what the lost one has cost: nobody tells which model served.
  REQUIRE(
      ask(ledger, SettleCost{.entry = lost.uid.text(), .cost = Amount{5}, .reason = "bill"}).ok());
  CHECK(windows(ledger) == "m/x 40+0 m/y 40+0");
  CHECK(ask(ledger, Verify{}).value().problems == std::vector<std::string>{});
}

TEST_CASE("a window of an older wayfare, which counts the first name, stays as it is") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  make_budget_for_each(ledger, 100);
  Reservation old = of_model("m/x-2026:nitro", 30), both = of_model("m/x", 20);
  old.other_names = {{"m/x", old.model}};
  both.other_names = {{"m/y", "m/y"}};
  REQUIRE_FALSE(verdict(ledger, old).refused);
  REQUIRE_FALSE(verdict(ledger, both).refused);
  CHECK(windows(ledger) == "m/x 0+20 m/x-2026 0+30");
  book(ledger, old.uid, served_by("m/x-2026", 25));
  book(ledger, both.uid, served_by("m/y", 15));
  CHECK(windows(ledger) == "m/x 15+0 m/x-2026 25+0");
  CHECK(ask(ledger, Verify{}).value().problems == std::vector<std::string>{});
  CHECK(ask(ledger, Mend{}).value().problems == std::vector<std::string>{});
  CHECK(windows(ledger) == "m/x 15+0 m/x-2026 25+0");
  REQUIRE_FALSE(verdict(ledger, of_x("m/x-2026", 70)).refused);
  CHECK(windows(ledger) == "m/x 15+70 m/x-2026 25+0");
}

TEST_CASE("a plan that did not seek the names of a model is made again for a budget of each") {
  Opened opened(":memory:");
  Ledger& ledger = *opened.ledger;
  Reservation r = of_model("m/one-20260101");
  r.names_sought = false;
  for (const BudgetMode mode : {BudgetMode::soft, BudgetMode::hard}) {
    REQUIRE(ask(ledger, SetBudget{.name = "each",
                                  .limit = Amount{9},
                                  .window = Window::day,
                                  .mode = mode,
                                  .scope = {.model = "*"}})
                .ok());
    const Verdict given = verdict(ledger, r);
    REQUIRE(given.plan_again);
    CHECK(given.plan_again->names_models);
  }
}

TEST_CASE("a budget for each model keeps older writers out, which would count the first name") {
  const Folder folder;
  Opened opened(folder / "l.db");
  const auto oldest_writer = [&] { return number(folder / "l.db", "PRAGMA user_version"); };
  make_budget_for_each(*opened.ledger, 100);
  CHECK(oldest_writer() == 12);
  REQUIRE(ask(*opened.ledger, SetBudget{.name = "each", .remove = true}).ok());
  CHECK(oldest_writer() == ledger::first_schema);
}
