#include "ledger/performance.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "ledger/stored_values.hpp"
#include "values/health.hpp"

namespace wayfare::ledger {

namespace {

constexpr std::int64_t read_max = 20'000;
constexpr std::int64_t hour_us = 3'600'000'000;
constexpr std::int32_t hours_max = 8784; // a leap year

struct Seen {
  PerformanceRow row;
  std::vector<std::int64_t> first_us, total_us;
  std::vector<double> rates;
};

// The value that so many percent of the values do not pass.
template <class Value>
std::optional<double> at_share(std::vector<Value>& values, std::size_t percent) {
  constexpr std::size_t whole = 100;
  if (values.empty()) return std::nullopt;
  const std::size_t place = (values.size() * percent + whole - 1) / whole - 1;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(place);
  std::nth_element(values.begin(), at, values.end());
  return static_cast<double>(*at);
}

std::optional<double> in_ms(const std::optional<double>& us) {
  constexpr double us_per_ms = 1000;
  return us ? std::optional(*us / us_per_ms) : std::nullopt;
}

// Whether an attempt with this error failed because of its model or provider.
bool is_failure(Code code) {
  if (code == Code::ok) return false;
  const Error error{.code = code, .retryable = true};
  return outcome_of(&error).told == Told::fails;
}

void add(Seen& seen, const sqlite::Statement& row) {
  const std::optional<std::int64_t> first = row.maybe_integer(2), total = row.maybe_integer(3),
                                    tokens = row.maybe_integer(4);
  const Code code = stored_enumerator<Code>(row.integer(5));
  ++seen.row.attempts;
  if (is_failure(code)) ++seen.row.failed;
  if (code != Code::ok) return;
  if (total && *total > 0) seen.total_us.push_back(*total);
  if (!first || *first < 0) return;
  ++seen.row.answers;
  seen.first_us.push_back(*first);
  constexpr double us_per_second = 1'000'000;
  if (total && tokens && *total > *first && *tokens > 0)
    seen.rates.push_back(static_cast<double>(*tokens) * us_per_second /
                         static_cast<double>(*total - *first));
}

PerformanceRow row_of(Seen& seen) {
  constexpr std::size_t median = 50, slow = 90;
  seen.row.first_token_ms = in_ms(at_share(seen.first_us, median));
  seen.row.first_token_ms_p90 = in_ms(at_share(seen.first_us, slow));
  seen.row.throughput = at_share(seen.rates, median);
  seen.row.total_ms = in_ms(at_share(seen.total_us, median));
  return std::move(seen.row);
}

} // namespace

std::string fault_of(const PerformanceQuery& query) {
  return query.hours >= 1 && query.hours <= hours_max ? ""
                                                      : "hours of performance is not 1 to 8784";
}

std::vector<PerformanceRow> performance(sqlite::Database& database, const PerformanceQuery& query) {
  // A void attempt without a status was never sent.
  sqlite::Statement rows = database.prepare(
      "WITH newest AS (SELECT served, requested, provider, first_us, total_us, completion, error, "
      "booked_us AS ended_us FROM entry WHERE kind IN (0, 2) OR (kind = 1 AND status <> 0) ORDER "
      "BY id DESC LIMIT ?1), lost AS (SELECT served, requested, provider, first_us, total_us, "
      "completion, error, marked_us FROM pending WHERE state = 3 ORDER BY marked_us DESC LIMIT ?1),"
      " ended AS (SELECT * FROM newest UNION ALL SELECT * FROM lost) SELECT coalesce(nullif(s.text,"
      " ''), r.text), p.text, e.first_us, e.total_us, e.completion, e.error FROM ended e JOIN name "
      "s ON s.id = e.served JOIN name r ON r.id = e.requested JOIN name p ON p.id = e.provider "
      "WHERE e.ended_us >= (SELECT max(ended_us) FROM ended) - ?2");
  rows.bind(1, read_max).bind(2, std::int64_t{query.hours} * hour_us);
  std::map<std::pair<std::string, std::string>, Seen> all;
  while (rows.step()) {
    std::pair key(std::string(rows.text(0)), std::string(rows.text(1)));
    if (!query.model.empty() && key.first != query.model) continue;
    Seen& seen = all[key];
    seen.row.model = key.first;
    seen.row.provider = key.second;
    add(seen, rows);
  }
  std::vector<PerformanceRow> found;
  found.reserve(all.size());
  for (auto& [key, seen] : all) found.push_back(row_of(seen));
  std::ranges::stable_sort(found, std::ranges::greater(), &PerformanceRow::attempts);
  return found;
}

} // namespace wayfare::ledger
