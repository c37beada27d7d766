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

// By the expected cost. Those without a price stay in their order, behind the others.
std::vector<Ranked> by_expected_cost(const Needs&, std::vector<Ranked> candidates,
                                     const LedgerView&) {
  std::vector<std::pair<std::int64_t, std::size_t>> order; // of cost and place
  order.reserve(candidates.size());
  for (const Ranked& one : candidates)
    order.emplace_back(
        one.expected ? one.expected->picodollars : std::numeric_limits<std::int64_t>::max(),
        order.size());
  std::ranges::sort(order);
  std::vector<Ranked> ordered;
  ordered.reserve(candidates.size());
  for (const auto& [cost, place] : order) {
    ordered.push_back(candidates[place]);
    if (ordered.back().why == Why::named) ordered.back().why = Why::cheap;
  }
  return ordered;
}

} // namespace

Order order_of(Sort sort) {
  switch (sort) {
    case Sort::ordered: return as_given;
    case Sort::cheapest: break;
  }
  return by_expected_cost;
}

} // namespace wayfare::select
