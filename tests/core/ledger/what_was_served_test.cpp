// What was served, and how fast: in entries without an end, in entries, in their corrections, and
// in the files of earlier schemas.

#include <future>
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

Ending ending(State state) {
  Ending one = settled(7);
  one.state = state;
  one.billing.model = "b/other";
  one.billing.tier = "flex";
  one.billing.served_otherwise = true;
  one.billing.quantization = "fp8";
  one.billing.generation_id = "gen-1";
  one.first_us = 350;
  if (state == State::unknown) one.billing.cost.reset();
  return one;
}

void look_up(Ledger& ledger, const Uid& uid, const Ending& told) {
  std::promise<void> done;
  ledger.end_lookup(uid.text(), told, [&](const Result<LookupResult>&) { done.set_value(); });
  done.get_future().get();
}

void check(const Entry& entry) {
  CHECK(entry.first_us == 350);
  CHECK(entry.tier == "flex");
  CHECK(entry.served_otherwise == true);
  CHECK(entry.quantization == "fp8");
}

// An attempt for a model that ends without a name of the model that served, and is looked up.
Entry looked_up(Ledger& ledger, const Reservation& r, const std::string& served) {
  Ending lost{.state = State::unknown, .billing = {.generation_id = "gen-1"}};
  REQUIRE_FALSE(reserve(ledger, r));
  book(ledger, r.uid, lost);
  Ending told = settled(7);
  told.billing.model = served;
  look_up(ledger, r.uid, told);
  EntryQuery query;
  query.entry = r.uid.text();
  const auto found = entries(ledger, query);
  REQUIRE(found.size() == 1);
  return found.front();
}

} // namespace

TEST_CASE(
    "an entry keeps its tier, its time of the first piece, and whether another model served") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Opened opened(path);
  const Reservation r = reservation("", "a/asked");
  REQUIRE_FALSE(reserve(*opened.ledger, r));
  const Entry open = entries(*opened.ledger).front();
  CHECK((!open.first_us && open.tier.empty() && !open.served_otherwise));
  book(*opened.ledger, r.uid, ending(State::settled));
  check(entries(*opened.ledger).front());
  CHECK(number(path,
               "SELECT count(*) FROM v1_entries WHERE first_us = 350 AND tier = 'flex' AND "
               "served_otherwise = 1 AND quantization = 'fp8'") == 1);

  const Reservation plain = reservation("", "a/asked");
  REQUIRE_FALSE(reserve(*opened.ledger, plain));
  book(*opened.ledger, plain.uid, settled(1));
  CHECK(number(path,
               "SELECT count(*) FROM v1_entries WHERE first_us IS NULL AND tier IS NULL AND "
               "served_otherwise IS NULL AND quantization IS NULL") == 1);
}

TEST_CASE("an unknown attempt keeps what was served until its cost is found") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  const Reservation r = reservation("", "a/asked");
  REQUIRE_FALSE(reserve(ledger, r));
  book(ledger, r.uid, ending(State::unknown));
  check(entries(ledger).front());
  Ending told = settled(7);
  told.billing.model = "a/asked"; // the answer itself told another one
  look_up(ledger, r.uid, told);
  const auto found = entries(ledger);
  REQUIRE(found.size() == 1);
  CHECK(found.front().state == State::settled);
  check(found.front());
}

TEST_CASE("a correction carries what was served") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  Ending no_cost = ending(State::settled);
  no_cost.billing.cost.reset();
  const Reservation r = reservation("", "a/asked");
  REQUIRE_FALSE(reserve(ledger, r));
  book(ledger, r.uid, no_cost);
  look_up(ledger, r.uid, settled(7));
  const auto found = entries(ledger);
  REQUIRE(found.size() == 2);
  CHECK(found.back().correction);
  for (const Entry& one : found) check(one);
}

TEST_CASE("a lookup that names the model tells whether another one served") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  const auto told = [&](const std::string& asked, const std::string& served) {
    return looked_up(ledger, reservation("", asked), served).served_otherwise;
  };
  CHECK(told("a/asked", "a/asked-20260101") == false);
  CHECK(told("a/asked", "b/other") == true);
  CHECK(told("a/asked", "a/asked-too") == std::nullopt);
  CHECK(told("openrouter/auto", "b/other") == std::nullopt);
  CHECK(told("@preset/mine", "b/other") == std::nullopt);
  CHECK(told("a/asked", "") == std::nullopt);
  Reservation several = reservation("", "a/asked");
  several.other_names = {{"b/other", "b/other"}};
  CHECK(looked_up(ledger, several, "b/other").served_otherwise == false);
}

TEST_CASE("entries of an earlier schema tell nothing of what was served") {
  const Folder folder;
  const std::string path = folder / "l.db";
  {
    Opened opened(path);
    const Reservation r = reservation();
    REQUIRE_FALSE(reserve(*opened.ledger, r));
    book(*opened.ledger, r.uid, settled(1));
  }
  damage(path,
         "DROP VIEW v1_entries; DROP VIEW v1_pending; DROP TRIGGER wayfare_entry_goes; "
         "DROP TABLE decision; DROP TRIGGER wayfare_refused_goes; DROP TABLE refused; "
         "ALTER TABLE pending DROP COLUMN first_us; ALTER TABLE pending DROP COLUMN tier; "
         "ALTER TABLE pending DROP COLUMN otherwise; ALTER TABLE entry DROP COLUMN first_us; "
         "ALTER TABLE entry DROP COLUMN tier; ALTER TABLE entry DROP COLUMN otherwise; "
         "DROP VIEW v1_cooldowns; DROP TABLE provider_cooldown; "
         "ALTER TABLE pending DROP COLUMN quantization; "
         "ALTER TABLE entry DROP COLUMN quantization; "
         "UPDATE meta SET value = '13' WHERE key = 'schema'");
  Opened opened(path);
  const Reservation r = reservation("", "a/asked");
  REQUIRE_FALSE(reserve(*opened.ledger, r));
  book(*opened.ledger, r.uid, ending(State::settled));
  const auto found = entries(*opened.ledger);
  REQUIRE(found.size() == 2);
  CHECK((!found.front().first_us && found.front().tier.empty()));
  CHECK_FALSE(found.front().served_otherwise);
  CHECK(found.front().quantization.empty());
  check(found.back());
}
