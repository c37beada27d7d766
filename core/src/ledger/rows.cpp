#include "ledger/rows.hpp"

#include <algorithm>
#include <cstring>

#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "ledger/agents.hpp"
#include "ledger/counted_model.hpp"

namespace wayfare::ledger {

namespace {

constexpr std::size_t names_max = 10'000; // kept in memory; the others are looked up

// Texts that few rows have are NULL where they are empty.
void bind_text(sqlite::Statement& statement, int at, const std::string& text) {
  if (text.empty())
    statement.bind_null(at);
  else
    statement.bind_kept(at, text);
}

void bind_counts(sqlite::Statement& statement, int at, const Usage& usage) {
  statement.bind(at, usage.prompt_tokens)
      .bind(at + 1, usage.completion_tokens)
      .bind(at + 2, usage.cached_tokens)
      .bind(at + 3, usage.cache_write_tokens)
      .bind(at + 4, usage.reasoning_tokens);
}

// Columns that an entry takes over from its reservation, in this order.
constexpr const char* carried =
    "call, reserved_us, server, key, endpoint, app, agent, user, run, tags, request_id, requested, "
    "gen_id, "
    "bound_p";

// Whether the provider bills the caller directly and the server did not tell how much.
bool lacks_upstream(const Billing& billing) {
  return billing.is_byok == true && !billing.upstream_cost;
}
std::int64_t upstream_of(const Billing& billing) {
  return billing.is_byok == true && billing.upstream_cost ? billing.upstream_cost->picodollars : 0;
}

// The text of a uid, without memory for it.
struct UidText {
  char characters[Uid::text_size];
  explicit UidText(const Uid& uid) noexcept { uid.write(characters); }
  operator std::string_view() const noexcept { return {characters, Uid::text_size}; }
};

} // namespace

Rows::Rows(sqlite::Database& database, std::int64_t instance, const std::string& boot)
    : instance_(instance),
      boot_text_(boot),
      database_(database),
      rollups_(database),
      budgets_(database, rollups_),
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
                             "status = ?13, total_us = ?14 WHERE uid = ?1")),
      enter_(database.prepare(
          std::string("INSERT INTO entry(uid, ") + carried +
          ", kind, booked_us, served, provider, prompt, completion, cached, cache_write, "
          "reasoning, cost_p, cost_source, "
          "finish, error, status, total_us, non_token_p, byok, upstream_p, models, counted, "
          "reason, agent_version) "
          "VALUES "
          "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, "
          "?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36, "
          "?37)")),
      cost_pending_(database.prepare(
          "INSERT INTO cost_pending(uid, entry, marked_us, server, key, gen_id) SELECT uid, id, "
          "booked_us, server, key, "
          "gen_id FROM entry WHERE id = (SELECT max(id) FROM entry) AND gen_id IS NOT NULL")),
      newest_of_agent_(database.prepare(newest_of_agent)) {}

std::int64_t Rows::time(const Moment& moment, bool changed) {
  if (changed || !knows_) {
    if (budgets_.refresh()) newest_us_ = 0; // ledger time may have begun anew
    const std::int64_t newest = newest_.step() ? newest_.integer(0) : 0;
    newest_.reset();
    newest_us_ = std::max(newest, newest_us_);
    knows_ = true;
  }
  budgets_.judge(moment, newest_us_);
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
  sqlite::Statement row = database_.prepare("SELECT text FROM name WHERE id = ?1");
  return row.bind(1, id).step() ? std::string(row.text(0)) : std::string();
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

Verdict Rows::reserve(const Reservation& r, std::int64_t now_us) {
  if (r.agent_version && !is_newest(newest_of_agent_, r.charge_to.agent, *r.agent_version))
    return {.agent_changed = true};
  Verdict verdict = budgets_.reserve(r, now_us);
  if (!verdict.is_granted()) return verdict;
  if (origin_ != r.origin) {
    server_ = name_id(r.origin->server), endpoint_ = name_id(r.origin->endpoint),
    key_ = name_id(r.origin->key);
    origin_ = r.origin;
  }
  const UidText uid(r.uid), call(r.call);
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
  row.put({r.uid == r.call ? "" : std::string(call), r.charge_to.run, tags, r.request_id, models});
  open_.insert_or_assign(r.uid, std::move(row));
  return verdict;
}

void Rows::note(const Uid& uid, const std::string& generation_id) {
  note_.bind_kept(1, UidText(uid)).bind_kept(2, generation_id).run();
  if (const auto known = open_.find(uid); known != open_.end())
    known->second.generation_id = generation_id;
}

void Rows::mark_unknown(std::string_view uid, const Ending& e, std::int64_t now_us) {
  const Billing& billing = e.billing;
  mark_.bind_kept(1, uid).bind(2, now_us);
  mark_.bind(3, name_id(billing.model)).bind(4, name_id(billing.provider));
  bind_text(mark_, 5, billing.generation_id);
  bind_counts(mark_, 6, e.usage);
  mark_.bind(11, name_id(billing.finish_reason))
      .bind(12, static_cast<std::int64_t>(e.error))
      .bind(13, std::int64_t{e.status})
      .bind(14, e.total_us);
  mark_.run();
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

bool Rows::end(const Uid& uid, const Ending& e, std::int64_t now_us) {
  const UidText text(uid);
  const auto known = open_.extract(uid);
  if (known && e.state != State::unknown) return end(text, known.mapped(), e, now_us);
  return end(std::string(text), e, now_us);
}

bool Rows::end(const std::string& uid, const Ending& e, std::int64_t now_us) {
  if (e.state == State::unknown) return mark_unknown(uid, e, now_us), true;
  const auto row = read(uid);
  return row && end(uid, *row, e, now_us);
}

bool Rows::end(std::string_view uid, const Carried& row, const Ending& e, std::int64_t now_us) {
  drop_.bind_kept(1, uid).run();
  if (database_.changes() == 0) return false; // ended before, or never reserved after all

  const bool settled = e.state == State::settled;
  const Billing& billing = e.billing;
  const std::int64_t served = name_id(billing.model), provider = name_id(billing.provider);
  static const Carried::Texts* const none = new Carried::Texts;
  const Carried::Texts& texts = row.texts ? *row.texts : *none;
  enter_.bind_kept(1, uid);
  bind_text(enter_, 2, texts.call);
  enter_.bind(3, row.reserved_us).bind(4, row.server).bind(5, row.key).bind(6, row.endpoint);
  enter_.bind(7, row.app).bind(8, row.agent).bind(9, row.user);
  bind_text(enter_, 10, texts.run);
  bind_text(enter_, 11, texts.tags);
  bind_text(enter_, 12, texts.request_id);
  enter_.bind(13, row.requested);
  bind_text(enter_, 14, billing.generation_id.empty() ? row.generation_id : billing.generation_id);
  enter_.bind(15, row.bound_p);
  enter_.bind(16, std::int64_t{!settled     ? 1
                               : e.given_up ? 2
                                            : 0})
      .bind(17, now_us)
      .bind(18, served)
      .bind(19, provider);
  bind_counts(enter_, 20, e.usage);
  enter_.bind(25,
              settled && billing.cost ? std::optional(billing.cost->picodollars) : std::nullopt);
  enter_.bind(26, static_cast<std::int64_t>(settled ? billing.cost_source : CostSource::none));
  enter_.bind(27, name_id(billing.finish_reason))
      .bind(28, static_cast<std::int64_t>(e.error))
      .bind(29, std::int64_t{e.status})
      .bind(30, e.total_us);
  enter_.bind(31, settled && billing.cost && billing.non_token_cost
                      ? std::optional(billing.non_token_cost->picodollars)
                      : std::nullopt);
  const bool byok = settled && billing.is_byok == true;
  const Counted counted = texts.models.empty()
                              ? Counted{}
                              : counted_of(name_of(row.requested), texts.models, billing.model);
  enter_.bind(32, settled && billing.is_byok ? std::optional(std::int64_t{*billing.is_byok})
                                             : std::nullopt);
  enter_.bind(33, byok && billing.upstream_cost ? std::optional(billing.upstream_cost->picodollars)
                                                : std::nullopt);
  bind_text(enter_, 34, counted.names);
  enter_.bind(35, counted.model.empty() ? std::nullopt : std::optional(name_id(counted.model)));
  bind_text(enter_, 36, e.reason);
  enter_.bind(37, row.agent_version).run();
  if (settled) {
    Part part{.reserved_us = row.reserved_us,
              .app = row.app,
              .agent = row.agent,
              .user = row.user,
              .model = served != 0 ? served : row.requested,
              .provider = provider,
              .key = row.key,
              .tags = name_ids_of_tags(texts.tags),
              .unknown = billing.cost ? 0 : 1,
              .usage = e.usage,
              .cost_p = billing.cost ? billing.cost->picodollars : 0};
    rollups_.add(part);
    part.unknown = lacks_upstream(billing) ? 1 : 0;
    part.cost_p = upstream_of(billing);
    if (byok) rollups_.add(part, true);
  }
  if (settled && (!billing.cost || lacks_upstream(billing)) && !e.given_up && row.looks_up)
    cost_pending_.run();
  if (counted.names != texts.models) // the model that served is known
    budgets_.release_other_models(
        uid, counted.model.empty() ? name_of(row.requested) : counted.model, counted);
  if (!settled)
    budgets_.release(uid);
  else if (billing.cost || upstream_of(billing) != 0) // else it may have cost what it holds
    budgets_.settle(uid, {.cost_p = billing.cost ? billing.cost->picodollars : 0,
                          .upstream_p = upstream_of(billing),
                          .lacks_cost = !billing.cost,
                          .lacks_upstream = lacks_upstream(billing)});
  return true;
}

std::vector<std::int64_t> Rows::name_ids_of_tags(std::string_view tags) {
  std::vector<std::int64_t> ids;
  if (json::Document list; !tags.empty() && list.parse(tags))
    for (json::Value tag = list.root().first(); tag.exists(); tag = tag.next())
      if (const std::int64_t id = name_id(std::string(tag.string()));
          std::ranges::find(ids, id) == ids.end())
        ids.push_back(id);
  return ids;
}

} // namespace wayfare::ledger
