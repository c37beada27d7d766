// The sums by day, updated in the transaction that books. With them the time for a report does not
// depend on the number of calls.
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

// The part of one row in the sums. The ids are those of the table `name`.
struct Part {
  std::int64_t reserved_us = 0, app = 0, agent = 0, user = 0, model = 0, provider = 0, key = 0;
  std::vector<std::int64_t> tags; // without duplicates
  std::int64_t calls = 1;         // 0 for a correction
  std::int64_t unknown = 0;       // 1: a call without a cost; -1: a correction that adds the cost
  Usage usage;
  std::int64_t cost_p = 0;
};

// Collects the parts of a transaction. `byok` names the sums over the calls with the caller's own
// key of the provider: there `unknown` and `cost_p` are of the upstream cost. flush() writes each
// changed row once, before the commit.
class Rollups {
 public:
  explicit Rollups(sqlite::Database& database);
  void add(const Part& part, bool byok = false);
  void flush();
  void forget() noexcept { sums_.clear(); } // after a rollback

 private:
  static constexpr std::size_t keys = 6, sums = 8;
  enum class Table : std::uint8_t { day, user, tag, byok_day, byok_user, byok_tag };
  using Row = std::pair<Table, std::array<std::int64_t, keys>>;
  using Sums = std::array<std::int64_t, sums>;
  void add(const Row& row, const Sums& part);
  void write(const Row& row, const Sums& sums);
  std::array<sqlite::Statement, 6> tables_; // in the order of Table
  std::map<Row, Sums> sums_;
};

} // namespace wayfare::ledger
