// How budgets and blocks are made, changed and taken away.
#include <algorithm>
#include <limits>
#include <utility>

#include "ledger/budgets.hpp"
#include "ledger/schema.hpp"
#include "ledger/spent.hpp"
#include "ledger/sums_of_entries.hpp"

namespace wayfare::ledger {

std::string fault_of(const Scope& scope, bool may_be_each) {
  int each = 0;
  for (const auto& [name, part] : members_of<Scope>) {
    const std::string& wanted = scope.*part;
    if (wanted.size() > 128) return std::string(name) + " is longer than 128 bytes";
    if (wanted == "*" && (!may_be_each || name == "tag"))
      return std::string(name) + " cannot be \"*\" here";
    each += wanted == "*" ? 1 : 0;
  }
  if (each > 1) return "more than one part is \"*\": one can be";
  const bool hex = scope.key.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!scope.key.empty() && scope.key != "*" &&
      (!hex || scope.key.size() < 12 || scope.key.size() > 64))
    return "key is not the first 12 or more hex digits of the key's SHA-256, as usage by key tells "
           "them";
  return {};
}

Error is_missing(const std::string& budget) {
  return Error::invalid("there is no budget " + budget, "budgets() tells which there are");
}

Error is_too_high(const std::string& budget) {
  return Error::invalid(
      "the limit of the budget " + budget + " and its overrides are together above 9000000 dollars",
      "give less");
}

std::string fault_of(const SetBudget& budget) {
  constexpr std::size_t name_max = 134; // "agent:" and the name of an agent
  if (budget.name.empty() || budget.name.size() > name_max)
    return "the name of a budget has 1 to 134 bytes";
  for (const auto& [what, amount] :
       {std::pair{"limit", budget.limit}, std::pair{"assume", budget.assume}})
    if (amount && (amount->picodollars < 0 || amount->picodollars > limit_max))
      return std::string(what) + " of a budget is not between 0 and 9000000 dollars";
  if (budget.remove &&
      (budget.limit || budget.window || budget.mode || budget.assume || budget.byok ||
       budget.missing || budget.thresholds || budget.scope != Scope{}))
    return "a budget cannot be both deleted and changed";
  if (budget.thresholds)
    if (auto fault = fault_of(*budget.thresholds); !fault.empty()) return fault;
  return fault_of(budget.scope, true);
}

namespace {

std::string fault_of(const Scope& scope, bool everything, const char* op) {
  if (everything == (scope == Scope{})) return ledger::fault_of(scope, false);
  return std::string(op) + (everything ? " has both `everything` and a scope: give one of them"
                                       : " has no scope: name a part of it, or give `everything`");
}

} // namespace

std::string fault_of(const BlockCalls& block) {
  return fault_of(block.scope, block.everything, "block");
}
std::string fault_of(const UnblockCalls& block) {
  return fault_of(block.scope, block.everything, "unblock");
}

void Budgets::forget_windows(std::int64_t budget) {
  database_.execute(
      "DELETE FROM hold WHERE window_id IN (SELECT id FROM budget_window WHERE budget = " +
      std::to_string(budget) +
      "); DELETE FROM budget_window WHERE budget = " + std::to_string(budget));
}

Result<std::optional<Budget>> Budgets::remove(const std::string& name) {
  const auto known = std::ranges::find(rules_, name, &Rule::name);
  if (known == rules_.end()) return is_missing(name);
  forget_windows(known->id);
  database_.execute("DELETE FROM budget WHERE id = " + std::to_string(known->id));
  state_oldest_writer(database_);
  count_up();
  return std::optional<Budget>();
}

void Budgets::write(Rule& rule) {
  sqlite::Statement row = database_.prepare(
      "INSERT INTO budget(name, limit_p, span, soft, assume_p, made_us, app, agent, user, run, "
      "tag, key, model, byok, missing, thresholds) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
      "?10, ?11, ?12, ?13, ?14, ?15, ?16) ON CONFLICT (name) DO UPDATE SET limit_p = ?2, span = "
      "?3, soft = ?4, assume_p = ?5, made_us = ?6, app = ?7, agent = ?8, user = ?9, run = ?10, tag "
      "= ?11, key = ?12, model = ?13, byok = ?14, missing = ?15, thresholds = ?16 RETURNING id");
  row.bind(1, rule.name)
      .bind(2, rule.limit_p)
      .bind(3, static_cast<std::int64_t>(rule.window))
      .bind(4, std::int64_t{rule.soft});
  row.bind(5, rule.assume_p).bind(6, rule.made_us);
  int at = 7;
  for (const auto& [name, part] : members_of<Scope>) row.bind(at++, rule.scope.*part);
  row.bind(14, std::int64_t{rule.counts_upstream}).bind(15, std::int64_t{rule.shares_missing});
  if (rule.thresholds.empty())
    row.bind_null(16);
  else
    row.bind(16, rule.thresholds);
  row.step();
  rule.id = row.integer(0);
}

// The amount above the limit now stays, and `excess` tells it.
void Budgets::tell_excess(const Rule& rule, std::int64_t now_us) {
  sqlite::Statement above = database_.prepare(
      "UPDATE budget_window SET excess_p = max(excess_p, min(9223372036854775807, spent_p + "
      "reserved_p - ?2)) WHERE budget = ?1");
  above.bind(1, rule.id).bind(2, rule.limit_at(now_us)).run();
}

Result<std::optional<Budget>> Budgets::change(const SetBudget& budget, std::int64_t now_us,
                                              Left left) {
  if (budget.remove) return remove(budget.name);
  const auto known = std::ranges::find(rules_, budget.name, &Rule::name);
  const bool is_new = known == rules_.end();
  if (is_new && (!budget.limit || !budget.window))
    return Error::invalid(
        "there is no budget " + budget.name + " yet, and a new one needs a limit and a window",
        "give both");
  constexpr std::size_t rules_max = 1000; // each is looked at by every reservation
  if (is_new && rules_.size() >= rules_max)
    return Error::invalid("there are 1000 budgets", "delete some, or let one have \"*\"");

  Rule rule = is_new ? Rule{.made_us = now_us, .name = budget.name} : *known;
  const bool other = is_new || (budget.window && *budget.window != rule.window) ||
                     (budget.scope != Scope{} && budget.scope != rule.scope) ||
                     (budget.byok && (*budget.byok == BudgetByok::count) != rule.counts_upstream);
  rule.limit_p = budget.limit ? budget.limit->picodollars : rule.limit_p;
  rule.window = budget.window.value_or(rule.window);
  rule.soft = budget.mode ? *budget.mode == BudgetMode::soft : rule.soft;
  if (budget.assume)
    rule.assume_p = budget.assume->picodollars;
  else if (left == Left::taken_away)
    rule.assume_p.reset();
  if (budget.scope != Scope{}) rule.scope = budget.scope;
  // A budget of an older wayfare keeps its meaning until it is told otherwise.
  if (budget.byok || is_new)
    rule.counts_upstream = budget.byok.value_or(BudgetByok::count) == BudgetByok::count;
  if (budget.missing || is_new)
    rule.shares_missing = budget.missing.value_or(BudgetMissing::refuse) == BudgetMissing::share;
  if (budget.thresholds) rule.thresholds = text_of(*budget.thresholds);
  if (other) rule.made_us = now_us;
  if (rule.is_too_high(0, now_us)) return is_too_high(budget.name);
  // A window that began before what was pruned would begin, or has begun, with too little.
  const Period period = period_of(rule.window, now_us);
  const bool hardened = !is_new && known->soft && rule.made_us > period.start_us;
  if ((other || hardened) && !rule.soft && !is_summed(rule.scope, rule.window) &&
      period.start_us < pruned_us(database_))
    return Error::invalid("entries of this window were pruned, so that what " + budget.name +
                              " has spent is not known",
                          "make it soft, take a window that begins later, or a scope of app, agent "
                          "and key, of app and user, or of app and tag");
  write(rule);
  if (other) {
    forget_windows(rule.id);
    if (each_part(rule.scope).empty())
      make_window(rule, "", period, now_us); // else each is made when its value comes
  } else {
    tell_excess(rule, now_us);
    record_crossings(rule, now_us);
  }
  state_oldest_writer(database_);
  count_up();
  return std::optional(budgets(database_, now_us, rule.name).front());
}

std::int64_t pruned_us(sqlite::Database& database) {
  return database.integer("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'pruned_us'");
}

std::string value_of(std::string_view part) {
  if (part == "run") return "coalesce(t.run, '')";
  if (part == "model") return "v.value";
  return "(SELECT text FROM name WHERE id = t." + std::string(part) + ")";
}

std::string rows_by(std::string_view part, std::string from) {
  constexpr std::string_view end = " t WHERE ";
  if (part == "model")
    from.replace(from.find(end), end.size(), std::string(" t, ") + models_of_row + " WHERE ");
  return from;
}

void Budgets::keep_values(std::int64_t before_us, std::int64_t now_us) {
  const std::int64_t earlier_us = pruned_us(database_);
  if (before_us <= earlier_us) return;
  for (const Rule& rule : rules_) {
    const Period period = period_of(rule.window, now_us);
    // A rule that is as old as the last prune has its windows from then. A rule that is older than
    // the period begins with nothing.
    if (is_summed(rule.scope, rule.window) ||
        rule.made_us <= std::max(earlier_us, period.start_us) || before_us <= period.start_us)
      continue;
    for (const auto& [name, part] : members_of<Scope>)
      if (rule.scope.*part == "*") make_windows(rule, name, period, now_us);
  }
}

// As make_window(), of all values of that part at once that have something in the period and no
// window.
void Budgets::make_windows(const Rule& rule, std::string_view each, const Period& period,
                           std::int64_t now_us) {
  const std::int64_t newest = database_.integer("SELECT coalesce(max(id), 0) FROM budget_window");
  const std::string value = value_of(each);
  Scope others = rule.scope;
  for (const auto& [name, part] : members_of<Scope>)
    if (name == each) (others.*part).clear();
  sqlite::Statement make = database_.prepare(
      "INSERT INTO budget_window(budget, value, start_us, end_us, spent_p, reserved_p, excess_p) "
      "SELECT ?10, value, ?8, ?9, "
      "sum_of(cost_p), 0, 0 FROM (SELECT " +
      value + " AS value, " + cost_counted(rule.counts_upstream) + " AS cost_p FROM " +
      rows_by(each, "entry t WHERE ") + "t.kind <> 1 AND " + matching + " UNION ALL SELECT " +
      value + ", 0 FROM " + rows_by(each, "pending t WHERE ") + matching +
      ") WHERE true GROUP BY value ON CONFLICT DO NOTHING");
  bind_matching(make, others, "", period);
  make.bind(10, rule.id).run();
  for (const HeldRows& held : held_rows) {
    if (held.upstream && !rule.counts_upstream) continue;
    sqlite::Statement holds =
        database_.prepare(std::string("INSERT INTO hold(uid, window_id, held_p) SELECT t.uid, "
                                      "w.id, max(0, coalesce(t.bound_p, ?11, 0) - ") +
                          (rule.counts_upstream ? held.known_p : "0") + ") FROM budget_window w, " +
                          rows_by(each, held.rows) + matching +
                          " AND w.id > ?12 AND w.budget = ?10 AND w.value = " + value);
    bind_matching(holds, others, "", period);
    holds.bind(10, rule.id).bind(11, rule.assume_p).bind(12, newest).run();
  }
  sqlite::Statement sums = database_.prepare(
      "UPDATE budget_window SET reserved_p = (SELECT sum_of(h.held_p) FROM hold h WHERE "
      "h.window_id = budget_window.id) WHERE id "
      "> ?1");
  sums.bind(1, newest).run();
  cut_holds(newest, std::numeric_limits<std::int64_t>::max());
  sqlite::Statement above = database_.prepare(
      "UPDATE budget_window SET excess_p = max(0, min(9223372036854775807, spent_p + reserved_p - "
      "?2)) WHERE id > ?1");
  above.bind(1, newest).bind(2, rule.limit_at(now_us)).run();
}

void Budgets::fill_again(std::int64_t floor_us, std::int64_t now_us) {
  // A new window may get the id of one that is missing.
  database_.execute(
      "DELETE FROM hold WHERE window_id NOT IN (SELECT id FROM budget_window);"
      "DELETE FROM crossing WHERE window_id NOT IN (SELECT id FROM budget_window);"
      "DELETE FROM budget_override WHERE budget NOT IN (SELECT id FROM budget)");
  for (const Rule& rule : rules_) {
    const auto each = each_part(rule.scope);
    Scope others = rule.scope; // without the part that is "*"
    for (const auto& [name, part] : members_of<Scope>)
      if (name == each) (others.*part).clear();
    std::vector<std::pair<std::string, std::int64_t>> windows; // values and starts
    sqlite::Statement used =
        database_.prepare(std::string("SELECT DISTINCT ") + (each.empty() ? "''" : value_of(each)) +
                          ", " + start_in_sql(rule.window) + " AS start_us FROM " +
                          rows_by(each, "entry t WHERE ") + "t.kind <> 1 AND " + matching +
                          " UNION SELECT value, start_us FROM budget_window WHERE budget = ?10");
    bind_matching(used, others, "", period_of(Window::lifetime, 0));
    used.bind(10, rule.id);
    while (used.step()) windows.emplace_back(used.text(0), used.integer(1));
    used.reset();
    for (const auto& [value, start_us] : windows) {
      const Period period = period_of(rule.window, start_us);
      const bool is_told = start_us >= floor_us || is_summed(rule.scope, rule.window);
      // A budget has no window that ended before it was made.
      if (!is_told || period.end_us <= rule.made_us) continue;
      const std::int64_t id = window(rule, value, period, now_us);
      sqlite::Statement drop = database_.prepare("DELETE FROM hold WHERE window_id = ?1");
      drop.bind(1, id).run();
      fill_window(rule, id, value, period, now_us);
    }
  }
}

Result<Done> Budgets::change(const BlockCalls& block, std::int64_t now_us) {
  constexpr std::size_t blocks_max = 1000;
  if (std::ranges::find(blocks_, block.scope) != blocks_.end()) return Done{};
  if (blocks_.size() >= blocks_max) return Error::invalid("there are 1000 blocks", "lift some");
  sqlite::Statement write = database_.prepare(
      "INSERT INTO block(app, agent, user, run, tag, key, model, made_us) VALUES "
      "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
  int at = 1;
  for (const auto& [name, part] : members_of<Scope>) write.bind(at++, block.scope.*part);
  write.bind(8, now_us).run();
  count_up();
  return Done{};
}

Result<Done> Budgets::change(const UnblockCalls& block, std::int64_t) {
  if (std::ranges::find(blocks_, block.scope) == blocks_.end())
    return Error::invalid("there is no such block",
                          "blocks() tells which there are; lift one by the same scope");
  sqlite::Statement write = database_.prepare(
      "DELETE FROM block WHERE (app, agent, user, run, tag, key, model) = "
      "(?1, ?2, ?3, ?4, ?5, ?6, ?7)");
  int at = 1;
  for (const auto& [name, part] : members_of<Scope>) write.bind(at++, block.scope.*part);
  write.run();
  count_up();
  return Done{};
}

Result<Done> Budgets::accept_clock(const Moment& moment, std::int64_t before_us) {
  sqlite::Statement enter = database_.prepare(
      "INSERT INTO clock(accepted_us, before_us, entry) SELECT ?1, ?2, coalesce(max(id), 0) FROM "
      "entry");
  enter.bind(1, moment.wall_us).bind(2, before_us).run();
  sqlite::Statement keep = database_.prepare(
      "INSERT OR REPLACE INTO meta VALUES ('clock_boot', ?1), ('clock_offset_us', ?2)");
  keep.bind(1, moment.boot).bind(2, std::to_string(moment.wall_us - moment.boot_us)).run();
  count_up();
  return Done{};
}

} // namespace wayfare::ledger
