#include "ledger/rows.hpp"

#include <algorithm>

#include "json.hpp"
#include "ledger/schema.hpp"

namespace wayfare::ledger {

namespace {

constexpr std::size_t dims_max = 10'000; // kept in memory; the others are looked up

std::string tags_text(const std::vector<std::string>& tags) {
  std::string out = "[";
  for (const std::string& tag : tags) out += (out.size() > 1 ? "," : "") + json::quoted(tag);
  return out + "]";
}

// Texts that few rows have are NULL where they are empty.
void bind_text(sqlite::Statement& statement, int at, const std::string& text) {
  if (text.empty())
    statement.bind_null(at);
  else
    statement.bind(at, text);
}

void bind_counts(sqlite::Statement& statement, int at, const Usage& usage) {
  statement.bind(at, usage.prompt_tokens)
      .bind(at + 1, usage.completion_tokens)
      .bind(at + 2, usage.cached_tokens)
      .bind(at + 3, usage.written_tokens)
      .bind(at + 4, usage.reasoning_tokens);
}

// Columns that an entry takes over from its reservation, in this order.
constexpr const char* carried =
    "uid, call, reserved_us, server, key, endpoint, app, agent, user, run, tags, request_id, requested, gen_id, "
    "bound_p";

} // namespace

Rows::Rows(sqlite::Database& database, std::int64_t instance, const std::string& boot)
    : instance_(instance),
      boot_text_(boot),
      database_(database),
      budgets_(database),
      rollups_(database),
      find_dim_(database.prepare("SELECT id FROM dim WHERE text = ?1")),
      add_dim_(database.prepare("INSERT INTO dim(text) VALUES (?1) RETURNING id")),
      newest_(database.prepare("SELECT booked_us FROM entry WHERE id > (SELECT coalesce(max(entry), 0) FROM clock) "
                               "ORDER BY id DESC LIMIT 1")),
      reserve_(database.prepare(
          std::string("INSERT INTO pending(uid, call, instance, state, reserved_us, marked_us, boot, server, key, endpoint, app, "
                      "agent, user, run, tags, request_id, requested, bound_p, schema) "
                      "VALUES (?1, ?2, ?3, 0, ?4, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ") +
          std::to_string(schema_version) + ")")),
      note_(database.prepare("UPDATE pending SET gen_id = ?2 WHERE uid = ?1")),
      take_(database.prepare(std::string("SELECT ") + carried + " FROM pending WHERE uid = ?1")), // RETURNING would make a table for it
      drop_(database.prepare("DELETE FROM pending WHERE uid = ?1")),
      mark_(database.prepare("UPDATE pending SET state = 3, marked_us = ?2, served = ?3, provider = ?4, gen_id = coalesce(?5, gen_id), "
                             "prompt = ?6, completion = ?7, cached = ?8, written = ?9, reasoning = ?10, finish = ?11, error = ?12, "
                             "status = ?13, total_us = ?14 WHERE uid = ?1")),
      enter_(
          database.prepare(std::string("INSERT INTO entry(") + carried +
                           ", kind, booked_us, served, provider, prompt, completion, cached, written, reasoning, cost_p, cost_source, "
                           "finish, error, status, total_us, other_p) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, "
                           "?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31)")),
      // What OpenRouter can be asked about later; other servers' ids lead nowhere.
      costless_(database.prepare("INSERT INTO costless(uid, entry, marked_us, server, key, gen_id) SELECT uid, id, booked_us, server, key, "
                                 "gen_id FROM entry WHERE id = (SELECT max(id) FROM entry) AND gen_id GLOB 'gen-*'")) {}

std::int64_t Rows::time(const Moment& moment) {
  if (budgets_.refresh()) newest_us_ = 0; // ledger time may have begun anew
  const std::int64_t newest = newest_.step() ? newest_.integer(0) : 0;
  newest_.reset();
  newest_us_ = std::max(newest, newest_us_);
  budgets_.judge(moment, newest_us_);
  return newest_us_ = std::max(moment.wall_us, newest_us_);
}

std::int64_t Rows::dim(const std::string& text) {
  if (text.empty()) return 0;
  if (const auto known = dims_.find(text); known != dims_.end()) return known->second;
  std::int64_t id = find_dim_.bind(1, text).step() ? find_dim_.integer(0) : 0;
  find_dim_.reset();
  if (id == 0) {
    add_dim_.bind(1, text).step();
    id = add_dim_.integer(0);
    add_dim_.reset();
  }
  if (dims_.size() >= dims_max) dims_.clear();
  dims_.emplace(text, id);
  return id;
}

Result<Report> Rows::accept_clock(const Moment& moment) {
  auto report = budgets_.accept_clock(moment, newest_us_);
  newest_us_ = moment.wall_us;
  return report;
}

Verdict Rows::reserve(const Reservation& r, std::int64_t now_us) {
  Verdict verdict = budgets_.reserve(r, now_us);
  if (verdict.refused) return verdict;
  reserve_.bind(1, r.uid.text()).bind(2, r.call.text()).bind(3, instance_).bind(4, now_us).bind(5, dim(boot_text_));
  reserve_.bind(6, dim(r.server)).bind(7, dim(r.key)).bind(8, dim(r.endpoint));
  reserve_.bind(9, dim(r.charge_to.app)).bind(10, dim(r.charge_to.agent)).bind(11, dim(r.charge_to.user));
  bind_text(reserve_, 12, r.charge_to.run);
  bind_text(reserve_, 13, r.charge_to.tags.empty() ? "" : tags_text(r.charge_to.tags));
  bind_text(reserve_, 14, r.request_id);
  reserve_.bind(15, dim(r.model)).bind(16, r.bound ? std::optional(r.bound->picodollars) : std::nullopt).run();
  return verdict;
}

void Rows::note(const Uid& uid, const std::string& generation_id) { note_.bind(1, uid.text()).bind(2, generation_id).run(); }

void Rows::mark_unknown(const std::string& uid, const Ending& e, std::int64_t now_us) {
  mark_.bind(1, uid).bind(2, now_us).bind(3, dim(e.model)).bind(4, dim(e.provider));
  bind_text(mark_, 5, e.generation_id);
  bind_counts(mark_, 6, e.usage);
  mark_.bind(11, dim(e.finish_reason)).bind(12, static_cast<std::int64_t>(e.error)).bind(13, std::int64_t{e.status}).bind(14, e.total_us);
  mark_.run();
}

bool Rows::end(const std::string& uid, const Ending& e, std::int64_t now_us) {
  if (e.state == State::unknown) return mark_unknown(uid, e, now_us), true;
  if (!take_.bind(1, uid).step()) return take_.reset(), false;

  constexpr int carried_columns = 15;
  const auto carry = [&](int column) { // texts at 0, 1, 9, 10, 11 and 13 of `carried`; ids and times elsewhere
    const bool is_text = column <= 1 || (column >= 9 && column <= 11) || column == 13;
    if (take_.is_null(column))
      enter_.bind_null(column + 1);
    else if (is_text)
      enter_.bind(column + 1, take_.text(column));
    else
      enter_.bind(column + 1, take_.integer(column));
  };
  for (int column = 0; column < carried_columns; ++column) carry(column);
  if (take_.text(0) == take_.text(1)) enter_.bind_null(2); // the call's first attempt: said once
  if (!e.generation_id.empty()) enter_.bind(14, e.generation_id);

  const bool settled = e.state == State::settled;
  const std::int64_t served = dim(e.model), provider = dim(e.provider);
  enter_.bind(16, std::int64_t{!settled ? 1 : e.given_up ? 2 : 0}).bind(17, now_us).bind(18, served).bind(19, provider);
  bind_counts(enter_, 20, e.usage);
  enter_.bind(25, settled && e.cost ? std::optional(e.cost->picodollars) : std::nullopt);
  enter_.bind(26, static_cast<std::int64_t>(settled ? e.cost_source : CostSource::none));
  enter_.bind(27, dim(e.finish_reason)).bind(28, static_cast<std::int64_t>(e.error)).bind(29, std::int64_t{e.status}).bind(30, e.total_us);
  enter_.bind(31, settled && e.cost && e.other_cost ? std::optional(e.other_cost->picodollars) : std::nullopt);
  enter_.run();
  if (settled) add_up(take_, served != 0 ? served : take_.integer(12), provider, e);
  take_.reset();
  drop_.bind(1, uid).run();
  if (settled && !e.cost && !e.given_up) costless_.run();
  if (!settled)
    budgets_.release(uid);
  else if (e.cost) // else it may have cost what it holds
    budgets_.settle(uid, e.cost->picodollars);
  return true;
}

std::vector<std::int64_t> Rows::dims_of_tags(std::string_view tags) {
  std::vector<std::int64_t> ids;
  if (json::Document list; !tags.empty() && list.parse(tags))
    for (json::Value tag = list.root().first(); tag.exists(); tag = tag.next())
      if (const std::int64_t id = dim(std::string(tag.string())); std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
  return ids;
}

// `row` has the carried columns.
void Rows::add_up(const sqlite::Statement& row, std::int64_t model, std::int64_t provider, const Ending& e) {
  rollups_.add({.reserved_us = row.integer(2),
                .app = row.integer(6),
                .agent = row.integer(7),
                .user = row.integer(8),
                .model = model,
                .provider = provider,
                .key = row.integer(4),
                .tags = dims_of_tags(row.text(10)),
                .unknown = e.cost ? 0 : 1,
                .usage = e.usage,
                .cost_p = e.cost ? e.cost->picodollars : 0});
}

void Rows::correct(std::int64_t entry, const Ending& told, std::int64_t now_us) {
  sqlite::Statement first = database_.prepare(
      "SELECT uid, reserved_us, app, agent, user, CASE served WHEN 0 THEN requested ELSE served END, provider, key, coalesce(tags, ''), "
      "prompt, completion, cached, written, reasoning FROM entry WHERE id = ?1");
  if (!first.bind(1, entry).step()) return; // pruned
  const auto lacked = [&](int column, const std::optional<std::int64_t>& count) { return first.is_null(column) ? count : std::nullopt; };
  const Usage usage{.prompt_tokens = lacked(9, told.usage.prompt_tokens),
                    .completion_tokens = lacked(10, told.usage.completion_tokens),
                    .cached_tokens = lacked(11, told.usage.cached_tokens),
                    .written_tokens = lacked(12, told.usage.written_tokens),
                    .reasoning_tokens = lacked(13, told.usage.reasoning_tokens)};
  sqlite::Statement enter = database_.prepare(
      "INSERT INTO entry(uid, call, kind, reserved_us, booked_us, server, key, endpoint, app, agent, user, run, tags, request_id, "
      "requested, "
      "served, provider, gen_id, prompt, completion, cached, written, reasoning, cost_p, cost_source, finish, error, status, total_us, "
      "bound_p) SELECT uid, call, 3, reserved_us, ?2, server, key, endpoint, app, agent, user, run, tags, request_id, requested, served, "
      "provider, gen_id, ?3, ?4, ?5, ?6, ?7, ?8, ?9, finish, error, status, total_us, bound_p FROM entry WHERE id = ?1");
  enter.bind(1, entry).bind(2, now_us);
  bind_counts(enter, 3, usage);
  enter.bind(8, told.cost->picodollars).bind(9, static_cast<std::int64_t>(told.cost_source)).run();
  rollups_.add({.reserved_us = first.integer(1),
                .app = first.integer(2),
                .agent = first.integer(3),
                .user = first.integer(4),
                .model = first.integer(5),
                .provider = first.integer(6),
                .key = first.integer(7),
                .tags = dims_of_tags(first.text(8)),
                .calls = 0,
                .unknown = -1,
                .usage = usage,
                .cost_p = told.cost->picodollars});
  budgets_.settle(std::string(first.text(0)), told.cost->picodollars);
}

} // namespace wayfare::ledger
