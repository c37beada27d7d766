// The attempts that a replay reads: their filters, their groups, and their corrections.

#include "ledger/replayed_calls.hpp"

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
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

// Counts the calls, and keeps their usage.
struct Counter final : PastCalls {
  explicit Counter(std::vector<PastCall>& seen) : seen_(seen) {}
  void add(const PastCall& call) override {
    seen_.push_back(call);
    counts_.resize(std::max(counts_.size(), call.group + 1));
    ++counts_[call.group];
  }
  Result<Replayed> take(std::vector<ReplayRow> rows) override {
    counts_.resize(rows.size());
    Replayed told;
    for (std::size_t at = 0; at < rows.size(); ++at) {
      rows[at].calls = counts_[at];
      told.total.calls += counts_[at];
      told.rows.push_back(rows[at]);
    }
    return told;
  }

 private:
  std::vector<PastCall>& seen_;
  std::vector<std::int64_t> counts_;
};

Replayed replay(Ledger& ledger, const Replay& query, std::vector<PastCall>* seen = nullptr) {
  std::vector<PastCall> own;
  std::promise<Result<Replayed>> answer;
  std::vector<PastCall>& into = seen ? *seen : own;
  ledger.execute(ledger::PastReport{query,
                                    [&into] {
                                      into.clear();
                                      return Result<std::unique_ptr<PastCalls>>(
                                          std::make_unique<Counter>(into));
                                    }},
                 [&](Result<Replayed> told) { answer.set_value(std::move(told)); });
  return answer.get_future().get().value();
}

void make(Ledger& ledger, const Reservation& r, const Ending& ending) {
  REQUIRE_FALSE(reserve(ledger, r));
  book(ledger, r.uid, ending);
}

} // namespace

TEST_CASE("a replay reads the calls that usage counts") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  fill(ledger, 300);
  const std::string settled_calls = "SELECT count(*) FROM entry WHERE kind IN (0, 2)";
  const Replayed told = replay(ledger, {});
  CHECK(told.total.calls == number(folder / "l.db", settled_calls));
  REQUIRE(told.rows.size() == 2); // a model and two agents
  for (const ReplayRow& row : told.rows) {
    CHECK(row.model == "m/served");
    CHECK(row.agent.has_value());
    CHECK_FALSE(row.app.has_value());
  }
  CHECK(*told.rows[0].agent < *told.rows[1].agent);
}

TEST_CASE("a replay groups by every dimension but tag") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  Reservation r = reservation("ag");
  r.charge_to.app = "ap";
  r.charge_to.user = "us";
  r.charge_to.run = "ru";
  Ending ending = settled(1);
  ending.billing.provider = "pr";
  make(ledger, r, ending);
  Replay query{.by = std::vector<Dimension>()};
  for (const auto& known : values_of<Dimension>.values)
    if (known.value != Dimension::tag) query.by->push_back(known.value);
  const Replayed told = replay(ledger, query);
  REQUIRE(told.rows.size() == 1);
  const ReplayRow& row = told.rows.front();
  CHECK(row.app == "ap");
  CHECK(row.agent == "ag");
  CHECK(row.user == "us");
  CHECK(row.run == "ru");
  CHECK(row.provider == "pr");
  CHECK(row.model == "m/served");
  CHECK(row.requested_model == "m");
  CHECK(row.key == "0123456789ab");
  CHECK(row.agent_version == "");
  CHECK(row.day->size() == 10);
  CHECK(row.month == row.day->substr(0, 7));
  CHECK(row.hour->starts_with(*row.day));
  CHECK(row.week->size() == 10);
  query.by->clear();
  CHECK(replay(ledger, query).rows.size() == 1);
  Ledger& same = ledger;
  CHECK(replay(same, {.app = "nobody", .by = query.by}).rows.empty());
}

TEST_CASE("the filters and the period choose the calls") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Opened opened(path);
  Ledger& ledger = *opened.ledger;
  Reservation one = reservation("x", "m/one"), two = reservation("y", "m/two");
  one.charge_to.app = "web";
  one.charge_to.user = "ann";
  make(ledger, one, settled(1));
  make(ledger, two, settled(1));
  CHECK(replay(ledger, {.app = "web"}).total.calls == 1);
  CHECK(replay(ledger, {.agent = "y"}).total.calls == 1);
  CHECK(replay(ledger, {.user = "ann"}).total.calls == 1);
  CHECK(replay(ledger, {.of_model = "m/two"}).total.calls == 1);
  CHECK(replay(ledger, {.of_model = "m/served"}).total.calls == 2);
  CHECK(replay(ledger, {.agent = "nobody"}).total.calls == 0);
  CHECK(replay(ledger, {.app = "web", .agent = "y"}).total.calls == 0);
  const auto at = [&](const Uid& uid) {
    EntryQuery query;
    query.entry = uid.text();
    return entries(ledger, query).front().reserved;
  };
  const Time first = at(one.uid), second = at(two.uid);
  REQUIRE(first < second);
  CHECK(replay(ledger, {.since = second}).total.calls == 1);
  CHECK(replay(ledger, {.until = second}).total.calls == 1);
  CHECK(replay(ledger, {.since = first, .until = second}).total.calls == 1);
  CHECK(replay(ledger, {.since = first}).total.calls == 2);
}

TEST_CASE("a call has what its corrections add") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  Ending bare{.state = State::settled,
              .billing = {.model = "m/served", .generation_id = "gen-1"},
              .usage = {.prompt_tokens = 10}};
  const Reservation r = reservation();
  make(ledger, r, bare);
  Ending told = settled(7);
  told.usage = {.prompt_tokens = 99, .completion_tokens = 5, .cached_tokens = 3};
  std::promise<void> done;
  ledger.end_lookup(r.uid.text(), told, [&](const Result<LookupResult>&) { done.set_value(); });
  done.get_future().get();
  std::vector<PastCall> seen;
  CHECK(replay(ledger, {}, &seen).total.calls == 1);
  REQUIRE(seen.size() == 1);
  CHECK(seen.front().cost == Amount{7});
  CHECK(seen.front().usage.prompt_tokens == 10);
  CHECK(seen.front().usage.completion_tokens == 5);
  CHECK(seen.front().usage.cached_tokens == 3);
}

TEST_CASE("a call has its parts that are not for tokens, and whether it was paid directly") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  Ending ending = settled(9);
  ending.billing.non_token_cost = Amount{-2};
  ending.billing.is_byok = true;
  ending.usage.cache_write_tokens = 4;
  make(ledger, reservation(), ending);
  make(ledger, reservation(), Ending{.state = State::voided});
  make(ledger, reservation(), Ending{.state = State::unknown}); // its end is not known
  std::vector<PastCall> seen;
  replay(ledger, {}, &seen);
  REQUIRE(seen.size() == 1);
  CHECK(seen.front().non_token_cost == Amount{-2});
  CHECK(seen.front().is_byok);
  CHECK(seen.front().usage.cache_write_tokens == 4);
}

TEST_CASE("a time that no call has is an error") {
  const Folder folder;
  const std::string path = folder / "l.db";
  {
    Opened opened(path);
    make(*opened.ledger, reservation(), settled(1));
  }
  damage(path, "UPDATE entry SET reserved_us = 9000000000000000000");
  Opened opened(path);
  std::vector<PastCall> seen;
  std::promise<Result<Replayed>> answer;
  opened.ledger->execute(
      ledger::PastReport{
          {.by = std::vector{Dimension::day}},
          [&] { return Result<std::unique_ptr<PastCalls>>(std::make_unique<Counter>(seen)); }},
      [&](Result<Replayed> told) { answer.set_value(std::move(told)); });
  CHECK(answer.get_future().get().error().code == Code::ledger_unavailable);
  CHECK(seen.empty());
}

TEST_CASE("what makes the reader may refuse") {
  const Folder folder;
  Opened opened(folder / "l.db");
  std::promise<Result<Replayed>> answer;
  opened.ledger->execute(
      ledger::PastReport{
          {}, [] { return Result<std::unique_ptr<PastCalls>>(Error::invalid("no list")); }},
      [&](Result<Replayed> told) { answer.set_value(std::move(told)); });
  CHECK(answer.get_future().get().error().message == "no list");
}
