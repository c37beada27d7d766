// Budgets and blocks, as the transactions that reserve and end see them. Every method runs inside a
// transaction of the caller's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wayfare/operations.hpp>

#include "values/booking.hpp"
#include "ledger/counted_model.hpp"
#include "ledger/rollups.hpp"
#include "ledger/sqlite.hpp"

namespace wayfare::ledger {

// A period of a budget, half-open.
struct Period {
  std::int64_t start_us, end_us;
};
Period period_of(Window window, std::int64_t now_us);

// A machine's clocks at one moment.
struct Moment {
  std::int64_t wall_us, boot_us; // of UTC; since the machine was started
  std::string boot;              // names that start
};

// The costs to add to the windows in which an attempt is held. While one of them is not known, a
// window that counts it goes on holding the rest.
struct Bill {
  std::int64_t cost_p = 0, upstream_p = 0;
  bool lacks_cost = false, lacks_upstream = false;
};

class Budgets {
 public:
  Budgets(sqlite::Database& database, Rollups& rollups);

  // At the begin of a transaction: looks whether the rules were changed. True where they were.
  bool refresh();
  // Returns the view of the rules that are in memory.
  const std::shared_ptr<const LedgerView>& view() const noexcept { return view_; }
  // The rules in memory may not be the committed ones: they are read again.
  void forget() { version_.clear(); }
  bool none() const noexcept { return rules_.empty() && blocks_.empty(); }
  // Judges the clock, where there are hard budgets. `newest_us` is the newest row's time.
  void judge(const Moment& moment, std::int64_t newest_us);

  // Holds the bound in every window that matches, or in none. The row of the reservation is the
  // caller's.
  Verdict reserve(const Reservation& reservation, std::int64_t now_us);
  void settle(std::string_view uid, const Bill& bill);
  void release(std::string_view uid);
  // Releases what an attempt holds in the windows of other models than the one that served.
  void release_other_models(std::string_view uid, const std::string& model, const Counted& counted);

  // Changes. What cannot be done is an Error and has changed nothing. `left`: what happens to an
  // `assume` that is left out.
  enum class Left : std::uint8_t { kept, taken_away };
  Result<std::optional<Budget>> change(const SetBudget& budget, std::int64_t now_us,
                                       Left left = Left::kept);
  Result<Budget> change(const OverrideBudget& change, std::int64_t now_us);
  Result<Done> change(const BlockCalls& block, std::int64_t now_us);
  Result<Done> change(const UnblockCalls& block, std::int64_t now_us);
  Result<Done> accept_clock(const Moment& moment, std::int64_t before_us);
  // Before entries booked before that are pruned for the first time: windows that are made when
  // their value comes, and whose costs only the entries tell, are made now.
  void keep_values(std::int64_t before_us, std::int64_t now_us);
  // Makes each window again from the rows and sums, as far as the entries from `floor_us` on tell.
  void fill_again(std::int64_t floor_us, std::int64_t now_us);

 private:
  struct Override { // of the limit, while made_us <= now < until_us
    std::int64_t amount_p, made_us, until_us;
  };
  struct Rule {
    std::int64_t id, limit_p, made_us;
    std::string name;
    Window window;
    bool soft;
    std::optional<std::int64_t> assume_p;
    Scope scope;
    bool counts_upstream, shares_missing;
    std::string thresholds{}; // as the file has them
    std::vector<Override> overrides{};
    std::int64_t limit_at(std::int64_t now_us) const;
    // Whether the limit would be, with `more_p` and all overrides that have not ended.
    bool is_too_high(std::int64_t more_p, std::int64_t now_us) const;
  };
  struct Taken { // a window that a reservation is about to hold something in
    const Rule* rule;
    std::int64_t window, held_p, limit_p;
    Period period;
  };
  void load();
  void count_up();
  void load_overrides();
  void write(Rule& rule);
  Result<std::optional<Budget>> remove(const std::string& name);
  void forget_windows(std::int64_t budget);
  void record_crossings(const Rule& rule, std::int64_t now_us);
  void tell_excess(const Rule& rule, std::int64_t now_us);
  std::int64_t window(const Rule& rule, const std::string& value, const Period& period,
                      std::int64_t now_us);
  std::int64_t make_window(const Rule& rule, const std::string& value, const Period& period,
                           std::int64_t now_us);
  void fill_window(const Rule& rule, std::int64_t id, const std::string& value,
                   const Period& period, std::int64_t now_us);
  void make_windows(const Rule& rule, std::string_view each, const Period& period,
                    std::int64_t now_us);
  void judge(const Reservation& reservation, std::int64_t now_us, Verdict& verdict,
             std::vector<Taken>& taken);
  void hold(const Rule& rule, const std::string& value, std::int64_t held_p, const Reservation& r,
            std::int64_t now_us, Verdict& verdict, std::vector<Taken>& taken);
  std::optional<Error> never_fits(const Reservation& reservation, std::int64_t after,
                                  std::int64_t now_us);
  std::optional<Error> judge_block(const Reservation& reservation) const;
  void warn_of_blocks(const Reservation& reservation, Verdict& verdict) const;
  void settle_parts(std::string_view uid, const Bill& bill);
  std::string near_end(const Taken& one, const Reservation& r);
  std::optional<Error> take(Taken& one, const Reservation& reservation);
  void cut_holds(std::int64_t after, std::int64_t last);
  Error exceeded(const Taken& one, const Reservation& reservation);

  sqlite::Database& database_;
  Rollups& rollups_;        // which a new window may begin with
  std::string version_;     // of what is in memory
  std::vector<Rule> rules_; // by id, so that every process takes the windows in one order
  std::vector<Scope> blocks_;
  std::shared_ptr<const LedgerView> view_;
  bool hard_ = false, jumped_ = false;
  sqlite::Statement rules_version_, clock_, find_window_, take_hard_, take_soft_, give_back_, left_,
      hold_, settle_, release_, drop_;
};

// The id of the ledger. It was drawn when the file was made.
std::string id_of(sqlite::Database& database);

// Up to when entries may have been pruned; 0: never.
std::int64_t pruned_us(sqlite::Database& database);

// The attempts, called t, that hold something in windows: those without an end, those whose cost is
// not known, and those whose upstream cost is not known. `known_p`: the part that is known, for a
// budget that counts upstream costs. Another budget does not hold the rows `upstream`, and knows
// nothing of the others.
struct HeldRows {
  const char* rows;
  const char* known_p;
  bool upstream;
};
inline constexpr HeldRows held_rows[] = {
    {"pending t WHERE ", "0", false},
    {"entry t WHERE t.kind IN (0, 2) AND t.cost_p IS NULL AND t.uid NOT IN (SELECT uid FROM entry "
     "WHERE kind = 3 AND cost_p IS NOT NULL) AND ",
     "coalesce(t.upstream_p, (SELECT c.upstream_p FROM entry c WHERE c.uid = t.uid AND c.kind = "
     "3), "
     "0)",
     false},
    {"entry t WHERE t.byok = 1 AND t.upstream_p IS NULL AND t.kind <> 1 AND coalesce(t.cost_p, "
     "(SELECT c.cost_p FROM entry c WHERE c.uid = t.uid AND c.kind = 3)) IS NOT NULL AND t.uid NOT "
     "IN (SELECT uid FROM entry WHERE kind = 3 AND upstream_p IS NOT NULL) AND ",
     "coalesce(t.cost_p, (SELECT c.cost_p FROM entry c WHERE c.uid = t.uid AND c.kind = 3))",
     true}};
// Returns the SQL for what a row of entry or pending, called t, has of that part of a scope. A row
// may have several models: for these, rows_by() adds a table to a FROM clause in which t stands
// last.
std::string value_of(std::string_view part);
std::string rows_by(std::string_view part, std::string from);

// The condition on rows of entry or pending, called t, that match a scope in a period; binds ?1 to
// ?9 and ?20.
extern const char* const matching;
void bind_matching(sqlite::Statement& statement, const Scope& scope, const std::string& value,
                   const Period& period);

inline constexpr std::int64_t limit_max = 9'000'000'000'000'000'000; // 9 million dollars
Error is_too_high(const std::string& budget);
Error is_missing(const std::string& budget);

// "" or what cannot be used.
std::string fault_of(const Scope& scope, bool may_be_each);
std::string fault_of(const SetBudget& budget);
std::string fault_of(const OverrideBudget& change);
std::string fault_of(const BlockCalls& block);
std::string fault_of(const UnblockCalls& block);

// Budgets in their present windows, and blocks, for reports.
std::vector<Budget> budgets(sqlite::Database& database, std::int64_t wall_us,
                            const std::string& name = {});
std::vector<Block> blocks(sqlite::Database& database);

// Shares of limits that were spent: see `crossing` in schema.cpp.
std::string fault_of(const ListCrossings& query);
std::vector<Crossing> crossings(sqlite::Database& database, const ListCrossings& query);

// The crossings with an id above `after`, and the highest id. None for an `after` below 0.
struct NewCrossings {
  std::vector<Crossing> crossings;
  std::int64_t last = 0;
};
NewCrossings new_crossings(sqlite::Database& database, std::int64_t after);
// "" or what cannot be used of shares in percent.
std::string fault_of(const std::vector<std::int32_t>& thresholds);
std::string text_of(const std::vector<std::int32_t>& thresholds); // as the file has them
std::vector<std::int32_t> thresholds_of(std::string_view text);

} // namespace wayfare::ledger
