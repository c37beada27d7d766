#include "ledger/rows.hpp"

#include <algorithm>
#include <cstring>

#include "base/json_writer.hpp"
#include "ledger/agents.hpp"
#include "ledger/row_values.hpp"
#include "ledger/served_columns.hpp"

namespace wayfare::ledger {

namespace {

constexpr std::size_t names_max = 10'000; // kept in memory; the others are looked up

// Columns that an entry takes over from its reservation, in this order.
constexpr const char* carried =
    "call, reserved_us, server, key, endpoint, app, agent, user, run, tags, request_id, requested, "
    "gen_id, "
    "bound_p";

} // namespace

Rows::Rows(sqlite::Database& database, std::int64_t instance, const std::string& boot)
    : instance_(instance),
      boot_text_(boot),
      database_(database),
      rollups_(database),
      budgets_(database, rollups_),
      cooldowns_(database),
      rate_limits_(database),
      find_name_(database.prepare("SELECT id FROM name WHERE text = ?1")),
      add_name_(database.prepare("INSERT INTO name(text) VALUES (?1) RETURNING id")),
      newest_(database.prepare(
          "SELECT booked_us FROM entry WHERE id > (SELECT coalesce(max(entry), 0) FROM clock) "
          "ORDER BY id DESC LIMIT 1")),
      reserve_(database.prepare(
          "INSERT INTO pending(uid, call, instance, state, reserved_us, marked_us, boot, server, "
          "key, endpoint, app, "
          "agent, user, run, tags, request_id, requested, bound_p, looks_up, models, "
          "agent_version) VALUES (?1, ?2, ?3, 0, ?4, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, "
          "?14, ?15, ?16, ?17, ?18, ?19)")),
      note_(database.prepare("UPDATE pending SET gen_id = ?2 WHERE uid = ?1")),
      read_(database.prepare(
          std::string("SELECT ") + carried +
          ", looks_up, coalesce(models, ''), agent_version FROM pending WHERE uid = "
          "?1")),
      drop_(database.prepare("DELETE FROM pending WHERE uid = ?1")),
      mark_(database.prepare("UPDATE pending SET state = 3, marked_us = ?2, served = ?3, provider "
                             "= ?4, gen_id = coalesce(?5, gen_id), "
                             "prompt = ?6, completion = ?7, cached = ?8, cache_write = ?9, "
                             "reasoning = ?10, finish = ?11, error = ?12, "
                             "status = ?13, total_us = ?14, " +
                             served_columns::assignments(15) + " WHERE uid = ?1")),
      enter_(database.prepare(
          std::string("INSERT INTO entry(uid, ") + carried +
          ", kind, booked_us, served, provider, prompt, completion, cached, cache_write, "
          "reasoning, cost_p, cost_source, "
          "finish, error, status, total_us, non_token_p, byok, upstream_p, models, counted, "
          "reason, agent_version, " +
          served_columns::names() +
          ") VALUES "
          "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, "
          "?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36, "
          "?37, " +
          served_columns::places(38) + ")")),
      cost_pending_(database.prepare(
          "INSERT INTO cost_pending(uid, entry, marked_us, server, key, gen_id) SELECT uid, id, "
          "booked_us, server, key, "
          "gen_id FROM entry WHERE id = (SELECT max(id) FROM entry) AND gen_id IS NOT NULL")),
      newest_of_agent_(database.prepare(newest_of_agent)),
      decide_(database.prepare("INSERT INTO decision(uid, json) VALUES (?1, ?2)")),
      find_text_(database.prepare("SELECT text FROM name WHERE id = ?1")) {}

std::int64_t Rows::time(const Moment& moment, bool changed) {
  if (changed || !knows_) {
    if (budgets_.refresh()) {
      newest_us_ = 0; // ledger time may have begun anew
      rate_limits_.load(moment);
    }
    const std::int64_t newest = newest_.step() ? newest_.integer(0) : 0;
    newest_.reset();
    newest_us_ = std::max(newest, newest_us_);
    cooldowns_.refresh();
    knows_ = true;
  }
  budgets_.judge(moment, newest_us_);
  rate_limits_.at(moment);
  return newest_us_ = std::max(moment.wall_us, newest_us_);
}

std::int64_t Rows::name_id(const std::string& text) {
  if (text.empty()) return 0;
  if (const auto known = names_.find(text); known != names_.end()) return known->second;
  std::int64_t id = find_name_.bind(1, text).step() ? find_name_.integer(0) : 0;
  find_name_.reset();
  if (id == 0) {
    add_name_.bind(1, text).step();
    id = add_name_.integer(0);
    add_name_.reset();
  }
  if (names_.size() >= names_max) names_.clear();
  names_.emplace(text, id);
  return id;
}

std::string Rows::name_of(std::int64_t id) {
  std::string text(find_text_.bind(1, id).step() ? find_text_.text(0) : std::string_view());
  find_text_.reset();
  return text;
}

void Rows::make_view() {
  const bool is_old = cooldowns_.take_changed() || rules_view_ != budgets_.view();
  if (!is_old || !budgets_.view()) return;
  auto view = std::make_shared<LedgerView>(*budgets_.view());
  view->names_models = view->names_models || rate_limits_.names_models();
  view->cooldowns = cooldowns_.cooling();
  rules_view_ = budgets_.view();
  view_ = std::move(view);
}

Result<std::optional<RateLimit>> Rows::change(const SetRateLimit& limit, const Moment& moment) {
  auto changed = rate_limits_.change(limit, moment);
  if (!changed) return changed;
  database_.execute("UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'rules'");
  budgets_.refresh(); // makes the view anew, too
  return changed;
}

Result<Done> Rows::accept_clock(const Moment& moment) {
  auto done = budgets_.accept_clock(moment, newest_us_);
  newest_us_ = moment.wall_us;
  return done;
}

std::size_t Rows::Hash::operator()(const Uid& uid) const noexcept {
  std::size_t chance = 0;
  std::memcpy(&chance, uid.bytes.data() + uid.bytes.size() - sizeof chance, sizeof chance);
  return chance;
}

void Rows::know_origin(const Reservation& r) {
  if (origin_ == r.origin) return;
  server_ = name_id(r.origin->server), endpoint_ = name_id(r.origin->endpoint),
  key_ = name_id(r.origin->key);
  origin_ = r.origin;
}

Verdict Rows::reserve(const Reservation& r, std::int64_t now_us) {
  if (r.agent_version && !is_newest(newest_of_agent_, r.charge_to.agent, *r.agent_version))
    return {.agent_changed = true};
  if (!cooldowns_.is_empty()) {
    know_origin(r);
    const Health* const health = cooldowns_.find(server_, r.model);
    if (health && r.skip_cooling)
      if (auto cooling = cooldowns_.keeps_off(*health, now_us))
        return {.cooling = std::move(cooling)};
    if (r.avoids_providers)
      if (auto more = cooldowns_.to_avoid(server_, r.model, r.left_out, now_us); !more.empty())
        return {.avoid = std::move(more)};
  }
  Verdict verdict;
  if (rate_limits_.names_models() && !r.names_sought) verdict.plan_again = budgets_.view();
  if (verdict.is_granted()) rate_limits_.judge(r, verdict);
  if (verdict.is_granted()) verdict = budgets_.reserve(r, now_us);
  if (verdict.plan_again) {
    make_view();
    verdict.plan_again = view_;
  }
  if (!verdict.is_granted()) return verdict;
  know_origin(r);
  if (!rate_limits_.is_empty()) rate_limits_.take(r);
  const UidText uid(r.uid), call(r.call);
  if (!cooldowns_.is_empty())
    cooldowns_.sent(server_, r.model, uid, r.avoids_providers ? &r.left_out : nullptr, now_us);
  Carried row{.reserved_us = now_us,
              .server = server_,
              .key = key_,
              .endpoint = endpoint_,
              .app = name_id(r.charge_to.app),
              .agent = name_id(r.charge_to.agent),
              .user = name_id(r.charge_to.user),
              .requested = name_id(r.model),
              .bound_p = r.bound ? std::optional(r.bound->picodollars) : std::nullopt,
              .agent_version = r.agent_version,
              .looks_up = r.origin->looks_up};
  const std::string tags = r.charge_to.tags.empty() ? "" : json::array_of(r.charge_to.tags);
  const std::string models = names_json(r.other_names);
  reserve_.bind_kept(1, uid)
      .bind_kept(2, call)
      .bind(3, instance_)
      .bind(4, now_us)
      .bind(5, name_id(boot_text_));
  reserve_.bind(6, row.server)
      .bind(7, row.key)
      .bind(8, row.endpoint)
      .bind(9, row.app)
      .bind(10, row.agent)
      .bind(11, row.user);
  bind_text(reserve_, 12, r.charge_to.run);
  bind_text(reserve_, 13, tags);
  bind_text(reserve_, 14, r.request_id);
  reserve_.bind(15, row.requested).bind(16, row.bound_p);
  reserve_.bind(17, std::int64_t{row.looks_up});
  bind_text(reserve_, 18, models);
  reserve_.bind(19, r.agent_version).run();
  if (r.decision) decide_.bind_kept(1, uid).bind_kept(2, *r.decision).run();
  row.put({r.uid == r.call ? "" : std::string(call), r.charge_to.run, tags, r.request_id, models});
  open_.insert_or_assign(r.uid, std::move(row));
  return verdict;
}

void Rows::note(const Uid& uid, const std::string& generation_id) {
  note_.bind_kept(1, UidText(uid)).bind_kept(2, generation_id).run();
  if (const auto known = open_.find(uid); known != open_.end())
    known->second.generation_id = generation_id;
}

std::optional<Rows::Carried> Rows::read(std::string_view uid) {
  std::optional<Carried> row;
  if (read_.bind_kept(1, uid).step()) {
    const auto text = [this](int column) { return std::string(read_.text(column)); };
    row = Carried{.reserved_us = read_.integer(1),
                  .server = read_.integer(2),
                  .key = read_.integer(3),
                  .endpoint = read_.integer(4),
                  .app = read_.integer(5),
                  .agent = read_.integer(6),
                  .user = read_.integer(7),
                  .requested = read_.integer(11),
                  .bound_p = read_.maybe_integer(13),
                  .agent_version = read_.maybe_integer(16),
                  .generation_id = text(12),
                  .looks_up = read_.integer(14) != 0};
    row->put({read_.text(0) == uid ? "" : text(0), text(8), text(9), text(10), text(15)});
  }
  read_.reset();
  return row;
}

} // namespace wayfare::ledger
