// Sums that do not fit in 64 bits of picodollars: they stay at the largest number and say so, and
// nothing is refused for that.
#include <algorithm>
#include <future>
#include <limits>
#include <string>
#include <vector>

#include "ledger/lookups.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"
#include "support/keeping.hpp"

using namespace keeping_words;

namespace {

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t dollars_100000 = 100'000'000'000'000'000; // the highest cost of an attempt

Reservation of_user(const std::string& agent, const std::string& user) {
  Reservation r = reservation(agent);
  r.charge_to.user = user;
  r.charge_to.run = "r";
  r.charge_to.tags = {"t" + user};
  return r;
}

// Ended calls with the highest cost, also of a provider's own bill.
void spend(Ledger& ledger, int calls, const std::string& agent, const std::string& user,
           std::optional<Amount> bound = std::nullopt) {
  for (int at = 0; at < calls; ++at) {
    Reservation r = of_user(agent, user);
    r.bound = bound;
    REQUIRE_FALSE(reserve(ledger, r));
    Ending ending = settled(dollars_100000);
    ending.billing.is_byok = true;
    ending.billing.upstream_cost = Amount{dollars_100000};
    book(ledger, r.uid, ending);
  }
}

const std::vector<By> ways{{},
                           {Dimension::day},
                           {Dimension::agent},
                           {Dimension::user},
                           {Dimension::tag},
                           {Dimension::run},
                           {Dimension::hour},
                           {Dimension::requested_model},
                           {Dimension::user, Dimension::agent}};

bool tells(const Verification& found, const std::string& problem) {
  return std::ranges::any_of(found.problems, [&](const std::string& line) {
    return line.find(problem) != std::string::npos;
  });
}

} // namespace

TEST_CASE("sums stay at the largest number and say so, and later rows are booked") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  spend(ledger, 92, "a", "ann");
  for (const By& by : ways) {
    const auto rows = ask(ledger, UsageQuery{.by = by}).value();
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].cost == Amount{92 * dollars_100000});
    CHECK_FALSE(rows[0].saturated);
  }
  CHECK(verify(ledger).problems == std::vector<std::string>{});

  spend(ledger, 8, "a", "ann");
  spend(ledger, 1, "b", "");
  for (const By& by : ways) {
    const auto rows = ask(ledger, UsageQuery{.by = by}).value();
    std::int64_t calls = 0;
    for (const UsageRow& row : rows) {
      calls += row.calls;
      if (row.cost == Amount{most}) CHECK(row.saturated);
      // Without a user, it may be a difference of sums, of which some are saturated.
      if (row.saturated) CHECK((row.cost == Amount{most} || row.user == ""));
      CHECK(row.cost == row.upstream_cost);
      CHECK(row.cost == Amount{row.calls >= 100 ? most : dollars_100000});
    }
    CHECK(calls == 101);
  }
  const std::string path = folder / "l.db";
  for (const char* view : {"v1_status", "v1_usage_day", "v1_usage_user_day", "v1_usage_tag_day"})
    CHECK(number(path, std::string("SELECT max(cost_picodollars) FROM ") + view) == most);
  CHECK(number(path, "SELECT calls FROM v1_status") == 101);
  CHECK(number(path, "SELECT cost_usd = '9223372.036854775807' FROM v1_status") == 1);

  for (const bool is_mended : {false, true}) {
    const Verification found = is_mended ? ask(ledger, Mend{}).value() : verify(ledger);
    CHECK(tells(found, "a sum in rollup_day is too large to be told"));
    CHECK(tells(found, "a sum in byok_tag is too large to be told"));
    CHECK_FALSE(tells(found, "cannot be judged"));
    CHECK_FALSE(tells(found, "is not the sum of the entries"));
  }
  opened.close();
  Opened again(folder / "l.db");
  CHECK(ask(*again.ledger, UsageQuery{}).value().at(0).calls == 101);
}

TEST_CASE("the sums of several rows do not fit either, and those without a user are a difference") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  spend(ledger, 60, "a", "ann");
  spend(ledger, 60, "b", "bob");
  spend(ledger, 3, "c", "");
  const auto all = ask(ledger, UsageQuery{}).value();
  CHECK((all.at(0).saturated && all.at(0).cost == Amount{most}));
  CHECK(number(folder / "l.db", "SELECT cost_picodollars FROM v1_status") == most);
  // No sum of a row is too large here, and so each of these is exact.
  for (const UsageRow& row : ask(ledger, UsageQuery{.by = {Dimension::user}}).value()) {
    CHECK(row.cost == Amount{(row.user == "" ? 3 : 60) * dollars_100000});
    CHECK_FALSE(row.saturated);
  }
  CHECK(verify(ledger).problems == std::vector<std::string>{});
}

TEST_CASE("a budget over sums that do not fit refuses calls, and does not fail") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  spend(ledger, 100, "a", "ann");
  const std::vector<Scope> scopes{{},
                                  {.agent = "a"},
                                  {.user = "*"},
                                  {.run = "*"},
                                  {.tag = "tann"},
                                  {.model = "m"},
                                  {.model = "*"},
                                  {.agent = "a", .user = "ann"}};
  for (const BudgetMode mode : {BudgetMode::hard, BudgetMode::soft})
    for (std::size_t at = 0; at < scopes.size(); ++at)
      REQUIRE(ask(ledger, SetBudget{.name = "b" + std::to_string(at),
                                    .limit = Amount{9'000'000'000'000'000'000},
                                    .window = Window::lifetime,
                                    .mode = mode,
                                    .scope = scopes[at],
                                    .thresholds = std::vector<std::int32_t>{1000}})
                  .ok());
  for (const Budget& one : ask(ledger, ListBudgets{}).value()) {
    if (one.spent == Amount{}) continue; // its windows come with their values
    CHECK(one.spent == Amount{most});
    CHECK(one.left.picodollars < 0);
  }
  REQUIRE(ask(ledger, SetBudget{.name = "b0", .mode = BudgetMode::hard}).ok());
  Reservation r = of_user("a", "ann");
  r.bound = Amount{1};
  REQUIRE(reserve(ledger, r));
  CHECK(reserve(ledger, r)->code == Code::budget_exceeded);
  REQUIRE(ask(ledger, SetBudget{.name = "b0", .mode = BudgetMode::soft}).ok());
  spend(ledger, 2, "a", "ann", Amount{1});
  for (const Budget& one : ask(ledger, ListBudgets{}).value()) CHECK(one.spent == Amount{most});
  CHECK(number(folder / "l.db", "SELECT min(left_picodollars) FROM v1_budgets") < 0);
  const Verification found = verify(ledger);
  CHECK(tells(found, "what a window has spent is too large to be told"));
  CHECK_FALSE(tells(found, "cannot be judged"));
  CHECK_FALSE(tells(found, "a window's costs are not those of its entries"));
}

TEST_CASE("what attempts hold in a soft budget fits, and each is taken back exactly") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  SetBudget soft{
      .name = "soft", .limit = Amount{5}, .window = Window::lifetime, .mode = BudgetMode::soft};
  REQUIRE(ask(ledger, soft).ok());
  std::vector<Uid> open;
  for (const std::int64_t bound : {most - 10, most, std::int64_t{7}}) {
    Reservation r = of_user("a", "ann");
    r.bound = Amount{bound};
    REQUIRE_FALSE(reserve(ledger, r));
    open.push_back(r.uid);
  }
  const auto reserved = [&](const std::string& name) {
    for (const Budget& one : ask(ledger, ListBudgets{}).value())
      if (one.name == name) return one.reserved.picodollars;
    return std::int64_t{-1};
  };
  CHECK(reserved("soft") == most);
  // A budget that is made now holds the same.
  soft.name = "later";
  REQUIRE(ask(ledger, soft).ok());
  soft.name = "each";
  soft.scope.user = "*";
  REQUIRE(ask(ledger, soft).ok());
  Reservation one_more = of_user("a", "ann");
  one_more.bound = Amount{1};
  REQUIRE_FALSE(reserve(ledger, one_more));
  CHECK(reserved("later") == most);
  CHECK(reserved("each") == most);
  const auto usage = ask(ledger, UsageQuery{}).value();
  CHECK((usage.at(0).held == Amount{most} && usage.at(0).saturated));
  CHECK_FALSE(tells(verify(ledger), "a window holds another amount than its attempts"));
  book(ledger, open[0], settled(3));
  CHECK(reserved("soft") == 10);
  book(ledger, one_more.uid, Ending{.state = State::voided});
  for (std::size_t at = 1; at < open.size(); ++at)
    book(ledger, open[at], Ending{.state = State::voided});
  for (const char* name : {"soft", "later", "each"}) CHECK(reserved(name) == 0);
  CHECK(verify(ledger).problems == std::vector<std::string>{});
}

TEST_CASE("costs that a person gives, and bounds that are charged, may be of any size") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  REQUIRE(ask(ledger, SetBudget{.name = "all",
                                .limit = Amount{5},
                                .window = Window::lifetime,
                                .mode = BudgetMode::soft})
              .ok());
  for (int at = 0; at < 3; ++at) {
    const Reservation r = of_user("a", "ann");
    REQUIRE_FALSE(reserve(ledger, r));
    book(ledger, r.uid, Ending{.state = State::unknown});
    REQUIRE(ask(ledger, SettleCost{.entry = r.uid.text(),
                                   .cost = Amount{most},
                                   .upstream_cost = Amount{most},
                                   .reason = "the bill"})
                .ok());
  }
  CHECK(ask(ledger, UsageQuery{}).value().at(0).saturated);
  CHECK(ask(ledger, ListBudgets{}).value().at(0).spent == Amount{most});
  CHECK(
      ask(ledger, SetBudget{.name = "later", .limit = Amount{5}, .window = Window::lifetime}).ok());

  for (int at = 0; at < 3; ++at) {
    Reservation r = of_user("b", "bob");
    r.bound = Amount{most - 1};
    REQUIRE(ask(ledger, SetBudget{.name = "later", .mode = BudgetMode::soft}).ok());
    REQUIRE_FALSE(reserve(ledger, r));
    book(ledger, r.uid, Ending{.state = State::unknown});
  }
  damage(folder / "l.db", "UPDATE pending SET marked_us = marked_us - 90000000000");
  std::promise<ledger::LookupResult> answer;
  ledger.give_up_old([&](Result<ledger::LookupResult> sum) { answer.set_value(sum.value()); });
  const auto sum = answer.get_future().get();
  CHECK(sum.given_up == 3);
  CHECK(sum.charged == Amount{most});
}
