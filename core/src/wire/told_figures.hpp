// Reads single figures that a server tells: amounts, counts, and what a provider bills the caller
// directly (BYOK). Pure.
#pragma once

#include <cstdint>
#include <optional>

#include <wayfare/billing.hpp>

#include "base/json.hpp"

namespace wayfare::wire {

// The highest cost and count of one attempt that are believed. A figure above it is not known.
inline constexpr Amount cost_max{100'000'000'000'000'000}; // 100,000 US dollars
inline constexpr std::int64_t count_max = 1'000'000'000'000;

// The amount in a number or a text. "-0.0" is 0. Nothing if it is no amount, or above cost_max.
std::optional<Amount> told_amount(json::Value value);

// The count in a number. Some servers write a whole number as 10.0 or 1e3, and some tell fractions:
// these are rounded. Nothing if it is no number, below 0, or above count_max.
struct ToldCount {
  std::int64_t count = 0;
  bool is_rounded = false;
};
std::optional<ToldCount> told_count(json::Value value);

// Sets is_byok and upstream_cost. Paid by credits, an answer has an upstream cost too: there it is
// a part of the cost, and is not read.
void read_upstream_cost(json::Value is_byok, std::optional<Amount> upstream, Billing& billing);

} // namespace wayfare::wire
