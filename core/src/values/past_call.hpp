// A settled attempt, as a replay reads it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <wayfare/billing.hpp>
#include <wayfare/error.hpp>
#include <wayfare/money.hpp>
#include <wayfare/replay.hpp>

namespace wayfare {

struct PastCall {
  std::string_view model{}; // that served, or that the request named where the server named none
  std::int64_t reserved_us = 0;
  Usage usage{};
  std::optional<Amount> cost{}, non_token_cost{};
  bool is_byok = false;
  std::size_t group = 0; // which row of the report it belongs to; the rows are counted from 0
};

// Reads the attempts of a report, one by one.
class PastCalls {
 public:
  virtual ~PastCalls() = default;
  virtual void add(const PastCall& call) = 0;
  // The sums. `rows` has the dimensions of the groups.
  virtual Result<Replayed> take(std::vector<ReplayRow> rows) = 0;
};

} // namespace wayfare
