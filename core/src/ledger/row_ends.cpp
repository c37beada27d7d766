// How attempts end: the rows of their ends, the sums and what budgets hold.
#include <algorithm>

#include "base/json.hpp"
#include "ledger/counted_model.hpp"
#include "ledger/kept_figures.hpp"
#include "ledger/row_values.hpp"
#include "ledger/rows.hpp"
#include "ledger/served_columns.hpp"

namespace wayfare::ledger {

// How it was served.
void Rows::bind_served(sqlite::Statement& statement, int at, const Ending& e) {
  served_columns::bind(statement, at, e.first_us, e.billing,
                       [this](const std::string& text) { return name_id(text); });
}

// False where there is no such row.
bool Rows::mark_unknown(std::string_view uid, const Ending& e, std::int64_t now_us) {
  const Billing& billing = e.billing;
  mark_.bind_kept(1, uid).bind(2, now_us);
  mark_.bind(3, name_id(billing.model)).bind(4, name_id(billing.provider));
  bind_text(mark_, 5, billing.generation_id);
  bind_counts(mark_, 6, e.usage);
  mark_.bind(11, name_id(billing.finish_reason))
      .bind(12, static_cast<std::int64_t>(e.error))
      .bind(13, std::int64_t{e.status})
      .bind(14, e.total_us);
  bind_served(mark_, 15, e);
  mark_.run();
  return database_.changes() > 0;
}

void Rows::tell_health(std::string_view uid, const Carried& row, const Ending& e,
                       std::int64_t now_us) {
  if (cooldowns_.is_empty() && e.outcome.told != Told::fails) return;
  const std::string model = name_of(row.requested);
  cooldowns_.ended(row.server, model, {uid, row.reserved_us, e.error, e.status}, e.outcome, now_us);
}

// Writes the entry.
void Rows::write_entry(std::string_view uid, const Carried& row, const Carried::Texts& texts,
                       const Ending& e, const Counted& counted, std::int64_t now_us) {
  const bool settled = e.state == State::settled;
  const Billing& billing = e.billing;
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
      .bind(18, name_id(billing.model))
      .bind(19, name_id(billing.provider));
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
  enter_.bind(32, settled && billing.is_byok ? std::optional(std::int64_t{*billing.is_byok})
                                             : std::nullopt);
  enter_.bind(33, byok && billing.upstream_cost ? std::optional(billing.upstream_cost->picodollars)
                                                : std::nullopt);
  bind_text(enter_, 34, counted.names);
  enter_.bind(35, counted.model.empty() ? std::nullopt : std::optional(name_id(counted.model)));
  bind_text(enter_, 36, e.reason);
  enter_.bind(37, row.agent_version);
  bind_served(enter_, 38, e);
  enter_.run();
}

void Rows::add_to_sums(const Carried& row, const Carried::Texts& texts, const Ending& e) {
  const Billing& billing = e.billing;
  const std::int64_t served = name_id(billing.model);
  Part part{.reserved_us = row.reserved_us,
            .app = row.app,
            .agent = row.agent,
            .user = row.user,
            .model = served != 0 ? served : row.requested,
            .provider = name_id(billing.provider),
            .key = row.key,
            .tags = name_ids_of_tags(texts.tags),
            .unknown = billing.cost ? 0 : 1,
            .usage = e.usage,
            .cost_p = billing.cost ? billing.cost->picodollars : 0};
  rollups_.add(part);
  part.unknown = lacks_upstream(billing) ? 1 : 0;
  part.cost_p = upstream_of(billing);
  if (billing.is_byok == true) rollups_.add(part, true);
}

bool Rows::end(const Uid& uid, const Ending& e, std::int64_t now_us) {
  const UidText text(uid);
  const auto known = open_.extract(uid);
  if (known && e.state != State::unknown) return end(text, known.mapped(), e, now_us);
  return end(std::string(text), e, now_us);
}

bool Rows::end(const std::string& uid, const Ending& e, std::int64_t now_us) {
  if (e.state != State::unknown) {
    const auto row = read(uid);
    return row && end(uid, *row, e, now_us);
  }
  if (!mark_unknown(uid, e, now_us)) return true;
  keep_figures(database_, uid, e.billing.refused_figures);
  rate_limits_.ended(uid, e);
  if (!cooldowns_.is_empty() || e.outcome.told == Told::fails)
    if (const auto row = read(uid)) tell_health(uid, *row, e, now_us);
  return true;
}

bool Rows::end(std::string_view uid, const Carried& row, const Ending& e, std::int64_t now_us) {
  drop_.bind_kept(1, uid).run();
  if (database_.changes() == 0) return false; // ended before, or never reserved after all
  tell_health(uid, row, e, now_us);
  rate_limits_.ended(uid, e);

  const Billing& billing = e.billing;
  static const Carried::Texts* const none = new Carried::Texts;
  const Carried::Texts& texts = row.texts ? *row.texts : *none;
  const Counted counted = texts.models.empty()
                              ? Counted{}
                              : counted_of(name_of(row.requested), texts.models, billing.model);
  write_entry(uid, row, texts, e, counted, now_us);
  keep_figures(database_, uid, billing.refused_figures);
  const bool settled = e.state == State::settled;
  if (settled) add_to_sums(row, texts, e);
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
