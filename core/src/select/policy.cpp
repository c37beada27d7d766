#include "select/policy.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

namespace wayfare::select {

namespace {

std::vector<Ranked> as_given(const Needs&, std::vector<Ranked> candidates, const LedgerView&) {
  return candidates;
}

struct Place {
  double first;      // the lower one comes first
  std::int64_t cost; // then the cheaper one
  std::size_t at;    // then the earlier one

  auto operator<=>(const Place&) const = default;
};

// By `value_of(candidate)`, lowest first, then by the expected cost. Those without a value come
// last.
template <class Value>
std::vector<Ranked> ordered_by(std::vector<Ranked> candidates, Why why, Value value_of) {
  std::vector<Place> places;
  places.reserve(candidates.size());
  for (const Ranked& one : candidates) {
    const std::optional<double> value = value_of(one);
    places.push_back(
        {value.value_or(std::numeric_limits<double>::infinity()),
         one.expected ? one.expected->picodollars : std::numeric_limits<std::int64_t>::max(),
         places.size()});
  }
  std::ranges::sort(places, [](const Place& a, const Place& b) { return a < b; });
  std::vector<Ranked> ordered;
  ordered.reserve(candidates.size());
  for (const Place& place : places) {
    ordered.push_back(candidates[place.at]);
    if (ordered.back().why == Why::named) ordered.back().why = why;
  }
  return ordered;
}

std::vector<Ranked> by_expected_cost(const Needs&, std::vector<Ranked> candidates,
                                     const LedgerView&) {
  return ordered_by(std::move(candidates), Why::cheap,
                    [](const Ranked&) { return std::optional(0.0); });
}

std::vector<Ranked> by_first_token(const Needs&, std::vector<Ranked> candidates,
                                   const LedgerView&) {
  return ordered_by(std::move(candidates), Why::fast,
                    [](const Ranked& one) { return one.first_token_ms; });
}

std::optional<double> negative(std::optional<double> value) {
  return value ? std::optional(-*value) : std::nullopt;
}

std::vector<Ranked> by_throughput(const Needs&, std::vector<Ranked> candidates, const LedgerView&) {
  return ordered_by(std::move(candidates), Why::fast,
                    [](const Ranked& one) { return negative(one.throughput); });
}

std::vector<Ranked> by_quality(const Needs&, std::vector<Ranked> candidates, const LedgerView&) {
  return ordered_by(std::move(candidates), Why::good,
                    [](const Ranked& one) { return negative(one.quality); });
}

} // namespace

Order order_of(const Policy& policy) {
  switch (policy.sort) {
    case Sort::ordered:
    case Sort::fixed: return as_given;
    case Sort::fastest: return policy.speed == Speed::throughput ? by_throughput : by_first_token;
    case Sort::best: return by_quality;
    case Sort::cheapest: break;
  }
  return by_expected_cost;
}

} // namespace wayfare::select
