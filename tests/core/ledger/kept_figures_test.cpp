// What a server said that cannot be right is kept with the attempt, whatever becomes of it.

#include <future>
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

const std::string absurd = R"({"cost":"1e30","prompt_tokens":"-3"})";

Ending ending(State state, const std::string& figures = absurd) {
  Ending one = settled(7);
  one.state = state;
  one.billing.cost.reset();
  one.billing.cost_source = CostSource::none;
  one.billing.generation_id = "gen-1";
  one.billing.refused_figures = figures;
  return one;
}

Reservation booked(Ledger& ledger, const Ending& ending) {
  Reservation r = reservation();
  r.bound = Amount{100};
  REQUIRE_FALSE(reserve(ledger, r));
  book(ledger, r.uid, ending);
  return r;
}

LookupResult look_up(Ledger& ledger, const Uid& uid, const std::optional<Ending>& told) {
  std::promise<LookupResult> done;
  ledger.end_lookup(uid.text(), told,
                    [&](const Result<LookupResult>& one) { done.set_value(one.value()); });
  return done.get_future().get();
}

// What the lookup tells: no cost, but this text.
Ending refused(const std::string& figures) {
  return {.state = State::settled, .billing = {.refused_figures = figures}};
}

std::string only_unknown(Ledger& ledger) {
  const auto page = ask(ledger, ListUnknown{}).value();
  REQUIRE(page.unknown.size() == 1);
  return page.unknown.front().refused_figures;
}

std::string only_entry(Ledger& ledger) {
  const auto found = entries(ledger);
  REQUIRE(found.size() == 1);
  return found.front().refused_figures;
}

void make_older(const std::string& path) { // by more than a day
  damage(path,
         "UPDATE pending SET marked_us = marked_us - 90000000000;"
         "UPDATE cost_pending SET marked_us = marked_us - 90000000000");
}

} // namespace

TEST_CASE("an entry keeps what cannot be right, in each of its states") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Opened opened(path);
  Ledger& ledger = *opened.ledger;
  for (const State state : {State::settled, State::voided, State::unknown})
    booked(ledger, ending(state));
  const auto found = entries(ledger);
  REQUIRE(found.size() == 3);
  for (const Entry& one : found) CHECK(one.refused_figures == absurd);
  CHECK(number(path, "SELECT count(*) FROM v1_entries WHERE refused_figures = '" + absurd + "'") ==
        2);
  CHECK(number(path, "SELECT count(*) FROM v1_pending WHERE refused_figures = '" + absurd + "'") ==
        1);
  CHECK(number(path,
               "SELECT count(*) FROM v1_entries WHERE json_extract(refused_figures, "
               "'$.cost') = '1e30'") == 2);
  CHECK(verify(ledger).ok);
}

TEST_CASE("an attempt without such figures has no row for them") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Opened opened(path);
  fill(*opened.ledger, 50);
  CHECK(number(path, "SELECT count(*) FROM refused") == 0);
  for (const Entry& one : entries(*opened.ledger)) CHECK(one.refused_figures.empty());
  CHECK(number(path, "SELECT count(*) FROM v1_entries WHERE refused_figures IS NOT NULL") == 0);
}

TEST_CASE("what the answer and the lookups told stays together until the cost is found") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  const auto state = GENERATE(State::unknown, State::settled);
  const Reservation r = booked(ledger, ending(state, R"({"cost":"-1"})"));
  CHECK(only_unknown(ledger) == R"({"cost":"-1"})");
  CHECK(look_up(ledger, r.uid, refused(R"({"total_cost":"1e30"})")).settled == 0);
  CHECK(look_up(ledger, r.uid, refused(R"({"total_cost":"2e30"})")).settled == 0);
  const std::string both = R"({"total_cost":"2e30","cost":"-1"})";
  CHECK(only_unknown(ledger) == both);
  CHECK(only_entry(ledger) == both);

  Ending found = settled(7);
  found.billing.refused_figures = R"({"native_tokens_cached":"-5"})";
  CHECK(look_up(ledger, r.uid, found).settled == 1);
  CHECK(ask(ledger, ListUnknown{}).value().unknown.empty());
  const auto rows = entries(ledger);
  CHECK(rows.size() == (state == State::unknown ? 1 : 2)); // an entry, and perhaps its correction
  for (const Entry& one : rows)
    CHECK(one.refused_figures ==
          R"({"native_tokens_cached":"-5","total_cost":"2e30","cost":"-1"})");
  CHECK(rows.back().cost == Amount{7});
  CHECK(verify(ledger).ok);
}

TEST_CASE("a cost that cannot be right is given up after a day, and its text stays") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Opened opened(path);
  Ledger& ledger = *opened.ledger;
  const Reservation lost = booked(ledger, ending(State::unknown));
  make_older(path);
  const auto result = look_up(ledger, lost.uid, refused(R"({"total_cost":"-4"})"));
  CHECK(result.given_up == 1);
  CHECK(result.charged == Amount{100});
  CHECK(only_entry(ledger) == R"({"total_cost":"-4","cost":"1e30","prompt_tokens":"-3"})");

  const Reservation told = booked(ledger, ending(State::settled));
  make_older(path);
  look_up(ledger, told.uid, refused(R"({"total_cost":"-4"})"));
  CHECK(number(path, "SELECT count(*) FROM cost_pending") == 0);
  const std::string all = R"({"total_cost":"-4","cost":"1e30","prompt_tokens":"-3"})";
  CHECK(only_unknown(ledger) == all); // for the person who settles it
  REQUIRE(
      ask(ledger, SettleCost{.entry = told.uid.text(), .cost = Amount{3}, .reason = "bill"}).ok());
  for (const Entry& one : entries(ledger)) CHECK(one.refused_figures == all);
  look_up(ledger, told.uid, refused(R"({"total_cost":"-9"})")); // too late
  CHECK(entries(ledger).back().refused_figures == all);
  CHECK(verify(ledger).ok);
}

TEST_CASE("a correction of the upstream cost keeps what cannot be right") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  Ending paid = settled(7);
  paid.billing.generation_id = "gen-1";
  paid.billing.is_byok = true;
  const Reservation r = booked(ledger, paid);
  Ending told = settled(7);
  told.billing.is_byok = true;
  told.billing.refused_figures = R"({"upstream_inference_cost":"-2"})";
  look_up(ledger, r.uid, told); // it adds neither cost
  CHECK(only_unknown(ledger) == R"({"upstream_inference_cost":"-2"})");
}

TEST_CASE("such figures go with their entry, and come from a copy") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Opened opened(path);
  Ledger& ledger = *opened.ledger;
  booked(ledger, ending(State::voided));
  booked(ledger, settled(1));
  REQUIRE(back_up(ledger, folder / "copy.db").ok());
  {
    Opened copy(folder / "copy.db");
    CHECK(entries(*copy.ledger).front().refused_figures == absurd);
  }
  opened.close();
  age(path, 10 * day);
  Opened again(path);
  booked(*again.ledger, settled(1));
  REQUIRE(prune(*again.ledger, os::wall_us() - 5 * day).ok());
  CHECK(number(path, "SELECT count(*) FROM refused") == 0);
}

TEST_CASE("entries of an earlier schema, and rows of its writers, have no such figures") {
  const Folder folder;
  const std::string path = folder / "l.db";
  {
    Opened opened(path);
    booked(*opened.ledger, settled(1));
  }
  damage(path,
         "DROP VIEW v1_entries; DROP VIEW v1_pending; DROP VIEW v1_cooldowns; "
         "DROP TRIGGER wayfare_refused_goes; DROP TABLE refused; DROP TABLE provider_cooldown; "
         "ALTER TABLE entry DROP COLUMN quantization; "
         "ALTER TABLE pending DROP COLUMN quantization; UPDATE meta SET value = '15' WHERE key = "
         "'schema'");
  Opened opened(path);
  booked(*opened.ledger, ending(State::voided));
  const auto found = entries(*opened.ledger);
  REQUIRE(found.size() == 2);
  CHECK(found.front().refused_figures.empty());
  CHECK(found.back().refused_figures == absurd);
  CHECK(number(path, "PRAGMA user_version") == 6); // older writers go on
  CHECK(verify(*opened.ledger).ok);
}

TEST_CASE("a text of a damaged file that is no object is not told") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Opened opened(path);
  const Reservation r = booked(*opened.ledger, ending(State::unknown));
  for (const char* text : {"nonsense", "[1]", "7", "{\"cost\":", ""}) {
    damage(path, std::string("UPDATE refused SET figures = '") + text + "'");
    CHECK(only_entry(*opened.ledger).empty());
    CHECK(only_unknown(*opened.ledger).empty());
  }
  look_up(*opened.ledger, r.uid, refused(R"({"total_cost":"-9"})"));
  CHECK(only_entry(*opened.ledger) == R"({"total_cost":"-9"})");
}
