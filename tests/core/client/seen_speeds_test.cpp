// The speeds that a client remembers: read once, and again in the background.
#include <future>
#include <string>

#include "client/seen_speeds.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"
#include "support/keeping.hpp"
#include "support/ledger.hpp"

using namespace wayfare;
using namespace ledger_words;
using namespace keeping_words;

namespace {

SeenSpeeds::Rows ask(SeenSpeeds& speeds, Ledger& ledger, std::int64_t now_us) {
  std::promise<SeenSpeeds::Rows> told;
  speeds.ask(ledger, now_us, [&](const SeenSpeeds::Rows& rows) { told.set_value(rows); });
  return told.get_future().get();
}

void serve(Ledger& ledger, const std::string& model) {
  const Reservation r = reservation("", model);
  REQUIRE_FALSE(reserve(ledger, r));
  Ending end = settled(1);
  end.billing.model = model;
  book(ledger, r.uid, end);
}

} // namespace

TEST_CASE("speeds are read from the ledger once in ten seconds, and no call waits twice") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  const auto speeds = std::make_shared<SeenSpeeds>();
  serve(ledger, "a/one");
  const auto first = ask(*speeds, ledger, 0);
  REQUIRE((first && first->size() == 1));
  serve(ledger, "b/two");
  CHECK(ask(*speeds, ledger, SeenSpeeds::fresh_us - 1) == first);
  CHECK(ask(*speeds, ledger, SeenSpeeds::fresh_us) == first); // the old ones, at once
  std::promise<void> read;                                    // the reader works in order
  ledger.execute(PerformanceQuery{},
                 [&](const Result<std::vector<PerformanceRow>>&) { read.set_value(); });
  read.get_future().get();
  const auto second = ask(*speeds, ledger, SeenSpeeds::fresh_us + 1);
  REQUIRE((second && second != first));
  CHECK(second->size() == 2);
}
