// Speeds and failures, as the ledger has seen them.
#include <future>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/folder.hpp"
#include "support/keeping.hpp"
#include "support/ledger.hpp"

using namespace wayfare;
using namespace ledger_words;
using namespace keeping_words;

namespace {

std::vector<PerformanceRow> performance(Ledger& ledger, const PerformanceQuery& query = {}) {
  std::promise<Result<std::vector<PerformanceRow>>> told;
  ledger.execute(
      query, [&](Result<std::vector<PerformanceRow>> rows) { told.set_value(std::move(rows)); });
  return told.get_future().get().value();
}

struct Kind {
  State state = State::settled;
  Code error = Code::ok;
  int status = 200;
  std::string served = "a/one", provider = "P";
  std::optional<std::int64_t> first_us{};
  std::int64_t total_us = 0;
  std::optional<std::int64_t> tokens{};
};

void attempt(Ledger& ledger, const Kind& kind) {
  const Reservation r = reservation("", "a/one");
  REQUIRE_FALSE(reserve(ledger, r));
  Ending end = settled(1);
  end.state = kind.state;
  end.error = kind.error;
  end.status = kind.status;
  end.billing.model = kind.served;
  end.billing.provider = kind.provider;
  end.usage.completion_tokens = kind.tokens;
  end.first_us = kind.first_us;
  end.total_us = kind.total_us;
  if (kind.state != State::settled) end.billing.cost.reset();
  book(ledger, r.uid, end);
}

} // namespace

TEST_CASE("the report on speeds has medians of what was streamed, and counts failures") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  CHECK(performance(ledger).empty());
  // 100 ms to 1 s, each with 50 tokens in the second after the first piece.
  for (std::int64_t tenth = 1; tenth <= 10; ++tenth)
    attempt(ledger,
            {.first_us = tenth * 100'000, .total_us = tenth * 100'000 + 1'000'000, .tokens = 50});
  attempt(ledger, {.total_us = 5'000'000, .tokens = 9}); // not streamed
  attempt(ledger, {.state = State::voided, .error = Code::overloaded, .status = 503, .served = ""});
  attempt(ledger, {.state = State::unknown, .error = Code::stream_broken});
  attempt(ledger, {.state = State::voided,
                   .error = Code::unauthorized,
                   .status = 401,
                   .served = ""}); // the caller's own
  attempt(ledger, {.state = State::voided, .error = Code::dns, .status = 0, .served = ""});
  attempt(ledger, {.served = "b/other", .provider = "Q", .total_us = 1000});
  const auto rows = performance(ledger);
  REQUIRE(rows.size() == 2);
  const PerformanceRow& row = rows.front();
  CHECK((row.model == "a/one" && row.provider == "P"));
  CHECK(row.attempts == 14); // dns was never sent
  CHECK(row.failed == 2);
  CHECK(row.answers == 10);
  CHECK(row.first_token_ms == 500);
  CHECK(row.first_token_ms_p90 == 900);
  CHECK(row.throughput == 50);
  CHECK(row.total_ms == 1600);
  CHECK((rows.back().model == "b/other" && rows.back().attempts == 1));
  CHECK_FALSE(rows.back().first_token_ms);
  CHECK(performance(ledger, {.model = "b/other"}).size() == 1);
  CHECK(performance(ledger, {.model = "c/none"}).empty());
}

TEST_CASE("a report on speeds that cannot be is refused") {
  const Folder folder;
  Opened opened(folder / "l.db");
  for (const std::int32_t hours : {0, -1, 8785}) {
    std::promise<bool> refused;
    opened.ledger->execute(PerformanceQuery{.hours = hours},
                           [&](const Result<std::vector<PerformanceRow>>& rows) {
                             refused.set_value(!rows && rows.error().code == Code::invalid);
                           });
    CHECK(refused.get_future().get());
  }
}
