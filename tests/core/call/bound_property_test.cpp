// No bound is below a bill: requests and price rows by chance, planned under a hard budget, are
// refused by name, or cost at most their bound by the billing model of tests/support.
// WAYFARE_DRAWS=… draws more, WAYFARE_SEED=… replays one.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "call/planner.hpp"
#include "support/places.hpp"
#include "support/billing_model.hpp"
#include "support/catch.hpp"
#include "support/drawn_requests.hpp"
#include "support/environment.hpp"
#include "support/golden.hpp"
#include "wire/endpoint.hpp"

using namespace wayfare;

namespace {

constexpr int bills_for_each = 6;

// The rows of the lists beside the project; none where there are none.
const std::vector<std::string>& listed_rows() {
  static const auto* const rows = [] {
    auto* list = new std::vector<std::string>;
    for (const auto& path : golden::files(places::shared() / "openrouter", ".json")) {
      const std::string text = golden::read(path);
      json::Document document;
      if (!path.filename().string().starts_with("models-") || !document.parse(text)) continue;
      const json::Value data = document.root()["data"];
      for (json::Value one = data.first(); one.exists(); one = one.next())
        list->emplace_back(one.raw());
    }
    return list;
  }();
  return *rows;
}

struct Failure {
  std::uint64_t count = 0, seed = 0;
  std::string body, row, bound, bill, items;

  std::size_t size() const { return body.size() + row.size(); }
};

struct Outcome {
  std::uint64_t choices = 0, bounded = 0;
  std::map<std::string, std::uint64_t> refused; // by part
  std::vector<double> slack;                    // a bound over a typical bill
  std::map<std::string, Failure> failures;      // by the charges that pass the bound
};

// A part without the names in it, so that equal ones are counted together.
std::string part_of(std::string text, const std::vector<std::string>& ids) {
  for (const std::string& id : ids)
    for (auto at = text.find(id); at != text.npos; at = text.find(id))
      text.replace(at, id.size(), "M");
  return text.substr(0, 90);
}

// The fewest rules with which the bill still passes the bound.
std::string kind_of(const billing::Row& row, const billing::Body& body, billing::Draw draw,
                    std::int64_t bound) {
  const auto passes = [&] {
    return billing::picodollars(billing::bill_of(row, body, draw).sum()) > bound;
  };
  // What every call may have goes first, so that what is rare is named where it suffices.
  draw.off.set(billing::own_key);
  if (!passes()) draw.off.reset(billing::own_key);
  for (std::size_t rule = 0; rule < billing::rule_count; ++rule) {
    const bool was_off = draw.off[rule];
    draw.off.set(rule);
    if (!was_off && !passes()) draw.off.reset(rule);
  }
  std::string kind;
  for (std::size_t rule = 0; rule < billing::rule_count; ++rule)
    if (!draw.off[rule] && rule != billing::text && rule != billing::answer)
      kind += std::string(kind.empty() ? "" : "; ") + billing::reasons[rule].rule;
  return kind.empty() ? "only the text and the length of the answer" : kind;
}

// One draw: rows, a request, and what becomes of it.
class Case {
 public:
  Case(std::uint64_t seed, Outcome& outcome) : seed_(seed), dice_(seed), outcome_(outcome) {
    for (auto left = 1 + (dice_.one_in(3) ? dice_.up_to(2) : 0); left > 0; --left) {
      const auto& listed = listed_rows();
      const bool own = listed.empty() || dice_.one_in(2);
      texts_.push_back(own ? drawn::row(dice_, texts_.size())
                           : listed[dice_.up_to(listed.size() - 1)]);
    }
    for (const std::string& text : texts_) {
      json::Document document;
      REQUIRE(document.parse(text));
      rows_.push_back(billing::read_row(document.root()));
      ids_.push_back(rows_.back().id);
    }
  }

  void run() {
    drawn::Request drawn = drawn::request(dice_, ids_);
    const Server server = dice_.one_in(80) ? openai_server() : openrouter_server();
    const auto catalogue = select::Catalogue::parse("{\"data\":[" + drawn::joined(texts_) + "]}");
    REQUIRE(catalogue);
    auto prepared = wire::chat_completions.prepare({.body = drawn.body, .route = drawn.route},
                                                   dice_.one_in(2), server, nullptr);
    if (!prepared) return refuse(prepared.error().message);
    call::Planner planner(std::move(prepared.value()), drawn.route, server);
    const LedgerView view{.hard_budgets = {{"team", {.agent = "support"}}}};
    const ChargeTo charge_to{.agent = "support"};
    const CatalogueState state;
    const call::Market market{catalogue.value(), state, {1'795'400'000, "2026-11-23"}};
    const auto planned = planner.plan({view, charge_to, ""}, &market);
    if (!planned) return refuse(planned.error().message);
    std::optional<wire::Body> sent;
    for (const call::Choice& choice : planned.value().choices) {
      sent = planner.body_of(choice, sent ? sent->source() : planner.take_source());
      judge(choice, *sent->text);
    }
  }

 private:
  void refuse(const std::string& part) {
    ++outcome_.choices;
    ++outcome_.refused[part_of(part, ids_)];
  }

  void judge(const call::Choice& choice, const std::string& text) {
    if (!choice.unbounded.empty()) return refuse(choice.unbounded);
    ++outcome_.choices;
    ++outcome_.bounded;
    json::Document document;
    INFO("seed " << seed_ << "\n" << text);
    REQUIRE(choice.bound_sought);
    REQUIRE(choice.bound);
    REQUIRE(document.parse(text));
    const billing::Body body = billing::read_body(document.root());
    std::size_t at = 0; // the row of that very name before one of the name without a suffix
    for (std::size_t other = 0; other < rows_.size(); ++other)
      if (rows_[other].id == body.named || (ids_[at] != body.named && names(body, rows_[other])))
        at = other;
    const std::int64_t bound = choice.bound->picodollars;
    const auto typical =
        billing::picodollars(billing::bill_of(rows_[at], body, billing::Draw::typical()).sum());
    if (typical > 0)
      outcome_.slack.push_back(static_cast<double>(bound) / static_cast<double>(typical));
    for (int bill = 0; bill < bills_for_each; ++bill) {
      const billing::Draw draw(seed_ * bills_for_each + static_cast<std::uint64_t>(bill));
      const billing::Bill billed = billing::bill_of(rows_[at], body, draw);
      if (billing::picodollars(billed.sum()) <= bound) continue;
      Failure& kept = outcome_.failures[kind_of(rows_[at], body, draw, bound)];
      Failure one{++kept.count,
                  seed_,
                  text,
                  texts_[at],
                  std::to_string(bound),
                  std::to_string(billing::picodollars(billed.sum())),
                  billed.text()};
      if (kept.count == 1 || one.size() < kept.size()) kept = std::move(one);
    }
  }

  const std::uint64_t seed_;
  drawn::Dice dice_;
  Outcome& outcome_;
  std::vector<std::string> texts_, ids_;
  std::vector<billing::Row> rows_;
};

void print(const Outcome& outcome) {
  const auto share = [&](std::uint64_t count) {
    return 100.0 * static_cast<double>(count) / static_cast<double>(outcome.choices);
  };
  std::vector<std::pair<std::uint64_t, std::string>> parts;
  for (const auto& [part, count] : outcome.refused) parts.emplace_back(count, part);
  std::ranges::sort(parts, std::ranges::greater());
  std::printf("bounds: %5.1f %% of the draws have one; the others are refused:\n",
              share(outcome.bounded));
  constexpr std::size_t shown = 30;
  for (std::size_t at = 0; at < std::min(shown, parts.size()); ++at)
    std::printf("bounds: %5.2f %%  %s\n", share(parts[at].first), parts[at].second.c_str());
  std::vector<double> slack = outcome.slack;
  if (slack.empty()) return;
  const auto middle = slack.begin() + static_cast<std::ptrdiff_t>(slack.size() / 2);
  std::ranges::nth_element(slack, middle);
  std::printf("bounds: in the median %.2f times a typical bill\n", *middle);
}

// Each kind once, with its smallest input.
std::string in_words(const std::map<std::string, Failure>& failures) {
  std::vector<std::pair<std::string, Failure>> sorted(failures.begin(), failures.end());
  std::ranges::sort(sorted, std::ranges::greater(),
                    [](const auto& one) { return one.second.count; });
  constexpr std::size_t shown = 20;
  std::string out = std::to_string(sorted.size()) + " kinds of failures";
  sorted.resize(std::min(shown, sorted.size()));
  for (const auto& [kind, one] : sorted)
    out += "\n" + kind + ": " + std::to_string(one.count) + " times; the smallest, replayed by" +
           " WAYFARE_SEED=" + std::to_string(one.seed) + "\nbody  " + one.body + "\nrow   " +
           one.row.substr(0, 2000) + "\nbound " + one.bound + "\nbill  " + one.bill +
           " picodollars:\n" + one.items;
  return out;
}

} // namespace

TEST_CASE("each request is refused by name, or costs at most its bound", "[slow]") {
  const std::uint64_t first = number_from("WAYFARE_SEED", std::random_device()());
  const std::uint64_t draws =
      number_from("WAYFARE_DRAWS", std::getenv("WAYFARE_SEED") ? 1 : 50'000);
  std::printf("bounds: %llu draws from WAYFARE_SEED=%llu\n", static_cast<unsigned long long>(draws),
              static_cast<unsigned long long>(first));
  Outcome outcome;
  for (std::uint64_t seed = first; seed < first + draws; ++seed) Case(seed, outcome).run();
  print(outcome);
  if (draws > 1000) CHECK(outcome.bounded > outcome.choices / 5); // it does not pass by refusing
  if (!outcome.failures.empty()) FAIL(in_words(outcome.failures));
}

TEST_CASE("the billing model agrees with bills that are known") {
  using billing::Money;
  // api.md 7, the worked example: 2649 tokens, 2569 of them cached and 79 written, 100 of answer.
  billing::Bill bill;
  const auto price = [](const char* text) {
    return *billing::decimal(text, billing::digits_of_dollar);
  };
  bill.add("prompt", 1, price("0.000003"));
  bill.add("cache read", 2569, price("0.0000003"));
  bill.add("cache write", 79, price("3.75e-06"));
  bill.add("completion", 100, price("0.000015"));
  CHECK(billing::picodollars(bill.sum()) == 2'569'950'000);
  CHECK(price("0.0000000208333333333333") == Money{20'833'333'333'333'300});
  CHECK(price("1e-30") == 1); // rounded up
  CHECK(price("1e400") == billing::most);
  CHECK_FALSE(billing::decimal("-1", 0));
  CHECK_FALSE(billing::decimal("1e", 0));
  CHECK(billing::times(billing::most, 7) == billing::most);
}
