// Sums by day of what was settled, kept in the transaction that settles: they make a report's cost
// independent of the number of calls.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include <wayfare/reply.hpp>

#include "ledger/sqlite.hpp"

namespace wayfare::ledger {

inline constexpr std::int64_t day_us = 86'400'000'000;

// One row's part of the sums; the ids are those of the table `name`.
struct Part {
  std::int64_t reserved_us = 0, app = 0, agent = 0, user = 0, model = 0, provider = 0, key = 0;
  std::vector<std::int64_t> tags; // each once
  std::int64_t calls = 1;         // 0 of a correction
  std::int64_t unknown = 0;       // 1: a call without a cost; -1: a correction that brings it
  Usage usage;
  std::int64_t cost_p = 0;
};

// What is added is written by flush(), before the commit: once for all parts of a transaction that
// have a row in common.
class Rollups {
 public:
  explicit Rollups(sqlite::Database& database);
  void add(const Part& part);
  void flush();
  void forget() noexcept { sums_.clear(); } // after a rollback

 private:
  static constexpr std::size_t keys = 6, sums = 8;
  enum class Table : std::uint8_t { day, user, tag };
  using Row = std::pair<Table, std::array<std::int64_t, keys>>;
  using Sums = std::array<std::int64_t, sums>;
  void add(const Row& row, const Sums& part);
  void write(const Row& row, const Sums& sums);
  sqlite::Statement day_, user_, tag_;
  std::map<Row, Sums> sums_;
};

} // namespace wayfare::ledger
