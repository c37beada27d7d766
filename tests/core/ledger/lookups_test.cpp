// What an attempt was billed, learned later: when it is looked up, and what is booked of it.

#include <atomic>
#include <future>
#include <string>
#include <vector>

#include "ledger/lookups.hpp"
#include "ledger/schema.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"
#include "support/golden.hpp"
#include "support/ledger.hpp"
#include "wire/generation.hpp"

using namespace ledger_words;
using ledger::Asker;
using ledger::next_lookup;

namespace {

constexpr std::int64_t s = 1'000'000, minute = 60 * s, hour = 60 * minute, day = 24 * hour;
const Asker asker{"https://openrouter.ai/api/v1", {"0123456789abcdef"}};

template <class T>
T told(const std::function<void(std::function<void(Result<T>)>)>& ask) {
  std::promise<Result<T>> answer;
  ask([&](Result<T> result) { answer.set_value(std::move(result)); });
  return answer.get_future().get().value();
}
std::vector<ledger::Lookup> take(Ledger& ledger, bool all, const Asker& who = asker) {
  return told<std::vector<ledger::Lookup>>(
      [&](auto answer) { ledger.take_lookups(who, all, "", 100, answer); });
}
ledger::LookupResult end(Ledger& ledger, const Uid& uid, std::optional<Ending> ending) {
  return told<ledger::LookupResult>(
      [&](auto answer) { ledger.end_lookup(uid.text(), ending, answer); });
}

Ending unknown(const std::string& generation_id) {
  Ending ending;
  ending.error = Code::cancelled;
  ending.status = 200;
  ending.billing.generation_id = generation_id;
  ending.usage.prompt_tokens = 3;
  return ending;
}
Ending generation(std::int64_t cost) {
  Ending ending;
  ending.state = State::settled;
  ending.billing.cost = Amount{cost};
  ending.billing.cost_source = CostSource::generation;
  ending.billing.model = "m/told";
  ending.usage = {.prompt_tokens = 7, .completion_tokens = 8};
  return ending;
}

// As if that much time had gone by since the rows became unknown.
void age(const std::string& path, std::int64_t us) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  const std::string sql = " SET marked_us = marked_us - " + std::to_string(us) +
                          ", next_us = next_us - " + std::to_string(us);
  REQUIRE(sqlite3_exec(database, ("UPDATE pending" + sql + "; UPDATE cost_pending" + sql).c_str(),
                       nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
}

Uid unknown_call(Ledger& ledger, const std::string& generation_id,
                 std::optional<Amount> bound = Amount{500}, bool looks_up = true) {
  Reservation r = reservation("a");
  if (!looks_up)
    r.origin = std::make_shared<const Origin>(
        Origin{r.origin->server, r.origin->endpoint, r.origin->key, false});
  r.bound = bound;
  r.charge_to.user = "ann";
  r.charge_to.tags = {"red"};
  REQUIRE_FALSE(reserve(ledger, r));
  book(ledger, r.uid, unknown(generation_id));
  return r.uid;
}

UsageRow usage_of(Ledger& ledger, By by = {}) {
  return ask(ledger, UsageQuery{.by = std::move(by)}).value().at(0);
}

} // namespace

TEST_CASE(
    "lookups come 15 s, 1, 3, 10 and 60 min after the end, each hour until a day has gone, and "
    "each day from then on") {
  std::vector<std::int64_t> times;
  for (std::int64_t now = 0; times.size() < 31; now = times.back())
    times.push_back(next_lookup(0, now));
  std::vector<std::int64_t> expected{15 * s, minute, 3 * minute, 10 * minute};
  for (int hours = 1; hours <= 24; ++hours) expected.push_back(hours * hour);
  for (int days = 2; days <= 4; ++days) expected.push_back(days * day);
  CHECK(times == expected);
  CHECK(next_lookup(100 * s, 20 * s) == 115 * s); // a clock that was set back
  CHECK(next_lookup(0, 25 * minute) == hour);     // what was missed is not made up for
}

TEST_CASE("what is due is told once, to who can ask about it") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  const Uid first = unknown_call(ledger, "gen-1");
  unknown_call(ledger, "gen-2", Amount{500}, false);
  unknown_call(ledger, "");
  CHECK(take(ledger, false).empty()); // not yet
  age(folder / "l.db", 16 * s);
  CHECK(take(ledger, false, {"https://other", {"0123456789abcdef"}}).empty());
  CHECK(take(ledger, false, {asker.server, {"fedcba9876543210"}}).empty());
  const auto due = take(ledger, false);
  REQUIRE(due.size() == 1);
  CHECK((due[0].uid == first.text() && due[0].generation_id == "gen-1" &&
         due[0].key == "0123456789abcdef"));
  CHECK(take(ledger, false).empty()); // in 44 s again
  CHECK(take(ledger, true).size() == 1);
  const auto next =
      told<std::optional<std::int64_t>>([&](auto answer) { ledger.next_lookup(asker, answer); });
  REQUIRE(next);
  CHECK((*next > os::wall_us() + 30 * s && *next < os::wall_us() + 46 * s));
}

TEST_CASE("what the server tells settles the attempt, once, and frees what was held for it") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  REQUIRE(ask(ledger, SetBudget{.name = "b", .limit = Amount{600}, .window = Window::day}).ok());
  const Uid uid = unknown_call(ledger, "gen-1");
  CHECK(usage_of(ledger).held == Amount{500});
  const auto outcome = end(ledger, uid, generation(42));
  CHECK((outcome.settled == 1 && outcome.cost == Amount{42} && outcome.given_up == 0));
  CHECK(end(ledger, uid, generation(42)).settled == 0); // another process was faster
  const auto rows = entries(ledger);
  REQUIRE(rows.size() == 1);
  const Entry& entry = rows[0];
  CHECK((entry.state == State::settled && entry.cost == Amount{42} &&
         entry.cost_source == CostSource::generation && !entry.correction));
  CHECK((entry.error == Code::cancelled && entry.status == 200 && entry.model == "m/told" &&
         entry.generation_id == "gen-1"));
  CHECK((entry.prompt_tokens == 7 && entry.completion_tokens == 8));
  const auto budget = ask(ledger, ListBudgets{}).value().at(0);
  CHECK((budget.spent == Amount{42} && budget.reserved == Amount{0}));
}

TEST_CASE("what the server does not know is charged at its bound after a day, and not before") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Opened opened(path);
  Ledger& ledger = *opened.ledger;
  REQUIRE(
      ask(ledger,
          SetBudget{
              .name = "b", .limit = Amount{2000}, .window = Window::lifetime, .assume = Amount{3}})
          .ok());
  const Uid uid = unknown_call(ledger, "gen-1"),
            boundless = unknown_call(ledger, "gen-2", std::nullopt);
  age(path, day - hour);
  CHECK(end(ledger, uid, std::nullopt).given_up == 0);
  CHECK(entries(ledger).at(0).state == State::unknown);
  age(path, hour);
  const auto outcome = end(ledger, uid, std::nullopt);
  CHECK((outcome.given_up == 1 && outcome.charged == Amount{500}));
  CHECK((end(ledger, boundless, std::nullopt).given_up == 1));
  const auto rows = entries(ledger);
  REQUIRE(rows.size() == 2);
  CHECK((rows[0].state == State::settled && rows[0].cost == Amount{500} &&
         rows[0].cost_source == CostSource::bound));
  CHECK((rows[0].prompt_tokens == 3 && rows[0].error == Code::cancelled));
  CHECK((rows[1].state == State::unknown && !rows[1].cost &&
         rows[1].cost_source == CostSource::none));
  const auto budget = ask(ledger, ListBudgets{}).value().at(0);
  // of the other one it is not known
  CHECK((budget.spent == Amount{500} && budget.reserved == Amount{3}));
  const UsageRow sums = usage_of(ledger, {Dimension::user});
  CHECK((sums.calls == 2 && sums.unknown == 1 && sums.cost == Amount{500} &&
         sums.held == Amount{0} && sums.prompt_tokens == 6));
}

TEST_CASE(
    "what nobody can be asked about is given up after a day by whoever sweeps; the rest stays") {
  const Folder folder;
  const std::string path = folder / "l.db";
  {
    Opened opened(path);
    unknown_call(*opened.ledger, "");
    unknown_call(*opened.ledger, "gen-2", Amount{500}, false);
    unknown_call(*opened.ledger, "gen-1");
  }
  age(path, 25 * hour);
  Opened opened(path);
  const auto outcome =
      told<ledger::LookupResult>([&](auto answer) { opened.ledger->give_up_old(answer); });
  CHECK((outcome.given_up == 2 && outcome.charged == Amount{1000} && outcome.unknown == 1 &&
         !outcome.more));
  CHECK(entries(*opened.ledger).back().generation_id == "gen-1"); // never for lack of trying
}

TEST_CASE("a cost that was missing from a whole answer is added by a row of its own") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Opened opened(path);
  Ledger& ledger = *opened.ledger;
  REQUIRE(ask(ledger, SetBudget{.name = "b", .limit = Amount{600}, .window = Window::day}).ok());
  Reservation r = reservation("a");
  r.bound = Amount{500};
  r.charge_to.user = "ann";
  r.charge_to.tags = {"red", "blue", "red"};
  REQUIRE_FALSE(reserve(ledger, r));
  Ending whole = settled(0);
  whole.billing = {.model = "m/served", .generation_id = "gen-1"};
  whole.usage = {.completion_tokens = 5};
  book(ledger, r.uid, whole);
  CHECK((usage_of(ledger).unknown == 1 && usage_of(ledger).prompt_tokens == 0));
  CHECK(take(ledger, true).size() == 1);
  CHECK(end(ledger, r.uid, generation(42)).cost == Amount{42});
  CHECK(end(ledger, r.uid, generation(42)).settled == 0);
  CHECK(take(ledger, true).empty());
  const auto rows = entries(ledger);
  REQUIRE(rows.size() == 2);
  CHECK((!rows[0].cost && !rows[0].correction && rows[1].correction && rows[1].cost == Amount{42} &&
         rows[1].entry == rows[0].entry));
  CHECK((rows[1].prompt_tokens == 7 && !rows[1].completion_tokens)); // that was known
  for (const auto& by : std::vector<By>{{},
                                        {Dimension::user},
                                        {Dimension::model},
                                        {Dimension::run},
                                        {Dimension::user, Dimension::agent}}) {
    const UsageRow sums = usage_of(ledger, by);
    CHECK((sums.calls == 1 && sums.unknown == 0 && sums.cost == Amount{42} &&
           sums.prompt_tokens == 7 && sums.completion_tokens == 5));
  }
  for (const auto& by : std::vector<By>{{Dimension::tag}, {Dimension::tag, Dimension::agent}}) {
    const auto tags = ask(ledger, UsageQuery{.by = by}).value();
    REQUIRE(tags.size() == 2);
    for (const UsageRow& row : tags)
      CHECK((row.calls == 1 && row.cost == Amount{42} && row.unknown == 0));
  }
  const auto budget = ask(ledger, ListBudgets{}).value().at(0);
  CHECK((budget.spent == Amount{42} && budget.reserved == Amount{0}));
  // made from the rows
  REQUIRE(ask(ledger, SetBudget{.name = "late", .limit = Amount{600}, .window = Window::day}).ok());
  for (const Budget& state : ask(ledger, ListBudgets{}).value())
    CHECK((state.spent == Amount{42} && state.reserved == Amount{0}));
}

TEST_CASE("sums by user, tag and run are what the entries say") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Ledger& ledger = *opened.ledger;
  const std::vector<std::string> users{"", "ann", "bob"}, runs{"", "r1"};
  std::int64_t cost = 1, total = 0;
  std::map<std::string, std::int64_t> by_user, by_run, by_tag;
  for (const auto& user : users)
    for (const auto& run : runs)
      for (const auto& tags : std::vector<std::vector<std::string>>{{}, {"red"}, {"red", "blue"}}) {
        Reservation r = reservation("a");
        r.charge_to.user = user;
        r.charge_to.run = run;
        r.charge_to.tags = tags;
        REQUIRE_FALSE(reserve(ledger, r));
        book(ledger, r.uid, settled(cost));
        by_user[user] += cost;
        by_run[run] += cost;
        for (const auto& tag : tags) by_tag[tag] += cost;
        total += cost;
        cost *= 2;
      }
  const auto sums = [&](Dimension by, By more = {}) {
    By all{by};
    all.insert(all.end(), more.begin(), more.end());
    std::map<std::string, std::int64_t> got;
    for (const UsageRow& row : ask(ledger, UsageQuery{.by = all}).value())
      got[value_of(row, by)] += row.cost.picodollars;
    return got;
  };
  CHECK(sums(Dimension::user) == by_user);
  CHECK(sums(Dimension::user, {Dimension::day, Dimension::model}) == by_user);
  CHECK(sums(Dimension::user, {Dimension::agent}) == by_user); // from the entries
  CHECK(sums(Dimension::run) == by_run);
  CHECK(sums(Dimension::tag) == by_tag);
  CHECK(sums(Dimension::tag, {Dimension::agent, Dimension::user}) == by_tag);
  CHECK(usage_of(ledger).cost == Amount{total});
}

TEST_CASE("a generation's record is read exactly, and only where it tells the cost of that one") {
  const std::string body =
      R"({"data":{"id":"gen-1","total_cost":0.00215798,"model":"openai/gpt-4o",
      "provider_name":"OpenAI",
    "finish_reason":"stop","native_tokens_prompt":11,"native_tokens_completion":12,
    "native_tokens_cached":null,"native_tokens_reasoning":3,
    "tokens_prompt":99,"cancelled":true}})";
  const auto read = wire::generation_of(body, "gen-1");
  REQUIRE(read);
  CHECK((read->billing.cost == Amount{2'157'980'000} &&
         read->billing.cost_source == CostSource::generation && read->state == State::settled));
  CHECK((read->billing.model == "openai/gpt-4o" && read->billing.provider == "OpenAI" &&
         read->billing.finish_reason == "stop"));
  CHECK((read->usage.prompt_tokens == 11 && read->usage.completion_tokens == 12 &&
         read->usage.reasoning_tokens == 3 && !read->usage.cached_tokens));
  CHECK_FALSE(wire::generation_of(body, "gen-2"));
  for (const char* odd : {"", "{}", "[]", R"({"data":{"id":"gen-1"}})",
                          R"({"data":{"id":"gen-1","total_cost":null}})",
                          R"({"data":{"id":"gen-2","total_cost":1}})"})
    CHECK_FALSE(wire::generation_of(odd, "gen-1"));
}
