// The models and providers that have failed, as the transactions that reserve and end see them.
// Every method runs inside a transaction of the caller's. The rules are those of values/health.
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

  // Whether nothing has failed. Then a reservation and a good end need nothing else of this.
  bool is_empty() const noexcept { return known_.empty(); }
  // The state of a model, as a request named it; null if it has not failed.
  const Health* find(std::int64_t server, std::string_view model) const;
  // The cool-down that keeps the next attempt from the model.
  std::optional<Cooling> keeps_off(const Health& health, std::int64_t now_us);
  // The providers of the model that the next attempt has to leave out, beside those of `left_out`.
  std::vector<LedgerView::Cooldown> to_avoid(std::int64_t server, std::string_view model,
                                             const std::vector<std::string>& left_out,
                                             std::int64_t now_us);
  // An attempt goes to the model: it is the probe of the model, and of each provider that it does
  // not leave out, if one is due. `left_out` null: its providers are not its choice.
  void sent(std::int64_t server, std::string_view model, std::string_view uid,
            const std::vector<std::string>* left_out, std::int64_t now_us);
  void ended(std::int64_t server, std::string_view model, const Ended& attempt,
             const Outcome& outcome, std::int64_t now_us);
  Result<Done> change(const EndCooldown& end);

  // Gives all that cools down, and whether it may have changed since the last time.
  std::vector<LedgerView::Cooldown> cooling() const;
  bool take_changed() noexcept { return std::exchange(changed_, false); }

 private:
  struct Name {
    std::int64_t server = 0;
    std::string model, slug; // slug "": the model itself

    auto operator<=>(const Name&) const = default;
  };
  void load();
  std::vector<Name> providers_of(std::int64_t server, const std::string& model) const;
  bool all_cool(std::int64_t server, const std::string& model,
                const std::vector<std::string>& slugs, std::int64_t now_us) const;
  void tell(const Name& name, const Ended& attempt, const Outcome& outcome, std::int64_t now_us);
  void probe(const Name& name, Health& health, std::string_view uid, std::int64_t now_us);
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
  sqlite::Statement count_, count_up_, write_, write_provider_, remove_, remove_provider_, open_,
      server_;
};

// "" or what cannot be used.
std::string fault_of(const EndCooldown& end);

// Lists what cools down, for reports.
std::vector<Cooldown> cooldowns(sqlite::Database& database, std::int64_t wall_us);

} // namespace wayfare::ledger
