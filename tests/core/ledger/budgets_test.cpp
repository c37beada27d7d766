// Budgets and blocks: beside a model of them in memory under a clock of the test's own, and on real
// files.

#include <fstream>
#include <map>
#include <random>
#include <sstream>

#include "ledger/budgets.hpp"
#include "ledger/rows.hpp"
#include "ledger/lookups.hpp"
#include "ledger/schema.hpp"
#include "ledger/verify.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"
#include "support/golden.hpp"
#include "support/ledger.hpp"

using namespace ledger_words;

namespace {

constexpr std::int64_t hour_us = 3'600'000'000, dollar = 1'000'000'000'000;

Budget state_of(Ledger& ledger) { return ask(ledger, ListBudgets{}).value().at(0); }

Reservation bounded(std::int64_t picodollars, const std::string& agent = "a") {
  Reservation r = reservation(agent);
  r.bound = Amount{picodollars};
  return r;
}

Verdict verdict(Ledger& ledger, const Reservation& r) {
  std::promise<Verdict> answer;
  ledger.reserve(std::make_shared<const Reservation>(r),
                 [&](const Verdict& wake) { answer.set_value(wake); });
  return answer.get_future().get();
}

Code code_of(Ledger& ledger, const Reservation& r) {
  const Verdict given = verdict(ledger, r);
  return given.refused ? given.refused->code : Code::ok;
}

// A ledger in memory whose clock is the test's.
struct Bench {
  sqlite::Database database{":memory:", sqlite::Database::Mode::memory};
  std::optional<ledger::Rows> rows;
  ledger::Moment moment{1'795'000'000'000'000, 1'000'000'000, "boot"};

  Bench() {
    ledger::bring_forward(database, 0);
    rows.emplace(database, 1, "boot");
  }
  template <class F>
  auto commit(F&& what) {
    auto answer = what(rows->time(moment, database.begin()));
    rows->flush();
    database.commit();
    return answer;
  }
  Verdict reserve(const Reservation& r) {
    return commit([&](std::int64_t now) { return rows->reserve(r, now); });
  }
  void end(const Uid& uid, const Ending& ending) {
    commit([&](std::int64_t now) { return rows->end(uid, ending, now); });
  }
  Result<std::optional<Budget>> change(const SetBudget& budget) {
    return commit([&](std::int64_t now) { return rows->budgets().change(budget, now); });
  }
  void pass(std::int64_t us) { moment.wall_us += us, moment.boot_us += us; }
};

// The model: every attempt is remembered, and each sum is made anew.
struct Tried {
  Reservation reservation;
  std::int64_t reserved_us;
  std::optional<std::int64_t> cost;
  bool open = true;
};
struct ModelLedger {
  std::map<std::string, SetBudget> budgets;
  std::vector<std::string> order; // in which they were made
  std::vector<Tried> attempts;

  static bool matches(const Scope& scope, const Reservation& r, const std::string& value) {
    const auto& user = scope.user == "*" ? value : scope.user;
    return (scope.agent.empty() || scope.agent == r.charge_to.agent) &&
           (user.empty() && scope.user != "*" ? true : user == r.charge_to.user) &&
           (scope.tag.empty() ||
            std::ranges::find(r.charge_to.tags, scope.tag) != r.charge_to.tags.end()) &&
           (scope.model.empty() || scope.model == r.model);
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
          !matches(budget.scope, one.reservation, value))
        continue;
      spent += one.cost.value_or(0);
      reserved += one.cost ? 0 : held(budget, one.reservation).value_or(0);
    }
    return {spent, reserved};
  }
  Code judge(const Reservation& r, std::int64_t now) const {
    for (const auto& name : order) {
      const SetBudget& budget = budgets.at(name);
      if (!matches(budget.scope, r, r.charge_to.user) || budget.mode == BudgetMode::soft) continue;
      const auto bound = held(budget, r);
      if (!bound) return Code::no_bound;
      const auto [spent, reserved] = spent_reserved(budget, r.charge_to.user, now);
      if (*bound > budget.limit->picodollars - spent - reserved) return Code::budget_exceeded;
    }
    return Code::ok;
  }
};

void compare(Bench& bench, const ModelLedger& model, std::int64_t now) {
  for (const Budget& state : ledger::budgets(bench.database, now)) {
    const SetBudget& budget = model.budgets.at(state.name);
    // none yet
    if (budget.scope.user == "*" && state.value.empty() && state.spent == Amount{} &&
        state.reserved == Amount{})
      continue;
    const auto [spent, reserved] = model.spent_reserved(budget, state.value, now);
    REQUIRE(state.spent.picodollars == spent);
    REQUIRE(state.reserved.picodollars == reserved);
    REQUIRE(state.left.picodollars == budget.limit->picodollars - spent - reserved);
    if (state.mode == BudgetMode::hard)
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
        SetBudget budget{.name = "b" + std::to_string(below(4))};
        const auto number = budget.name[1] - '0';
        const bool known = model.budgets.contains(budget.name);
        if (known && below(4) == 0) {
          budget.remove = true;
          REQUIRE(bench.change(budget).ok());
          model.budgets.erase(budget.name);
          std::erase(model.order, budget.name);
        } else {
          budget.limit = Amount{static_cast<std::int64_t>(below(40)) * dollar / 10};
          budget.window = static_cast<Window>(below(5));
          budget.mode = number == 3 ? BudgetMode::soft : BudgetMode::hard;
          if (number == 1) budget.assume = Amount{dollar / 10};
          if (number == 1) budget.scope.user = "*";
          if (number == 2) budget.scope = {.agent = "x", .tag = "t"};
          if (number == 3) budget.scope.model = "n";
          REQUIRE(bench.change(budget).ok());
          if (!known) model.order.push_back(budget.name);
          model.budgets[budget.name] = budget;
        }
      } else if (what < 60) {
        Reservation r = reservation(below(2) ? "x" : "y", below(2) ? "m" : "n");
        r.charge_to.user = std::string(below(3), 'u');
        if (below(2)) r.charge_to.tags = {"s", "t"};
        if (below(5)) r.bound = Amount{static_cast<std::int64_t>(below(6)) * dollar / 10};
        const Code expected = model.judge(r, now());
        const Verdict given = bench.reserve(r);
        REQUIRE((given.refused ? given.refused->code : Code::ok) == expected);
        expected == Code::ok ? ++passed : ++refused;
        if (expected == Code::ok) model.attempts.push_back({r, now(), std::nullopt});
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
          bench.end(one.reservation.uid, ending);
          one.open = false;
          if (ending.billing.cost) one.cost = ending.billing.cost->picodollars;
        }
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

TEST_CASE("periods are hours, days, weeks from Monday, months and for ever, in UTC") {
  const std::int64_t monday = 1'795'392'000'000'000; // 2026-11-23T00:00:00Z
  const auto is = [](Window window, std::int64_t now, std::int64_t start, std::int64_t end) {
    const auto period = ledger::period_of(window, now);
    CHECK(period.start_us == start);
    CHECK(period.end_us == end);
  };
  is(Window::hour, monday + hour_us + 5, monday + hour_us, monday + 2 * hour_us);
  is(Window::day, monday - 1, monday - 24 * hour_us, monday);
  is(Window::week, monday, monday, monday + 168 * hour_us);
  is(Window::week, monday - 1, monday - 168 * hour_us, monday);
  is(Window::month, monday, monday - 22 * 24 * hour_us, monday + 8 * 24 * hour_us);
  is(Window::lifetime, monday, 0, std::numeric_limits<std::int64_t>::max());
}

TEST_CASE("a refusal names the budget, what is left and when it ends, and books nothing") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  REQUIRE(
      ask(ledger,
          SetBudget{
              .name = "day", .limit = Amount{10}, .window = Window::day, .scope = {.agent = "a"}})
          .ok());
  const Reservation one = bounded(7);
  CHECK(code_of(ledger, one) == Code::ok);
  const auto refused = verdict(ledger, bounded(4)).refused;
  REQUIRE(refused);
  CHECK(refused->code == Code::budget_exceeded);
  CHECK(refused->budget == "day");
  CHECK(refused->left == Amount{3});
  CHECK(refused->resets_at ==
        std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()) +
            std::chrono::days(1));
  CHECK(code_of(ledger, bounded(4, "other")) == Code::ok);
  CHECK(number(folder / "l.db", "SELECT count(*) FROM pending") == 2);

  book(ledger, one.uid, settled(12)); // a cost above its bound is booked whole
  CHECK(state_of(ledger).spent == Amount{12});
  CHECK(state_of(ledger).reserved == Amount{});
  CHECK(state_of(ledger).excess == Amount{5});
  CHECK(state_of(ledger).left == Amount{-2});
  CHECK(code_of(ledger, bounded(0)) == Code::budget_exceeded);

  REQUIRE(ask(ledger, SetBudget{.name = "day", .limit = Amount{20}}).ok()); // the rest stays
  CHECK(state_of(ledger).scope.agent == "a");
  CHECK(state_of(ledger).spent == Amount{12});
  CHECK(code_of(ledger, bounded(8)) == Code::ok);
  REQUIRE(ask(ledger, SetBudget{.name = "day", .remove = true}).ok());
  CHECK(ask(ledger, ListBudgets{}).value().empty());
  CHECK(code_of(ledger, bounded(1'000)) == Code::ok);
  CHECK(number(folder / "l.db", "SELECT count(*) FROM hold") == 0);
}

TEST_CASE("several budgets hold together or not at all") {
  Opened opened(":memory:");
  Ledger& ledger = *opened.ledger;
  REQUIRE(
      ask(ledger, SetBudget{.name = "all", .limit = Amount{100}, .window = Window::lifetime}).ok());
  REQUIRE(ask(ledger, SetBudget{.name = "few", .limit = Amount{10}, .window = Window::hour}).ok());
  CHECK(code_of(ledger, bounded(11)) == Code::budget_exceeded);
  for (const auto& state : ask(ledger, ListBudgets{}).value()) CHECK(state.reserved == Amount{});
  const Reservation r = bounded(10);
  CHECK(code_of(ledger, r) == Code::ok);
  for (const auto& state : ask(ledger, ListBudgets{}).value()) CHECK(state.reserved == Amount{10});
  book(ledger, r.uid, Ending{.state = State::voided});
  for (const auto& state : ask(ledger, ListBudgets{}).value()) CHECK(state.reserved == Amount{});
}

TEST_CASE(
    "what has no bound is refused by name, or held at what the budget assumes; a soft budget "
    "warns") {
  Opened opened(":memory:");
  Ledger& ledger = *opened.ledger;
  REQUIRE(ask(ledger, SetBudget{.name = "b", .limit = Amount{10}, .window = Window::month}).ok());
  Reservation search = reservation();
  search.unbounded = "web_search";
  const auto refused = verdict(ledger, search).refused;
  REQUIRE(refused);
  CHECK(refused->code == Code::no_bound);
  CHECK(refused->message.find("web_search") != std::string::npos);
  REQUIRE(ask(ledger, SetBudget{.name = "b", .assume = Amount{6}}).ok());
  CHECK(code_of(ledger, search) == Code::ok);
  CHECK(state_of(ledger).reserved == Amount{6});
  REQUIRE(ask(ledger, SetBudget{.name = "b", .mode = BudgetMode::soft}).ok());
  const Verdict warned = verdict(ledger, bounded(5));
  CHECK_FALSE(warned.refused);
  REQUIRE(warned.warnings.size() == 1);
  CHECK(warned.warnings[0].find("the budget b ") == 0);
}

TEST_CASE("a block stops its scope until it is lifted") {
  Opened opened(":memory:");
  Ledger& ledger = *opened.ledger;
  REQUIRE(ask(ledger, BlockCalls{.scope = {.agent = "a"}}).ok());
  CHECK(code_of(ledger, bounded(1)) == Code::blocked);
  CHECK(code_of(ledger, reservation("b")) == Code::ok);
  const auto blocks = ask(ledger, ListBlocks{}).value();
  REQUIRE(blocks.size() == 1);
  CHECK(blocks[0].scope == Scope{.agent = "a"});
  REQUIRE(ask(ledger, UnblockCalls{.scope = {.agent = "a"}}).ok());
  CHECK(code_of(ledger, bounded(1)) == Code::ok);
  CHECK(ask(ledger, UnblockCalls{.scope = {.agent = "a"}}).error().code == Code::invalid);
}

TEST_CASE("a clock that jumped stops hard budgets until it is accepted") {
  Bench bench;
  REQUIRE(bench.change({.name = "b", .limit = Amount{100}, .window = Window::day}).ok());
  CHECK_FALSE(bench.reserve(bounded(1)).refused);
  bench.pass(30 * 24 * hour_us); // time that goes by is no jump
  const Reservation one = bounded(1);
  CHECK_FALSE(bench.reserve(one).refused);
  bench.end(one.uid, settled(1));
  for (const std::int64_t jump : {2 * hour_us, -4 * hour_us}) {
    bench.moment.wall_us += jump;
    const auto refused = bench.reserve(bounded(1)).refused;
    REQUIRE(refused);
    CHECK(refused->code == Code::clock);
    CHECK(bench.reserve(bounded(1)).refused);
    bench.commit([&](std::int64_t) { return bench.rows->accept_clock(bench.moment); }).value();
    CHECK_FALSE(bench.reserve(bounded(1)).refused);
    CHECK(bench.commit([](std::int64_t now) { return now; }) == bench.moment.wall_us);
  }
}

TEST_CASE("what a budget cannot be is refused by name") {
  Opened opened(":memory:");
  Ledger& ledger = *opened.ledger;
  const auto invalid = [&](const auto& wrong) {
    const auto answer = ask(ledger, wrong);
    return !answer && answer.error().code == Code::invalid;
  };
  const SetBudget good{.name = "b", .limit = Amount{1}, .window = Window::day};
  const auto with = [&](auto change) {
    SetBudget budget = good;
    change(budget);
    return budget;
  };
  CHECK(invalid(SetBudget{.name = "b", .limit = Amount{1}}));
  CHECK(invalid(SetBudget{.name = "b", .window = Window::day}));
  CHECK(invalid(SetBudget{.name = "b", .remove = true}));
  CHECK(invalid(with([](SetBudget& b) { b.name.clear(); })));
  CHECK(invalid(with([](SetBudget& b) { b.limit = Amount{-1}; })));
  CHECK(invalid(with([](SetBudget& b) { b.scope.tag = "*"; })));
  CHECK(invalid(with([](SetBudget& b) { b.scope.user = b.scope.app = "*"; })));
  CHECK(invalid(with([](SetBudget& b) { b.scope.key = "default"; })));
  CHECK(invalid(with([](SetBudget& b) { b.remove = true; })));
  CHECK(invalid(BlockCalls{.scope = {.user = "*"}}));
  CHECK(invalid(AcceptClock{}));
  CHECK(ask(ledger, good).ok());
}
