// How a row of its own adds what a booked attempt lacks: its cost, its upstream cost, its counts.
#include <algorithm>
#include <optional>
#include <string>

#include "ledger/rows.hpp"
#include "ledger/served_columns.hpp"

namespace wayfare::ledger {

namespace {

// The columns of an attempt in the rows of `sum`. A correction has only what the rows before it
// lack, so that each column has one value at most.
enum Column : int {
  uid,
  reserved_us,
  app,
  agent,
  user,
  model,
  provider,
  key,
  tags,
  byok,
  cost_p,
  upstream_p,
  prompt
};
constexpr const char* together =
    "SELECT max(uid), max(reserved_us), max(app), max(agent), max(user), max(iif(served = 0, "
    "requested, served)), max(provider), max(key), coalesce(max(tags), ''), coalesce(max(byok), "
    "0), max(cost_p), max(upstream_p), max(prompt), max(completion), max(cached), "
    "max(cache_write), max(reasoning) FROM (SELECT * FROM entry WHERE id = ?1 UNION ALL SELECT c.* "
    "FROM entry e JOIN entry c ON c.uid = e.uid AND c.kind = 3 WHERE e.id = ?1)";

constexpr std::optional<std::int64_t> Usage::* counts[] = {
    &Usage::prompt_tokens, &Usage::completion_tokens, &Usage::cached_tokens,
    &Usage::cache_write_tokens, &Usage::reasoning_tokens};

// A correction adds these.
struct Added {
  std::optional<std::int64_t> cost_p, upstream_p;
  Usage usage;
  bool is_byok = false; // also of the rows before
};

void enter(sqlite::Database& database, std::int64_t entry, const Added& added, bool was_byok,
           const Ending& told, std::int64_t now_us) {
  sqlite::Statement row = database.prepare(
      "INSERT INTO entry(uid, call, kind, reserved_us, booked_us, server, key, endpoint, app, "
      "agent, user, run, tags, request_id, requested, served, provider, gen_id, prompt, "
      "completion, cached, cache_write, reasoning, cost_p, cost_source, finish, error, status, "
      "total_us, bound_p, byok, upstream_p, models, counted, reason, agent_version, " +
      served_columns::names() +
      ") SELECT uid, "
      "call, 3, "
      "reserved_us, ?2, server, key, endpoint, app, agent, user, run, tags, request_id, requested, "
      "served, provider, gen_id, ?3, ?4, ?5, ?6, ?7, ?8, ?9, finish, error, status, total_us, "
      "bound_p, ?10, ?11, models, counted, ?12, agent_version, " +
      served_columns::names() + " FROM entry WHERE id = ?1");
  row.bind(1, entry).bind(2, now_us);
  int at = 3;
  for (const auto count : counts) row.bind(at++, added.usage.*count);
  row.bind(8, added.cost_p)
      .bind(9,
            static_cast<std::int64_t>(added.cost_p ? told.billing.cost_source : CostSource::none))
      .bind(10, added.is_byok && !was_byok ? std::optional(std::int64_t{1}) : std::nullopt)
      .bind(11, added.upstream_p);
  if (told.reason.empty())
    row.bind_null(12);
  else
    row.bind(12, told.reason);
  row.run();
}

} // namespace

Lacking lacking_of(sqlite::Database& database, std::int64_t entry) {
  sqlite::Statement known = database.prepare(together);
  known.bind(1, entry).step();
  return {.cost = known.is_null(cost_p),
          .upstream = known.integer(byok) == 1 && known.is_null(upstream_p)};
}

bool Rows::correct(std::int64_t entry, const Ending& told, std::int64_t now_us) {
  sqlite::Statement known = database_.prepare(together);
  known.bind(1, entry).step();
  if (known.is_null(uid)) return true; // pruned
  const bool was_byok = known.integer(byok) == 1;
  const bool lacked_upstream = was_byok && known.is_null(upstream_p);
  Added added{.is_byok = was_byok || told.billing.is_byok == true};
  if (known.is_null(cost_p)) added.cost_p = told.billing.cost->picodollars;
  if (added.is_byok && known.is_null(upstream_p) && told.billing.upstream_cost)
    added.upstream_p = told.billing.upstream_cost->picodollars;
  if (!added.cost_p && !added.upstream_p) return false; // it tells nothing new
  const bool lacks_upstream = added.is_byok && known.is_null(upstream_p) && !added.upstream_p;
  int column = prompt;
  for (const auto count : counts)
    if (known.is_null(column++)) added.usage.*count = told.usage.*count;
  enter(database_, entry, added, was_byok, told, now_us);

  Part part{.reserved_us = known.integer(reserved_us),
            .app = known.integer(app),
            .agent = known.integer(agent),
            .user = known.integer(user),
            .model = known.integer(model),
            .provider = known.integer(provider),
            .key = known.integer(key),
            .tags = name_ids_of_tags(known.text(tags)),
            .calls = 0,
            .unknown = added.cost_p ? -1 : 0,
            .usage = added.usage,
            .cost_p = added.cost_p.value_or(0)};
  rollups_.add(part);
  if (added.is_byok) {
    column = prompt;
    for (const auto count : counts) { // the call is new in these sums, with all that is known of it
      if (!known.is_null(column) && !was_byok) part.usage.*count = known.integer(column);
      ++column;
    }
    part.calls = was_byok ? 0 : 1;
    part.unknown = (lacks_upstream ? 1 : 0) - (lacked_upstream ? 1 : 0);
    part.cost_p = added.upstream_p.value_or(0);
    rollups_.add(part, true);
  }
  budgets_.settle(known.text(uid), {.cost_p = added.cost_p.value_or(0),
                                    .upstream_p = added.upstream_p.value_or(0),
                                    .lacks_upstream = lacks_upstream});
  return true;
}

} // namespace wayfare::ledger
