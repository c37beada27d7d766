// Why models were selected, kept beside the entries.

#include <memory>
#include <string>

#include "support/catch.hpp"
#include "support/folder.hpp"
#include "support/keeping.hpp"
#include "support/ledger.hpp"

using namespace wayfare;
using namespace ledger_words;
using namespace keeping_words;

namespace {

Reservation decided(const std::string& json) {
  Reservation r = reservation();
  r.decision = std::make_shared<const std::string>(json);
  return r;
}

std::string told(Ledger& ledger, const Uid& uid) {
  return ask(ledger, ExplainEntry{uid.text()}).value().decision;
}

constexpr const char* count = "SELECT count(*) FROM decision";

} // namespace

TEST_CASE("a decision is written with its reservation, and explain tells it") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Opened opened(path);
  Ledger& ledger = *opened.ledger;
  const Reservation kept = decided(R"({"v":1})"), plain = reservation();
  REQUIRE_FALSE(reserve(ledger, kept));
  CHECK(told(ledger, kept.uid) == R"({"v":1})"); // before the end of the attempt
  REQUIRE_FALSE(reserve(ledger, plain));
  book(ledger, kept.uid, settled(1));
  book(ledger, plain.uid, settled(1));
  CHECK(told(ledger, kept.uid) == R"({"v":1})");
  CHECK(told(ledger, plain.uid).empty());
  CHECK(number(path, count) == 1);
}

TEST_CASE("a reservation that is refused leaves no decision") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Opened opened(path);
  REQUIRE(ask(*opened.ledger, BlockCalls{.everything = true}).ok());
  CHECK(reserve(*opened.ledger, decided("{}")));
  CHECK(number(path, count) == 0);
}

TEST_CASE("decisions go with their entries, whoever prunes them") {
  const Folder folder;
  const std::string path = folder / "l.db";
  {
    Opened opened(path);
    for (int at = 0; at < 20; ++at) {
      const Reservation r = decided("{}");
      REQUIRE_FALSE(reserve(*opened.ledger, r));
      book(*opened.ledger, r.uid, settled(1));
    }
  }
  age(path, 40 * day);
  Opened opened(path);
  const Reservation young = decided("{}");
  REQUIRE_FALSE(reserve(*opened.ledger, young));
  book(*opened.ledger, young.uid, settled(1));
  const Pruned gone =
      ask(*opened.ledger, Prune{Time(std::chrono::microseconds(os::wall_us() - 20 * day))}).value();
  CHECK(gone.entries == 20);
  CHECK(number(path, count) == 1);
  CHECK(told(*opened.ledger, young.uid) == "{}");
}
