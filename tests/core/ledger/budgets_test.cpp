// Budgets and blocks on real files.

#include <fstream>
#include <sstream>

#include "ledger/verify.hpp"
#include "support/budget_bench.hpp"
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

} // namespace

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
  CHECK(refused->budget_limit == Amount{10});
  CHECK(refused->spent == Amount{});
  CHECK(refused->reserved == Amount{7});
  CHECK(refused->needed == Amount{4});
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
  CHECK(code_of(ledger, bounded(0)) == Code::ok); // it costs nothing
  CHECK(code_of(ledger, bounded(1)) == Code::budget_exceeded);

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
