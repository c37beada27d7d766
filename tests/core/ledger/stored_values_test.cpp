// Values that only a damaged ledger has: a report tells an error, or the values that can be shown.

#include <limits>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/folder.hpp"
#include "support/keeping.hpp"

using namespace wayfare;
using namespace keeping_words;

namespace {

bool is_shown(Time time) {
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(time));
  return day.year() >= std::chrono::year(1) && day.year() <= std::chrono::year(9999);
}

template <class T>
void check_damage(const Result<T>& result) {
  if (result) return;
  CHECK(result.error().code == Code::ledger_unavailable);
  CHECK(result.error().message.starts_with("the ledger cannot be read: "));
}

// Returns how many of the reports are errors.
int look_at_all(Ledger& ledger) {
  const auto entries = ask(ledger, EntryQuery{});
  const auto budgets = ask(ledger, ListBudgets{});
  const auto unknown = ask(ledger, ListUnknown{});
  const auto crossings = ask(ledger, ListCrossings{});
  const auto usage = ask(ledger, UsageQuery{.by = {Dimension::day}});
  check_damage(entries);
  check_damage(budgets);
  check_damage(unknown);
  check_damage(crossings);
  check_damage(usage);
  if (entries)
    for (const Entry& one : entries->entries) {
      CHECK(is_shown(one.reserved));
      CHECK(is_shown(one.booked));
      CHECK_FALSE(name(one.state).empty());
      CHECK_FALSE(name(one.cost_source).empty());
    }
  if (budgets)
    for (const Budget& one : *budgets) {
      CHECK((!one.resets_at || is_shown(*one.resets_at)));
      CHECK((!one.extra_until || is_shown(*one.extra_until)));
      CHECK_FALSE(name(one.window).empty());
    }
  if (unknown)
    for (const Unknown& one : unknown->unknown) {
      CHECK(is_shown(one.reserved));
      CHECK((!one.gives_up_at || is_shown(*one.gives_up_at)));
    }
  if (crossings)
    for (const Crossing& one : *crossings) CHECK(is_shown(one.crossed));
  return !entries + !budgets + !unknown + !crossings + !usage;
}

} // namespace

TEST_CASE("a time, window or state that cannot be is an error of the report that shows it") {
  const std::string unchecked = "PRAGMA ignore_check_constraints = ON; ";
  const std::string far = std::to_string(std::numeric_limits<std::int64_t>::max());
  const std::string early = std::to_string(std::numeric_limits<std::int64_t>::min());
  std::vector<std::string> damages{"UPDATE budget SET span = 77", "UPDATE budget SET span = -1",
                                   "UPDATE pending SET state = 9",
                                   "UPDATE entry SET cost_source = 99"};
  for (const std::string& time : {far, early, std::string("253402300800000000")})
    for (const char* place :
         {"entry SET reserved_us", "entry SET booked_us", "pending SET reserved_us",
          "pending SET marked_us", "crossing SET crossed_us", "budget_override SET until_us"})
      damages.push_back("UPDATE " + std::string(place) + " = " + time);
  int errors = 0;
  for (const std::string& one : damages) {
    INFO(one);
    const Folder folder;
    const std::string path = folder / "l.db";
    {
      Opened opened(path);
      fill(*opened.ledger, 60);
      REQUIRE(ask(*opened.ledger, SetBudget{.name = "all", .thresholds = {{1}}}).ok());
      REQUIRE(ask(*opened.ledger,
                  OverrideBudget{.name = "all",
                                 .amount = Amount{5},
                                 .until = Time(std::chrono::microseconds(os::wall_us() + day))})
                  .ok());
      REQUIRE(look_at_all(*opened.ledger) == 0);
    }
    damage(path, unchecked + one);
    Opened opened(path);
    errors += look_at_all(*opened.ledger);
  }
  CHECK(errors >= static_cast<int>(damages.size()) / 2); // the others are not in a report
}
