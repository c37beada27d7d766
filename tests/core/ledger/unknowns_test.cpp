// Costs that nobody told: how they are listed, and how a person settles them.

#include <algorithm>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/folder.hpp"
#include "support/keeping.hpp"
#include "support/ledger.hpp"

using namespace wayfare;
using ledger::LookupResult;
using namespace ledger_words;
using namespace keeping_words;

namespace {

Reservation bounded(std::optional<std::int64_t> bound = 60) {
  Reservation r = reservation("a");
  r.charge_to.user = "ann";
  r.charge_to.tags = {"red"};
  r.request_id = "mine";
  if (bound) r.bound = Amount{*bound};
  return r;
}

// An attempt that has ended in this way.
std::string attempt(Ledger& ledger, const Ending& ending, std::optional<std::int64_t> bound = 60) {
  const Reservation r = bounded(bound);
  REQUIRE_FALSE(reserve(ledger, r));
  book(ledger, r.uid, ending);
  return r.uid.text();
}

Ending untold(const std::string& generation_id = "gen-1") { // a good end without a cost
  Ending ending = settled(0);
  ending.billing.cost.reset();
  ending.billing.cost_source = CostSource::none;
  ending.billing.generation_id = generation_id;
  return ending;
}
Ending lost(const std::string& generation_id = "gen-1") {
  Ending ending{.state = State::unknown};
  ending.billing.generation_id = generation_id;
  return ending;
}
Ending paid_directly(std::optional<std::int64_t> cost) {
  Ending ending = cost ? settled(*cost) : untold();
  ending.billing.generation_id = "gen-1";
  ending.billing.is_byok = true;
  return ending;
}

std::vector<Unknown> unknown(Ledger& ledger) { return ask(ledger, ListUnknown{}).value().unknown; }
SettleCost by_hand(const std::string& entry, std::optional<std::int64_t> cost,
                   std::optional<std::int64_t> upstream = std::nullopt) {
  SettleCost one{.entry = entry, .reason = "the bill of May"};
  if (cost) one.cost = Amount{*cost};
  if (upstream) one.upstream_cost = Amount{*upstream};
  return one;
}
std::string refusal(Ledger& ledger, const SettleCost& one) {
  const auto done = ask(ledger, one);
  if (done) return "";
  CHECK(done.error().code == Code::invalid);
  return done.error().message;
}

void make_budget(Ledger& ledger) {
  REQUIRE(
      ask(ledger, SetBudget{.name = "b", .limit = Amount{1000}, .window = Window::lifetime}).ok());
}
Budget state_of(Ledger& ledger) { return ask(ledger, ListBudgets{}).value().at(0); }

void check_whole(Ledger& ledger) { CHECK(verify(ledger).problems == std::vector<std::string>{}); }

} // namespace

TEST_CASE("a lost attempt is listed with what is held, and a person settles it") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  make_budget(ledger);
  const std::string entry = attempt(ledger, lost());
  const auto listed = unknown(ledger);
  REQUIRE(listed.size() == 1);
  const Unknown& one = listed[0];
  CHECK(one.entry == entry);
  CHECK(one.state == State::unknown);
  CHECK(one.charge_to.user == "ann");
  CHECK(one.charge_to.tags == std::vector<std::string>{"red"});
  CHECK(one.model == "m");
  CHECK(one.request_id == "mine");
  CHECK(one.generation_id == "gen-1");
  CHECK(one.bound == Amount{60});
  CHECK(one.held == Amount{60});
  CHECK_FALSE(one.cost);
  CHECK(one.is_looked_up);
  CHECK(one.since >= one.reserved);
  REQUIRE(one.gives_up_at);
  CHECK(*one.gives_up_at == one.since + std::chrono::hours(24));

  REQUIRE(refusal(ledger, by_hand(entry, 23)) == "");
  CHECK(unknown(ledger).empty());
  const Entry booked = entries(ledger).at(0);
  CHECK(booked.state == State::settled);
  CHECK(booked.cost == Amount{23});
  CHECK(booked.cost_source == CostSource::manual);
  CHECK(booked.reason == "the bill of May");
  CHECK_FALSE(booked.correction);
  CHECK(state_of(ledger).spent == Amount{23});
  CHECK(state_of(ledger).reserved == Amount{});
  CHECK(ask(ledger, UsageQuery{}).value().at(0).unknown == 0);
  CHECK(number(folder / "l.db",
               "SELECT count(*) FROM v1_entries WHERE cost_source = 'manual' AND reason = 'the "
               "bill of May'") == 1);
  check_whole(ledger);
}

TEST_CASE("an attempt that ended well without a cost gets a correction") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  make_budget(ledger);
  const std::string entry = attempt(ledger, untold());
  CHECK(unknown(ledger).at(0).state == State::settled);
  CHECK(unknown(ledger).at(0).is_looked_up);
  REQUIRE(refusal(ledger, by_hand(entry, 70)) == ""); // above its bound
  CHECK(unknown(ledger).empty());
  const auto rows = entries(ledger);
  REQUIRE(rows.size() == 2);
  CHECK(rows[1].correction);
  CHECK(rows[1].cost == Amount{70});
  CHECK(rows[1].cost_source == CostSource::manual);
  CHECK(rows[1].reason == "the bill of May");
  CHECK(rows[0].reason.empty());
  CHECK(state_of(ledger).spent == Amount{70});
  CHECK(state_of(ledger).excess == Amount{10});
  CHECK(number(folder / "l.db", "SELECT count(*) FROM cost_pending") == 0);
  check_whole(ledger);

  // The server's answer comes too late.
  std::promise<LookupResult> late;
  ledger.end_lookup(entry, settled(50),
                    [&](const Result<LookupResult>& result) { late.set_value(result.value()); });
  CHECK(late.get_future().get().settled == 0);
  CHECK(entries(ledger).size() == 2);
}

TEST_CASE("an attempt that was given up without a cost stays listed until a person settles it") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Opened opened(path);
  Ledger& ledger = *opened.ledger;
  REQUIRE(
      ask(ledger,
          SetBudget{
              .name = "b", .limit = Amount{1000}, .window = Window::lifetime, .assume = Amount{40}})
          .ok());
  const std::string entry = attempt(ledger, lost(""), std::nullopt);
  CHECK_FALSE(unknown(ledger).at(0).is_looked_up); // there is no id to ask by
  CHECK(unknown(ledger).at(0).gives_up_at);
  damage(path, "UPDATE pending SET marked_us = marked_us - 90000000000");
  std::promise<LookupResult> given_up;
  ledger.give_up_old(
      [&](const Result<LookupResult>& result) { given_up.set_value(result.value()); });
  REQUIRE(given_up.get_future().get().given_up == 1);
  const Unknown one = unknown(ledger).at(0);
  CHECK(one.state == State::unknown);
  CHECK_FALSE(one.gives_up_at); // never
  CHECK_FALSE(one.bound);
  CHECK(one.held == Amount{40});
  REQUIRE(refusal(ledger, by_hand(entry, 5)) == "");
  CHECK(unknown(ledger).empty());
  CHECK(state_of(ledger).spent == Amount{5});
  CHECK(state_of(ledger).reserved == Amount{});
  CHECK(ask(ledger, UsageQuery{}).value().at(0).unknown == 0);
  check_whole(ledger);
}

TEST_CASE("a person settles the bill of the provider beside that of the server") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  make_budget(ledger);
  SECTION("only the provider's is missing") {
    const std::string entry = attempt(ledger, paid_directly(3));
    CHECK(unknown(ledger).at(0).cost == Amount{3});
    CHECK(unknown(ledger).at(0).held == Amount{57});
    CHECK(refusal(ledger, by_hand(entry, 3, 40)).find("is known: only upstream_cost is not") !=
          std::string::npos);
    REQUIRE(refusal(ledger, by_hand(entry, std::nullopt, 40)) == "");
    CHECK(entries(ledger).at(1).cost_source == CostSource::none);
    CHECK(entries(ledger).at(1).reason == "the bill of May");
  }
  SECTION("both are missing, and are told one by one") {
    const std::string entry = attempt(ledger, paid_directly(std::nullopt));
    CHECK(refusal(ledger, by_hand(entry, std::nullopt, 40)).find("is not known") !=
          std::string::npos);
    REQUIRE(refusal(ledger, by_hand(entry, 3)) == "");
    CHECK(unknown(ledger).at(0).cost == Amount{3});
    CHECK(unknown(ledger).at(0).is_looked_up);
    CHECK(state_of(ledger).spent == Amount{3});
    CHECK(state_of(ledger).reserved == Amount{57});
    check_whole(ledger);
    // a budget that is made now begins with the same
    REQUIRE(
        ask(ledger, SetBudget{.name = "c", .limit = Amount{1000}, .window = Window::month}).ok());
    REQUIRE(refusal(ledger, by_hand(entry, std::nullopt, 40)) == "");
    CHECK(entries(ledger).size() == 3);
  }
  SECTION("nobody knew that the provider would bill it") {
    const std::string entry = attempt(ledger, lost());
    REQUIRE(refusal(ledger, by_hand(entry, 3, 40)) == "");
    CHECK(entries(ledger).at(0).is_byok == true);
  }
  SECTION("nor in an attempt that ended well") {
    const std::string entry = attempt(ledger, untold());
    REQUIRE(refusal(ledger, by_hand(entry, 3, 40)) == "");
    CHECK(entries(ledger).at(1).is_byok == true);
  }
  CHECK(unknown(ledger).empty());
  CHECK(state_of(ledger).spent == Amount{43});
  CHECK(state_of(ledger).reserved == Amount{});
  const UsageRow row = ask(ledger, UsageQuery{}).value().at(0);
  CHECK(row.calls == 1);
  CHECK(row.unknown == 0);
  CHECK(row.cost == Amount{3});
  CHECK(row.upstream_cost == Amount{40});
  CHECK(row.upstream_unknown == 0);
  const UsageRow by_run = ask(ledger, UsageQuery{.by = {Dimension::run}}).value().at(0);
  CHECK(by_run.upstream_cost == Amount{40});
  CHECK(by_run.upstream_unknown == 0);
  check_whole(ledger);
}

TEST_CASE("what is known and what is not of an attempt survives a prune together") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Opened opened(path);
  Ledger& ledger = *opened.ledger;
  make_budget(ledger);
  const std::string entry = attempt(ledger, paid_directly(std::nullopt));
  attempt(ledger, settled(1));
  REQUIRE(refusal(ledger, by_hand(entry, 3)) == "");
  damage(path, "DELETE FROM cost_pending"); // the server did not know it
  opened.close();
  age(path, 3 * day);
  Opened again(path);
  attempt(*again.ledger, settled(1));
  REQUIRE(prune(*again.ledger, os::wall_us() - day).value().entries == 1);
  const Unknown one = unknown(*again.ledger).at(0);
  CHECK(one.cost == Amount{3});
  CHECK(one.held == Amount{57});
  REQUIRE(refusal(*again.ledger, by_hand(entry, std::nullopt, 40)) == "");
  CHECK(state_of(*again.ledger).spent == Amount{45});
  CHECK(state_of(*again.ledger).reserved == Amount{});
  check_whole(*again.ledger);
}

TEST_CASE("only a cost that is not known can be settled by hand, and with a reason") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  const Reservation open = bounded();
  REQUIRE_FALSE(reserve(ledger, open));
  CHECK(refusal(ledger, by_hand(open.uid.text(), 3)).find("has not ended") != std::string::npos);
  for (const Ending& ending : {settled(3), Ending{.state = State::voided}})
    CHECK(refusal(ledger, by_hand(attempt(ledger, ending), 3)).find("there is no attempt") == 0);
  CHECK(refusal(ledger, by_hand(bounded().uid.text(), 3)).find("there is no attempt") == 0);
  CHECK(refusal(ledger, by_hand("x", 3)).find("26 characters") != std::string::npos);

  const std::string entry = attempt(ledger, lost());
  CHECK(refusal(ledger, by_hand(entry, std::nullopt)).find("neither") != std::string::npos);
  CHECK(refusal(ledger, by_hand(entry, std::nullopt, 3)).find("is not known") != std::string::npos);
  SettleCost one = by_hand(entry, 3);
  for (const std::string& reason : {std::string(), std::string(257, 'r')}) {
    one.reason = reason;
    CHECK(refusal(ledger, one).find("1 to 256 bytes") != std::string::npos);
  }
  one.reason = std::string(256, 'r');
  CHECK(refusal(ledger, one) == "");
  CHECK(refusal(ledger, one).find("there is no attempt") == 0); // once

  Ending credits = untold();
  credits.billing.is_byok = false;
  CHECK(refusal(ledger, by_hand(attempt(ledger, credits), 3, 4))
            .find("did not use your own key of the provider") != std::string::npos);
  check_whole(ledger);
}

TEST_CASE("unknown costs come in pages, and each attempt once") {
  Opened opened(":memory:");
  Ledger& ledger = *opened.ledger;
  std::vector<std::string> expected;
  for (int round = 0; round < 3; ++round)
    for (const Ending& ending : {lost(), untold(), paid_directly(3), paid_directly(std::nullopt)})
      expected.push_back(attempt(ledger, ending));
  attempt(ledger, settled(3));
  REQUIRE(refusal(ledger, by_hand(expected[3], 3)) == ""); // its upstream cost is still unknown
  std::ranges::sort(expected);
  for (const std::int32_t limit : {1, 5, 12, 13}) {
    std::vector<std::string> found;
    ListUnknown query{.limit = limit};
    do {
      const UnknownPage page = ask(ledger, query).value();
      for (const Unknown& one : page.unknown) found.push_back(one.entry);
      query.after = page.next;
    } while (!query.after.empty());
    CHECK(found == expected);
  }
  CHECK_FALSE(ask(ledger, ListUnknown{.limit = 0}).ok());
  CHECK_FALSE(ask(ledger, ListUnknown{.limit = 10'001}).ok());
  CHECK_FALSE(ask(ledger, ListUnknown{.after = "e1"}).ok());
}
