// Calls that a provider bills to the caller directly: what is booked, and what budgets make of it.

#include <optional>
#include <string>

#include "support/catch.hpp"
#include "support/folder.hpp"
#include "support/keeping.hpp"
#include "support/ledger.hpp"

using namespace wayfare;
using ledger::LookupResult;
using namespace ledger_words;
using namespace keeping_words;

namespace {

Ending paid_directly(std::int64_t cost, std::optional<std::int64_t> upstream) {
  Ending ending = settled(cost);
  ending.billing.is_byok = true;
  ending.billing.generation_id = "gen-1";
  if (upstream) ending.billing.upstream_cost = Amount{*upstream};
  return ending;
}

Reservation bounded(std::int64_t bound) {
  Reservation r = reservation("a");
  r.bound = Amount{bound};
  return r;
}

void make(Ledger& ledger, const std::string& name, BudgetByok byok) {
  REQUIRE(
      ask(ledger,
          SetBudget{.name = name, .limit = Amount{100}, .window = Window::lifetime, .byok = byok})
          .ok());
}

// spent, reserved and unknown of a budget
struct Sums {
  std::int64_t spent, reserved, unknown;
  bool operator==(const Sums&) const = default;
};
Sums state_of(Ledger& ledger, const std::string& name) {
  for (const Budget& one : ask(ledger, ListBudgets{}).value())
    if (one.name == name) return {one.spent.picodollars, one.reserved.picodollars, one.unknown};
  return {-1, -1, -1};
}

LookupResult look_up(Ledger& ledger, const Uid& uid, const Ending& told) {
  std::promise<LookupResult> answer;
  ledger.end_lookup(uid.text(), told,
                    [&](const Result<LookupResult>& result) { answer.set_value(result.value()); });
  return answer.get_future().get();
}

} // namespace

TEST_CASE("a budget counts the provider's bill beside the server's, unless it ignores it") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  make(ledger, "count", BudgetByok::count);
  make(ledger, "ignore", BudgetByok::ignore);
  const Reservation r = bounded(60);
  REQUIRE_FALSE(reserve(ledger, r));
  book(ledger, r.uid, paid_directly(3, 50));
  CHECK(state_of(ledger, "count") == Sums{53, 0, 0});
  CHECK(state_of(ledger, "ignore") == Sums{3, 0, 0});
  const Entry entry = entries(ledger).at(0);
  CHECK(entry.cost == Amount{3});
  CHECK(entry.is_byok == true);
  CHECK(entry.upstream_cost == Amount{50});
  const UsageRow row = ask(ledger, UsageQuery{}).value().at(0);
  CHECK(row.cost == Amount{3});
  CHECK(row.byok_calls == 1);
  CHECK(row.upstream_cost == Amount{50});
  CHECK(row.upstream_unknown == 0);
  CHECK(verify(ledger).problems == std::vector<std::string>{});
  CHECK(number(folder / "l.db", "SELECT upstream_cost_picodollars FROM v1_entries") == 50);
  CHECK(number(folder / "l.db", "SELECT upstream_cost_picodollars FROM v1_usage_day") == 50);
}

TEST_CASE("what a provider bills and nobody told keeps its hold until it is looked up") {
  Opened opened(":memory:");
  Ledger& ledger = *opened.ledger;
  make(ledger, "count", BudgetByok::count);
  make(ledger, "ignore", BudgetByok::ignore);
  const Reservation r = bounded(60);
  REQUIRE_FALSE(reserve(ledger, r));
  book(ledger, r.uid, paid_directly(3, std::nullopt));
  CHECK(state_of(ledger, "count") == Sums{3, 57, 1});
  CHECK(state_of(ledger, "ignore") == Sums{3, 0, 0});
  CHECK(ask(ledger, UsageQuery{}).value().at(0).upstream_unknown == 1);
  // A budget that is made now begins with the same.
  make(ledger, "later", BudgetByok::count);
  CHECK(state_of(ledger, "later") == Sums{3, 57, 1});
  CHECK(verify(ledger).problems == std::vector<std::string>{});

  // The server tells nothing new: it is asked again.
  CHECK(look_up(ledger, r.uid, paid_directly(3, std::nullopt)).settled == 0);
  CHECK(look_up(ledger, r.uid, paid_directly(3, 40)).settled == 1);
  CHECK(look_up(ledger, r.uid, paid_directly(3, 40)).settled == 0);
  CHECK(state_of(ledger, "count") == Sums{43, 0, 0});
  CHECK(state_of(ledger, "later") == Sums{43, 0, 0});
  CHECK(state_of(ledger, "ignore") == Sums{3, 0, 0});
  const UsageRow row = ask(ledger, UsageQuery{}).value().at(0);
  CHECK(row.calls == 1);
  CHECK(row.cost == Amount{3});
  CHECK(row.upstream_cost == Amount{40});
  CHECK(row.upstream_unknown == 0);
  CHECK(verify(ledger).problems == std::vector<std::string>{});
}

TEST_CASE("an upstream cost of an answer paid by credits counts once") {
  Opened opened(":memory:");
  Ledger& ledger = *opened.ledger;
  make(ledger, "count", BudgetByok::count);
  const Reservation r = bounded(60);
  REQUIRE_FALSE(reserve(ledger, r));
  Ending ending = settled(50);
  ending.billing.is_byok = false;
  book(ledger, r.uid, ending);
  CHECK(state_of(ledger, "count") == Sums{50, 0, 0});
  CHECK(entries(ledger).at(0).is_byok == false);
  CHECK_FALSE(entries(ledger).at(0).upstream_cost);
}
