// Rate limits, as the transactions that reserve and end see them. Every method runs inside a
// transaction of the caller's.
//
// A limit holds in a sliding window. Time is cut into buckets of a sixtieth of the window, and what
// was reserved in a bucket counts until the whole bucket has left the window. So no time as long as
// the window ever has more than the limit, and a limit has 61 rows at most for each value of its
// `*`, whatever it allows. (A GCRA has one row, but lets twice the limit through in a window.)
//
// The time is that of the machine's clock which only runs on, so that a wall clock that is set
// neither frees nor stops anything. After a start of the machine it goes on from the wall clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wayfare/operations.hpp>

#include "values/booking.hpp"
#include "ledger/budgets.hpp"
#include "ledger/sqlite.hpp"

namespace wayfare::ledger {

class RateLimits {
 public:
  explicit RateLimits(sqlite::Database& database);

  // Reads the rules again. Call it after a change of them by anybody.
  void load(const Moment& moment);
  // At the begin of each transaction.
  void at(const Moment& moment) noexcept { boot_us_ = moment.boot_us; }

  bool is_empty() const noexcept { return rules_.empty(); }
  bool names_models() const noexcept;

  // Refuses an attempt for which a limit has no room. Changes nothing in the file.
  void judge(const Reservation& reservation, Verdict& verdict);
  // Counts an attempt that was judged in this transaction and is reserved.
  void take(const Reservation& reservation);
  // The tokens that the attempt has taken, where they are known, take the place of the expected.
  void ended(std::string_view uid, const Ending& ending);

  // A change that cannot be done is an Error and has changed nothing.
  Result<std::optional<RateLimit>> change(const SetRateLimit& limit, const Moment& moment);

 private:
  struct Rule {
    std::int64_t id = 0;
    std::string name;
    std::optional<std::int64_t> requests, tokens;
    std::int64_t per_s = 60;
    Scope scope;
    std::int64_t bucket_us() const noexcept { return (per_s * 1'000'000 + 59) / 60; }
  };
  std::int64_t now_us() const noexcept { return boot_us_ + offset_us_; }
  std::int64_t bucket_of(const Rule& rule) const noexcept { return now_us() / rule.bucket_us(); }
  void set_time(const Moment& moment);
  std::optional<std::int64_t> room_after(const Rule& rule, const std::string& value,
                                         std::int64_t tokens);
  void forget_counts(std::int64_t id);
  void sweep();
  Result<std::optional<RateLimit>> remove(const std::string& name, const Moment& moment);

  sqlite::Database& database_;
  std::vector<Rule> rules_; // by id
  bool counts_tokens_ = false;
  std::int64_t boot_us_ = 0, offset_us_ = 0, swept_us_ = 0;
  sqlite::Statement counted_, count_, hold_, held_, correct_, drop_;
};

// "" or what cannot be used.
std::string fault_of(const SetRateLimit& limit);

// The rate limits with what counts in them, for reports.
std::vector<RateLimit> rate_limits(sqlite::Database& database, const Moment& moment,
                                   const std::string& name = {});

} // namespace wayfare::ledger
