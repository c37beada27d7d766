#include "ledger/caching.hpp"

#include <algorithm>
#include <deque>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ledger/groups.hpp"
#include "ledger/ledger_steps.hpp"
#include "ledger/reports.hpp"
#include "ledger/shared_ledger.hpp"
#include "values/sums.hpp"

namespace wayfare::ledger {

namespace {

// The columns before the dimensions.
enum CachingColumn : int {
  of_uid,
  of_reserved_us,
  of_booked_us,
  of_model,
  of_provider,
  of_prompt,
  of_cached,
  of_cache_write,
  of_byok,
  of_run,
  of_filters,
  caching_columns
};
constexpr const char* attempt_columns =
    "SELECT uid, reserved_us, booked_us, iif(served = 0, requested, served), provider, prompt, "
    "cached, cache_write, byok, coalesce(run, ''), ";

// A row tells this of one attempt.
struct Touched {
  std::int64_t model = 0, provider = 0, reserved_us = 0, booked_us = 0;
  std::optional<std::int64_t> prompt, cached, written;
  bool is_byok = false;

  std::int64_t cached_tokens() const { return cached.value_or(0); }
  std::int64_t written_tokens() const { return written.value_or(0); }
};

// The attempt before, of each run.
class LastOfRuns {
 public:
  // Gives the attempt before this one, if there is one, and keeps this one.
  std::optional<Touched> take(std::string_view run, const Touched& attempt) {
    if (run.empty()) return std::nullopt;
    const auto [known, is_new] = last_.try_emplace(std::string(run), attempt);
    if (!is_new) return std::exchange(known->second, attempt);
    order_.push_back(&known->first);
    if (order_.size() <= runs_max) return std::nullopt;
    const std::string oldest = *order_.front();
    order_.pop_front();
    last_.erase(oldest);
    return std::nullopt;
  }

 private:
  std::unordered_map<std::string, Touched> last_;
  std::deque<const std::string*> order_; // in which they were first seen
};

bool is_hop(const Touched& before, const Touched& attempt) {
  const bool names_both = before.provider != 0 && attempt.provider != 0;
  return before.model != attempt.model || (names_both && before.provider != attempt.provider);
}

// The tokens of a cache that the hop could have read, and did not.
std::int64_t lost_tokens(const Touched& before, const Touched& hop) {
  const std::int64_t idle_us = hop.reserved_us - before.booked_us;
  if (idle_us > cache_lifetime_us) return 0;
  const std::int64_t kept = sum_of(before.cached_tokens(), before.written_tokens());
  return std::max<std::int64_t>(0, std::min(kept, *hop.prompt) - hop.cached_tokens());
}

// Adds what later rows of the attempt have learned.
void correct(sqlite::Statement& corrections, std::string_view uid, Touched& attempt) {
  if (corrections.bind_kept(1, uid).step()) {
    if (!attempt.prompt) attempt.prompt = corrections.maybe_integer(0);
    if (!attempt.cached) attempt.cached = corrections.maybe_integer(1);
    if (!attempt.written) attempt.written = corrections.maybe_integer(2);
    attempt.is_byok = attempt.is_byok || corrections.maybe_integer(3) == 1;
  }
  corrections.reset();
}

void add(std::int64_t& sum, std::int64_t more) { sum = sum_of(sum, more); }

// One row of the filters' conditions: "app = (...) AND ..." or "1".
std::string condition_of(const CachingQuery& query, std::vector<std::string>& texts) {
  std::string sql = "1";
  const auto add_one = [&](const std::string& text, const char* column, bool is_name) {
    constexpr std::size_t first = 4;
    if (text.empty()) return;
    const std::string parameter = "?" + std::to_string(texts.size() + first);
    sql += std::string(" AND ") + column + " IS " +
           (is_name ? "(SELECT id FROM name WHERE text = " + parameter + ")" : parameter);
    texts.push_back(text);
  };
  add_one(query.app, "app", true);
  add_one(query.agent, "agent", true);
  add_one(query.user, "user", true);
  add_one(query.run, "run", false);
  return sql;
}

// The sums of one report.
class CachingSums {
 public:
  CachingSums(const CachingReport& report, Groups<CachingRow>& groups)
      : report_(report), groups_(groups) {}

  void add_attempt(const sqlite::Statement& row, const Touched& attempt,
                   const std::optional<Touched>& before) {
    const std::size_t group = groups_.group_of(row, caching_columns);
    if (group >= sums_.size()) sums_.resize(group + 1);
    CachingRow& sums = sums_[group];
    ++sums.calls;
    add(sums.prompt_tokens, *attempt.prompt);
    add(sums.cached_tokens, attempt.cached_tokens());
    add(sums.cache_write_tokens, attempt.written_tokens());
    if (before && is_hop(*before, attempt)) add_hop(sums, *before, attempt);
  }

  Caching take() {
    Caching found{.rows = groups_.rows(), .total = {}, .catalogue = report_.catalogue};
    for (std::size_t at = 0; at < found.rows.size(); ++at) {
      for_each_field<CachingRow>([&](const auto& leaf) {
        using Member = std::remove_cvref_t<decltype(leaf.get(found.total))>;
        if constexpr (std::is_same_v<Member, std::int64_t> || std::is_same_v<Member, Amount>) {
          leaf.get(found.rows[at]) = leaf.get(sums_[at]);
          leaf.get(found.total) = sum_of(leaf.get(found.total), leaf.get(sums_[at]));
        }
      });
      share(found.rows[at]);
    }
    share(found.total);
    sort_by(report_.query.by, found.rows);
    return found;
  }

 private:
  void add_hop(CachingRow& sums, const Touched& before, const Touched& hop) {
    ++sums.hops;
    const std::int64_t lost = lost_tokens(before, hop);
    if (lost == 0) return;
    ++sums.cold_hops;
    add(sums.lost_tokens, lost);
    const auto cost = hop.is_byok
                          ? std::nullopt
                          : report_.price({.model = groups_.name_of(hop.model),
                                           .reserved_us = hop.reserved_us,
                                           .prompt_tokens = *hop.prompt,
                                           .lost_tokens = lost,
                                           .written_tokens = std::min(lost, hop.written_tokens())});
    if (cost)
      sums.hop_cost = sum_of(sums.hop_cost, *cost);
    else
      ++sums.unpriced;
  }
  static void share(CachingRow& row) {
    if (row.prompt_tokens > 0)
      row.cached_share =
          static_cast<double>(row.cached_tokens) / static_cast<double>(row.prompt_tokens);
  }

  const CachingReport& report_;
  Groups<CachingRow>& groups_;
  std::vector<CachingRow> sums_;
};

} // namespace

std::string fault_of(const CachingQuery& query) {
  for (const Dimension by : query.by) {
    if (name(by).empty()) return "by of caching has an unknown dimension";
    const std::string quoted = "caching is asked for by \"" + std::string(name(by)) + "\"";
    if (by == Dimension::tag)
      return quoted + ": a call with several tags would count several times";
    if (std::ranges::count(query.by, by) > 1) return quoted + " twice";
  }
  return {};
}

Caching caching(sqlite::Database& database, const CachingReport& report) {
  const CachingQuery& query = report.query;
  const std::int64_t since = micros(query.since, 0), until = micros(query.until, never);
  std::vector<std::string> texts;
  const std::string counts = condition_of(query, texts);
  // The attempt before a hop counts for it also where a filter leaves it out.
  sqlite::Statement rows = database.prepare(
      attempt_columns + counts + columns_of(query.by) +
      " FROM entry WHERE id >= ?1 AND kind IN (0, 2) AND reserved_us >= ?2 AND reserved_us < ?3 "
      "ORDER BY id");
  rows.bind(1, first_booked(database, since)).bind(2, since).bind(3, until);
  int parameter = 4;
  for (const std::string& text : texts) rows.bind(parameter++, text);
  sqlite::Statement corrections = database.prepare(
      "SELECT max(prompt), max(cached), max(cache_write), max(byok) FROM entry WHERE uid = ?1 AND "
      "kind = 3");
  Groups<CachingRow> groups(database, query.by);
  CachingSums sums(report, groups);
  LastOfRuns runs;
  while (rows.step()) {
    Touched attempt{.model = rows.integer(of_model),
                    .provider = rows.integer(of_provider),
                    .reserved_us = rows.integer(of_reserved_us),
                    .booked_us = rows.integer(of_booked_us),
                    .prompt = rows.maybe_integer(of_prompt),
                    .cached = rows.maybe_integer(of_cached),
                    .written = rows.maybe_integer(of_cache_write),
                    .is_byok = rows.maybe_integer(of_byok) == 1};
    if (!attempt.prompt) correct(corrections, rows.text(of_uid), attempt);
    if (!attempt.prompt) continue;
    const auto before = runs.take(rows.text(of_run), attempt);
    if (rows.integer(of_filters) != 0) sums.add_attempt(rows, attempt, before);
  }
  return sums.take();
}

void Ledger::execute(const CachingReport& report, Answer<Caching> answer, GivenUp given_up) {
  if (auto fault = fault_of(report.query); !fault.empty())
    return answer(Error::invalid(std::move(fault)));
  read<Caching>([report](sqlite::Database& database) { return caching(database, report); },
                std::move(answer), std::move(given_up));
}

} // namespace wayfare::ledger
