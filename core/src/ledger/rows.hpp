// The statements that write rows. Every method runs inside a transaction of the caller's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "values/booking.hpp"
#include "ledger/budgets.hpp"
#include "ledger/cooldowns.hpp"
#include "ledger/counted_model.hpp"
#include "ledger/rate_limits.hpp"
#include "ledger/rollups.hpp"
#include "ledger/sqlite.hpp"

namespace wayfare::ledger {

class Rows {
 public:
  // `instance` is the row of this process, `boot` the machine's boot id.
  Rows(sqlite::Database& database, std::int64_t instance, const std::string& boot);

  // At the begin of each transaction; `changed`: others may have written since the last one. Ledger
  // time: never before the newest entry, so that a clock set back makes no row older.
  std::int64_t time(const Moment& moment, bool changed);
  // Before the commit of one.
  void flush() {
    rollups_.flush();
    cooldowns_.flush();
    make_view();
  }

  Verdict reserve(const Reservation& reservation, std::int64_t now_us);
  void note(const Uid& uid, const std::string& generation_id);
  // False where the row has no open reservation: it was ended before, and nothing is done.
  bool end(const Uid& uid, const Ending& ending, std::int64_t now_us);
  bool end(const std::string& uid, const Ending& ending, std::int64_t now_us);
  // Adds by a row of its own what a settled row lacks: its cost, its upstream cost, its counts.
  // False if `told` adds neither cost.
  bool correct(std::int64_t entry, const Ending& told, std::int64_t now_us);

  // After a rollback: what was looked up may not be there.
  void forget() {
    names_.clear();
    origin_.reset();
    open_.clear();
    rollups_.forget();
    budgets_.forget();
    cooldowns_.forget();
    knows_ = false;
  }

  // As of the last commit that changed it, once that is done.
  const std::shared_ptr<const LedgerView>& view() const noexcept { return view_; }
  Budgets& budgets() { // which read the sums
    rollups_.flush();
    return budgets_;
  }
  Cooldowns& cooldowns() noexcept { return cooldowns_; }
  Result<std::optional<RateLimit>> change(const SetRateLimit& limit, const Moment& moment);
  Result<Done> accept_clock(const Moment& moment);

 private:
  // An entry takes these over from its reservation. Those of this process are kept in memory until
  // the ends.
  struct Carried {
    std::int64_t reserved_us = 0, server = 0, key = 0, endpoint = 0, app = 0, agent = 0, user = 0,
                 requested = 0;
    std::optional<std::int64_t> bound_p, agent_version;
    std::string generation_id;
    bool looks_up = false;
    struct Texts {
      std::string call; // "" of a call's first attempt
      std::string run, tags, request_id, models;
      bool operator==(const Texts&) const = default;
    };
    std::unique_ptr<const Texts> texts; // few have any
    void put(Texts some) {
      if (some != Texts{}) texts = std::make_unique<const Texts>(std::move(some));
    }
  };
  struct Hash {
    std::size_t operator()(const Uid& uid) const noexcept; // of its chance
  };
  std::int64_t name_id(const std::string& text);
  std::string name_of(std::int64_t id);
  std::vector<std::int64_t> name_ids_of_tags(std::string_view tags);
  void bind_served(sqlite::Statement& statement, int at, const Ending& ending);
  void make_view();
  void know_origin(const Reservation& reservation);
  bool mark_unknown(std::string_view uid, const Ending& ending, std::int64_t now_us);
  void tell_health(std::string_view uid, const Carried& row, const Ending& ending,
                   std::int64_t now_us);
  std::optional<Carried> read(std::string_view uid);
  bool end(std::string_view uid, const Carried& row, const Ending& ending, std::int64_t now_us);
  void write_entry(std::string_view uid, const Carried& row, const Carried::Texts& texts,
                   const Ending& ending, const Counted& counted, std::int64_t now_us);
  void add_to_sums(const Carried& row, const Carried::Texts& texts, const Ending& ending);

  std::int64_t instance_;
  std::int64_t boot_ = 0;
  std::string boot_text_;
  std::int64_t newest_us_ = 0;
  bool knows_ = false; // the rules and the newest entry, as they were at some transaction
  sqlite::Database& database_;
  Rollups rollups_;
  Budgets budgets_;
  Cooldowns cooldowns_;
  RateLimits rate_limits_;
  std::shared_ptr<const LedgerView> view_, rules_view_; // and what of it budgets_ made
  std::unordered_map<std::string, std::int64_t> names_;
  std::shared_ptr<const Origin> origin_; // of the last reservation, and its ids
  std::int64_t server_ = 0, endpoint_ = 0, key_ = 0;
  std::unordered_map<Uid, Carried, Hash> open_;
  sqlite::Statement find_name_, add_name_, newest_, reserve_, note_, read_, drop_, mark_, enter_,
      cost_pending_, newest_of_agent_, decide_, find_text_;
};

// Tells what the rows of an ended attempt lack. `entry` is the id of the first row.
struct Lacking {
  bool cost = false, upstream = false;
};
Lacking lacking_of(sqlite::Database& database, std::int64_t entry);

// Marks what processes that are gone left behind. `is_gone(slot)` tells of each. Returns how many
// rows became unknown.
template <class F>
std::int64_t sweep(sqlite::Database& database, std::int64_t now_us, F&& is_gone) {
  sqlite::Statement instances = database.prepare("SELECT id, slot FROM instance");
  sqlite::Statement orphans = database.prepare(
      "UPDATE pending SET state = 3, marked_us = ?2 WHERE instance = ?1 AND state = 0");
  sqlite::Statement remove = database.prepare("DELETE FROM instance WHERE id = ?1");
  std::int64_t swept = 0;
  while (instances.step()) {
    if (!is_gone(instances.integer(1))) continue;
    orphans.bind(1, instances.integer(0)).bind(2, now_us).run();
    swept += database.changes();
    remove.bind(1, instances.integer(0)).run();
  }
  return swept;
}

} // namespace wayfare::ledger
