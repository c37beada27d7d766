#include "ledger/budgets.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ledger/budget_refusals.hpp"
#include "ledger/stored_values.hpp"
#include "values/sums.hpp"

namespace wayfare::ledger {

namespace {

constexpr std::int64_t hour_us = 3'600'000'000;
constexpr std::int64_t jump_us = hour_us; // what a clock may be moved by
// by less it is only slewed, and nothing is written about it
constexpr std::int64_t drift_us = 60'000'000;

Scope scope_of(const sqlite::Statement& row, int column) {
  Scope scope;
  for (const auto& [name, part] : members_of<Scope>) scope.*part = row.text(column++);
  return scope;
}

Scope without_model(Scope scope) {
  scope.model.clear();
  return scope;
}

bool names_model(const Scope& scope) { return !scope.model.empty() && scope.model != "*"; }

} // namespace

Budgets::Budgets(sqlite::Database& database, Rollups& rollups)
    : database_(database),
      rollups_(rollups),
      rules_version_(database.prepare("SELECT value FROM meta WHERE key = 'rules'")),
      clock_(database.prepare("SELECT value, (SELECT CAST(value AS INTEGER) FROM meta WHERE key = "
                              "'clock_offset_us') FROM meta "
                              "WHERE key = 'clock_boot'")),
      find_window_(database.prepare(
          "SELECT id FROM budget_window WHERE budget = ?1 AND value = ?2 AND start_us = ?3")),
      take_hard_(database.prepare("UPDATE budget_window SET reserved_p = reserved_p + ?2 WHERE id "
                                  "= ?1 AND (?2 = 0 OR ?2 <= ?3 - spent_p - reserved_p)")),
      take_soft_(
          database.prepare("UPDATE budget_window SET reserved_p = reserved_p + ?2 WHERE id = ?1 "
                           "AND ?2 <= 9223372036854775807 - reserved_p")),
      give_back_(
          database.prepare("UPDATE budget_window SET reserved_p = reserved_p - ?2 WHERE id = ?1")),
      left_(database.prepare("SELECT ?2 - spent_p - reserved_p FROM budget_window WHERE id = ?1")),
      hold_(database.prepare("INSERT INTO hold(uid, window_id, held_p) VALUES (?1, ?2, ?3)")),
      settle_(database.prepare(
          "UPDATE budget_window SET reserved_p = reserved_p - h.held_p, spent_p = "
          "min(9223372036854775807, spent_p + ?2), excess_p = min(9223372036854775807, excess_p + "
          "max(0, ?2 - h.held_p)) FROM hold h WHERE h.uid = ?1 AND "
          "budget_window.id = h.window_id")),
      release_(database.prepare("UPDATE budget_window SET reserved_p = reserved_p - h.held_p FROM "
                                "hold h WHERE h.uid = ?1 AND budget_window.id = h.window_id")),
      drop_(database.prepare("DELETE FROM hold WHERE uid = ?1")) {}

bool Budgets::refresh() {
  rules_version_.step();
  const bool changed = rules_version_.text(0) != version_;
  const std::string version(rules_version_.text(0));
  rules_version_.reset();
  if (!changed) return false;
  forget(); // until all of it is read
  load();
  version_ = version;
  return true;
}

std::string id_of(sqlite::Database& database) {
  sqlite::Statement row = database.prepare("SELECT value FROM meta WHERE key = 'uuid'");
  return row.step() ? std::string(row.text(0)) : std::string();
}

void Budgets::load() {
  rules_.clear();
  blocks_.clear();
  hard_ = jumped_ = false;
  sqlite::Statement rows = database_.prepare(
      "SELECT id, limit_p, made_us, name, span, soft, assume_p, app, agent, user, run, tag, key, "
      "model, coalesce(byok, 0), coalesce(missing, 1), coalesce(thresholds, '') FROM budget ORDER "
      "BY id");
  while (rows.step()) {
    rules_.push_back({.id = rows.integer(0),
                      .limit_p = rows.integer(1),
                      .made_us = rows.integer(2),
                      .name = std::string(rows.text(3)),
                      .window = stored_enumerator<Window>(rows.integer(4)),
                      .soft = rows.integer(5) != 0,
                      .assume_p = rows.maybe_integer(6),
                      .scope = scope_of(rows, 7),
                      .counts_upstream = rows.integer(14) != 0,
                      .shares_missing = rows.integer(15) != 0,
                      .thresholds = std::string(rows.text(16))});
    hard_ = hard_ || !rules_.back().soft;
  }
  sqlite::Statement blocks =
      database_.prepare("SELECT app, agent, user, run, tag, key, model FROM block");
  while (blocks.step()) blocks_.push_back(scope_of(blocks, 0));
  load_overrides();
  auto view = std::make_shared<LedgerView>();
  for (const Rule& rule : rules_)
    if (!rule.soft) view->hard_budgets.push_back({rule.name, rule.scope});
  view->id = id_of(database_);
  const auto counts_models = [](const Scope& scope) { return !scope.model.empty(); };
  view->names_models = std::ranges::any_of(rules_, counts_models, &Rule::scope) ||
                       std::ranges::any_of(blocks_, counts_models);
  view_ = std::move(view);
}

void Budgets::count_up() {
  database_.execute("UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'rules'");
  refresh();
}

// The wall clock is measured against the clock that only runs on, as both stood at an earlier
// commit since the same start.
void Budgets::judge(const Moment& moment, std::int64_t newest_us) {
  jumped_ = false;
  if (!hard_) return;
  const std::int64_t offset = moment.wall_us - moment.boot_us;
  const bool known = clock_.step();
  const bool same_start = known && clock_.text(0) == moment.boot;
  const std::int64_t moved = same_start ? offset - clock_.integer(1) : 0;
  clock_.reset();
  jumped_ = moved > jump_us || moment.wall_us < newest_us - jump_us;
  if (jumped_ || (same_start && std::abs(moved) < drift_us)) return;
  sqlite::Statement keep = database_.prepare(
      "INSERT OR REPLACE INTO meta VALUES ('clock_boot', ?1), ('clock_offset_us', ?2)");
  keep.bind(1, moment.boot).bind(2, std::to_string(offset)).run();
}

// ---- Reserving and ending.

Verdict Budgets::reserve(const Reservation& r, std::int64_t now_us) {
  Verdict verdict;
  if (none()) return verdict;
  std::vector<Taken> taken;
  judge(r, now_us, verdict, taken);
  for (const Taken& one : taken) {
    if (!verdict.is_granted()) {
      give_back_.bind(1, one.window).bind(2, one.held_p).run();
      continue;
    }
    hold_.bind(1, r.uid.text()).bind(2, one.window).bind(3, one.held_p).run();
    verdict.hard = verdict.hard || !one.rule->soft;
    if (!one.rule->soft) continue;
    left_.bind(1, one.window).bind(2, one.limit_p).step();
    const Amount left{left_.integer(0)};
    left_.reset();
    if (left < Amount{})
      verdict.warnings.push_back("the budget " + one.rule->name + " of $" +
                                 Amount{one.limit_p}.text() + " for " + in_words(one.rule->window) +
                                 " is passed by $" + difference_of(Amount{}, left).text());
  }
  return verdict;
}

// Where the verdict is no grant, `taken` has what was taken.
void Budgets::judge(const Reservation& r, std::int64_t now_us, Verdict& verdict,
                    std::vector<Taken>& taken) {
  // A plan that was made before the first rule of a model does not have the names.
  if (view_->names_models && !r.names_sought) return void(verdict.plan_again = view_);
  const Charged charged{r.charge_to, r.origin->key, r.model, &r.other_names};
  verdict.refused = judge_block(r);
  if (verdict.refused) return;
  warn_of_blocks(r, verdict);
  std::string value;
  for (const Rule& rule : rules_) {
    value.clear();
    const bool may_be_any = r.names_no_model && names_model(rule.scope);
    if (may_be_any ? !matches(without_model(rule.scope), charged, value)
                   : !matches(rule.scope, charged, value))
      continue;
    const std::optional<std::int64_t> held = r.bound ? r.bound->picodollars : rule.assume_p;
    if (may_be_any && rule.soft) continue;
    const auto part = each_part(rule.scope);
    if (!part.empty() && value.empty() && !rule.shares_missing) {
      verdict.refused = lacks_value(rule.name, part);
    } else if (may_be_any) {
      verdict.refused = model_unknown(rule.name, rule.scope.model, r.model);
    } else if (!rule.soft && jumped_) {
      verdict.refused = Error{.code = Code::clock,
                              .message = "the clock has jumped, so that the window of the budget " +
                                         rule.name + " is not sure; nothing was sent",
                              .advice = "set the clock right, or accept it by the operation clock",
                              .budget = rule.name};
    } else if (!rule.soft && !r.bound_sought) {
      verdict.plan_again = view_;
    } else if (!rule.soft && !held) {
      verdict.refused = no_bound(rule.name, r);
    } else {
      const std::int64_t held_p = held.value_or(0);
      if (rule.scope.model != "*")
        hold(rule, value, held_p, r, now_us, verdict, taken);
      else
        for (const std::string& model : models_of_windows(charged))
          if (verdict.is_granted()) hold(rule, model, held_p, r, now_us, verdict, taken);
    }
    if (!verdict.is_granted()) return;
  }
}

// Takes the amount from one window of a rule.
void Budgets::hold(const Rule& rule, const std::string& value, std::int64_t held_p,
                   const Reservation& r, std::int64_t now_us, Verdict& verdict,
                   std::vector<Taken>& taken) {
  const Period period = period_of(rule.window, now_us);
  Taken one{&rule, window(rule, value, period, now_us), held_p, rule.limit_at(now_us), period};
  verdict.near_end = near_end(one, r);
  if (!verdict.near_end.empty()) return;
  verdict.refused = take(one, r);
  if (!verdict.refused) return taken.push_back(one);
  if (!r.has_turn || one.held_p > one.limit_p) return;
  auto hopeless = never_fits(r, rule.id, now_us);
  if (!hopeless) verdict.waits_for = rule.name;
  if (hopeless) verdict.refused = std::move(hopeless);
}

// The refusal by a later rule whose whole limit is too low: a wait for an earlier one is no use.
std::optional<Error> Budgets::never_fits(const Reservation& r, std::int64_t after,
                                         std::int64_t now_us) {
  std::string value;
  for (const Rule& rule : rules_) {
    value.clear();
    if (rule.id <= after || rule.soft ||
        !matches(rule.scope, {r.charge_to, r.origin->key, r.model, &r.other_names}, value))
      continue;
    const std::int64_t held_p = r.bound ? r.bound->picodollars : rule.assume_p.value_or(0);
    const std::int64_t limit_p = rule.limit_at(now_us);
    if (held_p <= limit_p) continue;
    const Period period = period_of(rule.window, now_us);
    return exceeded({&rule, window(rule, value, period, now_us), held_p, limit_p, period}, r);
  }
  return std::nullopt;
}

std::optional<Error> Budgets::take(Taken& one, const Reservation& r) {
  if (one.rule->soft) {
    take_soft_.bind(1, one.window).bind(2, one.held_p).run();
    if (database_.changes() > 0) return std::nullopt;
    sqlite::Statement room = database_.prepare(
        "SELECT 9223372036854775807 - reserved_p FROM budget_window WHERE id = ?1");
    room.bind(1, one.window).step();
    one.held_p = room.integer(0);
    take_soft_.bind(1, one.window).bind(2, one.held_p).run();
    return std::nullopt;
  }
  if (one.held_p > 0 && r.has_turn && !r.has_turn(one.rule->name)) {
    Error error = exceeded(one, r);
    error.message = "other calls wait before it: " + error.message;
    return error;
  }
  take_hard_.bind(1, one.window).bind(2, one.held_p).bind(3, one.limit_p).run();
  if (database_.changes() > 0) return std::nullopt;
  return exceeded(one, r);
}

void Budgets::settle(std::string_view uid, const Bill& bill) {
  if (rules_.empty()) return;
  if (bill.upstream_p != 0 || bill.lacks_upstream || bill.lacks_cost)
    return settle_parts(uid, bill);
  settle_.bind(1, uid).bind(2, bill.cost_p).run();
  drop_.bind(1, uid).run();
}

// As settle(), where budgets differ in what they count or a part of the bill is not known.
void Budgets::settle_parts(std::string_view uid, const Bill& bill) {
  sqlite::Statement settle = database_.prepare(
      "UPDATE budget_window SET spent_p = min(9223372036854775807, spent_p + s.paid_p), reserved_p "
      "= reserved_p - s.held_p + s.kept_p, excess_p = min(9223372036854775807, excess_p + max(0, "
      "s.paid_p - s.held_p)) FROM (SELECT h.window_id, "
      "h.held_p, iif(b.byok IS 1, ?2 + ?3, ?2) AS paid_p, iif(?4 OR (b.byok IS 1 AND ?5), max(0, "
      "h.held_p - iif(b.byok IS 1, ?2 + ?3, ?2)), 0) AS kept_p FROM hold h JOIN budget_window w ON "
      "w.id = h.window_id JOIN budget b ON b.id = w.budget WHERE h.uid = ?1) s WHERE "
      "budget_window.id = s.window_id");
  settle.bind(1, uid).bind(2, bill.cost_p).bind(3, bill.upstream_p);
  settle.bind(4, std::int64_t{bill.lacks_cost}).bind(5, std::int64_t{bill.lacks_upstream}).run();
  constexpr const char* counting =
      "(SELECT w.id FROM budget_window w JOIN budget b ON b.id = w.budget WHERE b.byok = 1)";
  if (!bill.lacks_cost) {
    sqlite::Statement drop = database_.prepare(
        std::string("DELETE FROM hold WHERE uid = ?1 AND NOT (?2 AND window_id IN ") + counting +
        ")");
    drop.bind(1, uid).bind(2, std::int64_t{bill.lacks_upstream}).run();
  }
  sqlite::Statement keep =
      database_.prepare(std::string("UPDATE hold SET held_p = max(0, held_p - iif(window_id IN ") +
                        counting + ", ?2 + ?3, ?2)) WHERE uid = ?1");
  keep.bind(1, uid).bind(2, bill.cost_p).bind(3, bill.upstream_p).run();
}

void Budgets::release(std::string_view uid) {
  if (rules_.empty()) return;
  release_.bind(1, uid).run();
  drop_.bind(1, uid).run();
}

void Budgets::release_other_models(std::string_view uid, const std::string& model,
                                   const Counted& counted) {
  if (rules_.empty()) return;
  sqlite::Statement others = database_.prepare(
      "DELETE FROM hold WHERE uid = ?1 AND window_id IN (SELECT w.id FROM budget_window w JOIN "
      "budget b ON b.id = w.budget WHERE iif(b.model = '*', ?5 <> '' AND w.value <> ?5, b.model "
      "NOT IN ('', ?2, ?3) AND NOT EXISTS (SELECT 1 FROM json_each(?4) WHERE key = b.model OR "
      "substr(key, 1, length(b.model) + 1) = b.model || ':'))) RETURNING window_id, held_p");
  others.bind(1, uid).bind(2, model).bind(3, model_without_variant(model));
  if (counted.names.empty())
    others.bind_null(4);
  else
    others.bind(4, counted.names);
  others.bind(5, counted.window);
  while (others.step()) give_back_.bind(1, others.integer(0)).bind(2, others.integer(1)).run();
}

} // namespace wayfare::ledger
