// Budgets beside a model of them, under a clock of the test's own.

#include <iterator>
#include <map>
#include <random>
#include <set>

#include "ledger/lookups.hpp"
#include "ledger/verify.hpp"
#include "support/budget_bench.hpp"
#include "support/catch.hpp"

using namespace ledger_words;

namespace {

constexpr std::int64_t hour_us = 3'600'000'000, dollar = 1'000'000'000'000;

// The models of the requests, each by all its names. A request names one of them, or two.
const std::vector<std::vector<std::string>> models{{"m", "m-2026", "m-latest"},
                                                   {"n", "n-2026", "n-latest"}};
const std::vector<std::string> suffixes{"", "", ":nitro", ":floor"};

// Names the models with these numbers, as a plan with the models list does.
template <class Below>
void name_models(Reservation& r, const std::set<std::size_t>& named, Below below) {
  std::vector<OtherName> windows;
  for (const std::size_t which : named) {
    const std::string plain = models[which][below(3)], name = plain + suffixes[below(4)];
    if (windows.empty())
      r.model = name;
    else
      r.other_names.push_back({name, name});
    for (const std::string& other : models[which])
      if (other != plain) r.other_names.push_back({other, name});
    windows.push_back({models[which][0], name, true});
  }
  if (named.size() == 1 && model_without_variant(r.model) == windows[0].name) return;
  r.other_names.insert(r.other_names.end(), windows.begin(), windows.end());
}

// The model: every attempt is remembered, and each sum is made anew.
struct Tried {
  Reservation reservation;
  std::set<std::size_t> named; // the models that may have served it
  std::int64_t reserved_us;
  std::optional<std::int64_t> cost;
  bool open = true;
  bool byok = false; // the provider bills `upstream` beside the cost
  std::optional<std::int64_t> upstream = std::nullopt;
};
struct ModelOverride {
  std::string budget;
  std::int64_t amount, until_us;
};
struct ModelLedger {
  std::map<std::string, SetBudget> budgets;
  std::vector<ModelOverride> overrides;
  std::vector<std::string> order; // in which they were made
  std::vector<Tried> attempts;

  static bool matches(const Scope& scope, const Reservation& r, const std::set<std::size_t>& named,
                      const std::string& value) {
    const auto& user = scope.user == "*" ? value : scope.user;
    const auto& model = scope.model == "*" ? value : scope.model;
    return (scope.agent.empty() || scope.agent == r.charge_to.agent) &&
           (user.empty() && scope.user != "*" ? true : user == r.charge_to.user) &&
           (scope.tag.empty() ||
            std::ranges::find(r.charge_to.tags, scope.tag) != r.charge_to.tags.end()) &&
           (model.empty() || std::ranges::any_of(named, [&](std::size_t which) {
              return models[which][0] == model;
            }));
  }
  static std::optional<std::int64_t> held(const SetBudget& budget, const Reservation& r) {
    if (r.bound) return r.bound->picodollars;
    return budget.assume ? std::optional(budget.assume->picodollars) : std::nullopt;
  }
  std::pair<std::int64_t, std::int64_t> spent_reserved(const SetBudget& budget,
                                                       const std::string& value,
                                                       std::int64_t now) const {
    const auto period = ledger::period_of(*budget.window, now);
    std::int64_t spent = 0, reserved = 0;
    for (const Tried& one : attempts) {
      if (one.reserved_us < period.start_us || one.reserved_us >= period.end_us ||
          !matches(budget.scope, one.reservation, one.named, value))
        continue;
      const bool counts = one.byok && budget.byok.value_or(BudgetByok::count) == BudgetByok::count;
      const std::int64_t bound = held(budget, one.reservation).value_or(0);
      const std::int64_t paid = one.cost.value_or(0) + (counts ? one.upstream.value_or(0) : 0);
      spent += paid;
      if (!one.cost || (counts && !one.upstream))
        reserved += std::max<std::int64_t>(0, bound - paid);
    }
    return {spent, reserved};
  }
  std::int64_t limit(const SetBudget& budget, std::int64_t now) const {
    std::int64_t sum = budget.limit->picodollars;
    for (const ModelOverride& one : overrides)
      if (one.budget == budget.name && now < one.until_us) sum += one.amount;
    return sum;
  }
  bool was_overridden(const std::string& name) const { // verify() knows what is allowed then
    return std::ranges::find(overrides, name, &ModelOverride::budget) != overrides.end();
  }
  Code judge(const Reservation& r, const std::set<std::size_t>& named, std::int64_t now) const {
    for (const auto& name : order) {
      const SetBudget& budget = budgets.at(name);
      std::vector<std::string> values{r.charge_to.user};
      if (budget.scope.model == "*") values.clear();
      for (const std::size_t which : named)
        if (budget.scope.model == "*") values.push_back(models[which][0]);
      for (const std::string& value : values) {
        if (!matches(budget.scope, r, named, value) || budget.mode == BudgetMode::soft) continue;
        const auto bound = held(budget, r);
        if (!bound) return Code::no_bound;
        const auto [spent, reserved] = spent_reserved(budget, value, now);
        const std::int64_t left = limit(budget, now) - spent - reserved;
        if (*bound > 0 && *bound > left) return Code::budget_exceeded;
      }
    }
    return Code::ok;
  }
};

// The call used the caller's own key of the provider. `upstream` of 0: nobody told the amount.
void pay_directly(Tried& one, Ending& ending, std::uint64_t upstream) {
  one.byok = true;
  ending.billing.is_byok = true;
  ending.billing.generation_id = "gen-1";
  if (upstream == 0) return;
  one.upstream = static_cast<std::int64_t>(upstream) * dollar / 10;
  ending.billing.upstream_cost = Amount{*one.upstream};
}

// One of the models serves the attempt, under any of its names. Now and then nobody tells which.
template <class Below>
void serve(Tried& one, Ending& ending, Below below) {
  if (below(4) == 0) return;
  const std::size_t which = *std::next(one.named.begin(), below(2) ? 0 : std::ssize(one.named) - 1);
  ending.billing.model = models[which][below(3)] + suffixes[below(4)];
  one.named = {which};
}

// The server tells later what is not known of the ended attempts.
void look_up(Bench& bench, ModelLedger& model, std::uint64_t cost, std::uint64_t upstream) {
  for (Tried& one : model.attempts) {
    const bool lacks_upstream = one.byok && !one.upstream;
    if (one.open || one.reserved_us < 0 || (one.cost && !lacks_upstream)) continue;
    Ending told = settled(static_cast<std::int64_t>(cost) * dollar / 10);
    told.billing.is_byok = one.byok;
    if (lacks_upstream && upstream > 0)
      told.billing.upstream_cost = Amount{static_cast<std::int64_t>(upstream) * dollar / 10};
    const auto done = bench.commit([&](std::int64_t at) {
      return ledger::Lookups(bench.database, *bench.rows)
          .found(one.reservation.uid.text(), told, at);
    });
    if (done.settled == 0) continue; // it is not looked up, or nothing new was told
    if (lacks_upstream && told.billing.upstream_cost)
      one.upstream = told.billing.upstream_cost->picodollars;
    if (!one.cost) one.cost = told.billing.cost->picodollars;
  }
}

// The amount is in tenths of a dollar; 0 ends the overrides of the budget.
void override_one(Bench& bench, ModelLedger& model, std::uint64_t at, std::uint64_t amount,
                  std::uint64_t hours) {
  if (at >= model.order.size()) return;
  OverrideBudget change{.name = model.order[at],
                        .amount = Amount{static_cast<std::int64_t>(amount) * dollar / 10}};
  const std::int64_t now = bench.moment.wall_us;
  const std::int64_t until_us = now + static_cast<std::int64_t>(hours + 1) * hour_us / 2;
  if (amount > 0) change.until = Time(std::chrono::microseconds(until_us));
  REQUIRE(
      bench.commit([&](std::int64_t at_us) { return bench.rows->budgets().change(change, at_us); })
          .ok());
  for (ModelOverride& one : model.overrides)
    if (amount == 0 && one.budget == change.name) one.until_us = std::min(one.until_us, now);
  if (amount > 0) model.overrides.push_back({change.name, change.amount.picodollars, until_us});
  if (amount == 0) bench.pass(1); // it holds until the moment has passed
}

void compare(Bench& bench, const ModelLedger& model, std::int64_t now) {
  for (const Budget& state : ledger::budgets(bench.database, now)) {
    const SetBudget& budget = model.budgets.at(state.name);
    // none yet
    const bool has_values = budget.scope.user == "*" || budget.scope.model == "*";
    if (has_values && state.value.empty() && state.spent == Amount{} && state.reserved == Amount{})
      continue;
    const auto [spent, reserved] = model.spent_reserved(budget, state.value, now);
    REQUIRE(state.spent.picodollars == spent);
    REQUIRE(state.reserved.picodollars == reserved);
    REQUIRE(state.left.picodollars == model.limit(budget, now) - spent - reserved);
    if (state.mode == BudgetMode::hard && !model.was_overridden(state.name))
      REQUIRE(spent + reserved <= budget.limit->picodollars + state.excess.picodollars);
  }
  REQUIRE(bench.database.integer("SELECT count(*) FROM budget_window w WHERE reserved_p <> (SELECT "
                                 "coalesce(sum(held_p), 0) FROM hold WHERE window_id = w.id)") ==
          0);
}

} // namespace

TEST_CASE("budgets are what a model of them says, after every step", "[slow]") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 chance(seed);
    const auto below = [&](std::uint64_t bound) { return chance() % bound; };
    Bench bench;
    ModelLedger model;
    const auto now = [&] { return bench.moment.wall_us; };
    std::uint64_t refused = 0, passed = 0;
    for (int step = 0; step < 400; ++step) {
      const auto what = below(100);
      std::vector<std::size_t> open;
      for (std::size_t at = 0; at < model.attempts.size(); ++at)
        if (model.attempts[at].open) open.push_back(at);
      if (what < 8) {
        SetBudget budget{.name = "b" + std::to_string(below(5))};
        const auto number = budget.name[1] - '0';
        const bool known = model.budgets.contains(budget.name);
        if (known && below(4) == 0) {
          budget.remove = true;
          REQUIRE(bench.change(budget).ok());
          model.budgets.erase(budget.name);
          std::erase(model.order, budget.name);
          std::erase_if(model.overrides,
                        [&](const ModelOverride& one) { return one.budget == budget.name; });
        } else {
          budget.limit = Amount{static_cast<std::int64_t>(below(40)) * dollar / 10};
          budget.window = static_cast<Window>(below(5));
          budget.mode = number == 3 ? BudgetMode::soft : BudgetMode::hard;
          if (number == 1) budget.assume = Amount{dollar / 10};
          if (number == 1) budget.scope.user = "*", budget.missing = BudgetMissing::share;
          budget.byok = below(2) ? BudgetByok::count : BudgetByok::ignore;
          if (number == 2) budget.scope = {.agent = "x", .tag = "t"};
          if (number == 3) budget.scope.model = "n";
          if (number == 4) budget.scope.model = "*";
          REQUIRE(bench.change(budget).ok());
          if (!known) model.order.push_back(budget.name);
          model.budgets[budget.name] = budget;
        }
      } else if (what < 60) {
        Reservation r = reservation(below(2) ? "x" : "y");
        std::set<std::size_t> named{below(2)};
        if (below(4) == 0) named.insert(below(2));
        name_models(r, named, below);
        r.charge_to.user = std::string(below(3), 'u');
        if (below(2)) r.charge_to.tags = {"s", "t"};
        if (below(5)) r.bound = Amount{static_cast<std::int64_t>(below(6)) * dollar / 10};
        const Code expected = model.judge(r, named, now());
        const Verdict given = bench.reserve(r);
        REQUIRE((given.refused ? given.refused->code : Code::ok) == expected);
        expected == Code::ok ? ++passed : ++refused;
        if (expected == Code::ok) model.attempts.push_back({r, named, now(), std::nullopt});
      } else if (what < 92 && !open.empty()) {
        Tried& one = model.attempts[open[below(open.size())]];
        const auto end = below(10);
        if (end < 2) {
          bench.end(one.reservation.uid, Ending{.state = State::voided});
          one.open = false;
          one.reserved_us = -1; // in no window
        } else if (end < 3) {
          bench.end(one.reservation.uid, Ending{.state = State::unknown});
        } else if (end == 4) { // unknown, and looked up
          bench.end(one.reservation.uid, Ending{.state = State::unknown});
          Ending told = settled(static_cast<std::int64_t>(below(7)) * dollar / 10);
          bench.commit([&](std::int64_t at) {
            return ledger::Lookups(bench.database, *bench.rows)
                .found(one.reservation.uid.text(), told, at)
                .settled;
          });
          one.open = false;
          one.cost = told.billing.cost->picodollars;
        } else {
          // now and then above its bound
          Ending ending = settled(static_cast<std::int64_t>(below(7)) * dollar / 10);
          if (end == 3) ending.billing.cost.reset(), ending.billing.cost_source = CostSource::none;
          if (below(3) == 0) pay_directly(one, ending, below(3));
          serve(one, ending, below);
          bench.end(one.reservation.uid, ending);
          one.open = false;
          if (ending.billing.cost) one.cost = ending.billing.cost->picodollars;
        }
      } else if (what < 94) {
        override_one(bench, model, below(model.budgets.size() + 1), below(12), below(40));
      } else if (what < 96) {
        look_up(bench, model, below(8), below(3));
      } else {
        bench.pass(static_cast<std::int64_t>(below(30)) * hour_us / 2);
      }
      compare(bench, model, now());
      if (step % 40 == 39)
        REQUIRE(ledger::verify(bench.database).problems == std::vector<std::string>{});
    }
    CHECK(passed > 20);
    CHECK(refused > 20);
  }
}
