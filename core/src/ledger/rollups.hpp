// Sums by day of what was settled, kept in the transaction that settles: they make a report's cost independent of the number of calls.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <wayfare/reply.hpp>

#include "ledger/sqlite.hpp"

namespace wayfare::ledger {

inline constexpr std::int64_t day_us = 86'400'000'000;

// One row's part of the sums; the ids are of dim.
struct Part {
  std::int64_t reserved_us = 0, app = 0, agent = 0, user = 0, model = 0, provider = 0, key = 0;
  std::vector<std::int64_t> tags; // each once
  std::int64_t calls = 1;         // 0 of a correction
  std::int64_t unknown = 0;       // 1: a call without a cost; -1: a correction that brings it
  Usage usage;
  std::int64_t cost_p = 0;
};

class Rollups {
 public:
  explicit Rollups(sqlite::Database& database);
  void add(const Part& part);

 private:
  sqlite::Statement day_, user_, tag_;
};

} // namespace wayfare::ledger
