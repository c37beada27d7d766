// The models that have failed, as the transactions that reserve and end see them. Every method runs
// inside a transaction of the caller's. The rules are those of values/health.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <wayfare/operations.hpp>

#include "values/health.hpp"
#include "values/ledger_view.hpp"
#include "ledger/sqlite.hpp"

namespace wayfare::ledger {

class Cooldowns {
 public:
  static constexpr std::size_t rows_max = 1000; // the ones that failed last

  explicit Cooldowns(sqlite::Database& database);

  // At the begin of a transaction before which others may have written.
  void refresh();
  // The file is read again, since the memory may have what was not committed.
  void forget() { version_.clear(); }
  // Before the commit.
  void flush();

  // Whether no model has failed. Then a reservation and a good end need nothing else of this.
  bool is_empty() const noexcept { return known_.empty(); }
  // The state of a model, as a request named it; null if it has not failed.
  Health* find(std::int64_t server, std::string_view model);
  // The cool-down that keeps the next attempt from the model.
  std::optional<Cooling> keeps_off(const Health& health, std::int64_t now_us);
  // An attempt goes to the model: it is the probe if one is due.
  void sent(std::int64_t server, std::string_view model, std::string_view uid, std::int64_t now_us);
  void ended(std::int64_t server, std::string_view model, const Ended& attempt,
             const Outcome& outcome, std::int64_t now_us);
  Result<Done> change(const EndCooldown& end);

  // The models that cool down, and whether they may have changed since the last time.
  std::vector<LedgerView::Cooldown> cooling() const;
  bool take_changed() noexcept { return std::exchange(changed_, false); }

 private:
  using Name = std::pair<std::int64_t, std::string>; // of the server, of the model
  void load();
  void write(const Name& name, const Health& health);
  void remove(const Name& name);
  void make_room(std::int64_t now_us);
  bool is_open(const std::string& uid);
  void know_server(std::int64_t server);

  sqlite::Database& database_;
  std::string version_; // of what is in memory
  std::map<Name, Health> known_;
  std::map<std::int64_t, std::string> servers_;
  bool dirty_ = false, changed_ = false;
  sqlite::Statement count_, count_up_, write_, remove_, open_, server_;
};

// "" or what cannot be used.
std::string fault_of(const EndCooldown& end);

// The models that cool down, for reports.
std::vector<Cooldown> cooldowns(sqlite::Database& database, std::int64_t wall_us);

} // namespace wayfare::ledger
