#include "ledger/views.hpp"

#include <cstddef>
#include <string_view>

namespace wayfare::ledger {

namespace {

// An amount in US dollars as text, exact. $USD(x) in the SQL below stands for it.
std::string dollars(std::string_view column) {
  const std::string p(column);
  return "CASE WHEN " + p + " IS NOT NULL THEN printf('%s%d.%012d', iif(" + p +
         " < 0, '-', ''), abs(" + p + ") / 1000000000000, abs(" + p + ") % 1000000000000) END";
}

// The sum of a column. $SUM(x) stands for it. It stays at the largest number where it does not fit
// in 64 bits, where sum(x) would fail: the halves of the numbers are summed alone.
std::string saturating_sum(std::string_view column) {
  const std::string p(column), low = "sum(" + p + " & 4294967295)",
                               high = "(sum(" + p + " >> 32) + (" + low + " >> 32))";
  return "iif(" + high + " > 2147483647, 9223372036854775807, (" + high + " << 32) | (" + low +
         " & 4294967295))";
}

constexpr std::string_view text = R"sql(
CREATE VIEW v1_entries AS
  SELECT e.uid AS entry,
         CASE WHEN e.kind = 1 THEN 'void'
              WHEN e.kind = 2 AND e.cost_p IS NULL THEN 'unknown'
              ELSE 'settled' END AS state,
         strftime('%Y-%m-%dT%H:%M:%SZ', e.reserved_us / 1000000, 'unixepoch') AS reserved,
         strftime('%Y-%m-%dT%H:%M:%SZ', e.booked_us / 1000000, 'unixepoch') AS booked,
         app.text AS app, agent.text AS agent, user.text AS user, e.run, e.tags, e.request_id,
         coalesce(nullif(served.text, ''), requested.text) AS model,
         requested.text AS requested_model, provider.text AS provider,
         e.gen_id AS generation_id,
         e.prompt AS prompt_tokens, e.completion AS completion_tokens,
         e.cached AS cached_tokens, e.cache_write AS cache_write_tokens,
         e.reasoning AS reasoning_tokens, e.cost_p AS cost_picodollars,
         $USD(e.cost_p) AS cost_usd,
         CASE e.cost_source WHEN 1 THEN 'response' WHEN 2 THEN 'generation' WHEN 3 THEN 'bound'
                            WHEN 4 THEN 'computed' WHEN 5 THEN 'manual'
                            ELSE 'none' END AS cost_source,
         finish.text AS finish_reason, e.status, e.total_us, e.kind = 3 AS correction,
         e.non_token_p AS non_token_cost_picodollars, e.error AS error_code,
         e.byok AS is_byok, e.upstream_p AS upstream_cost_picodollars, e.reason,
         $USD(e.non_token_p) AS non_token_cost_usd, $USD(e.upstream_p) AS upstream_cost_usd,
         e.agent_version, e.first_us, tier.text AS tier, e.otherwise AS served_otherwise,
         server.text AS server,
         refused.figures AS refused_figures,
         quantization.text AS quantization
  FROM entry e JOIN name app ON app.id = e.app JOIN name agent ON agent.id = e.agent
  JOIN name user ON user.id = e.user JOIN name served ON served.id = e.served
  JOIN name requested ON requested.id = e.requested
  JOIN name provider ON provider.id = e.provider JOIN name finish ON finish.id = e.finish
  JOIN name server ON server.id = e.server
  LEFT JOIN name tier ON tier.id = e.tier LEFT JOIN refused ON refused.uid = e.uid
  LEFT JOIN name quantization ON quantization.id = e.quantization;

CREATE VIEW v1_pending AS
  SELECT p.uid AS entry, CASE p.state WHEN 0 THEN 'reserved' ELSE 'unknown' END AS state,
         strftime('%Y-%m-%dT%H:%M:%SZ', p.reserved_us / 1000000, 'unixepoch') AS reserved,
         app.text AS app, agent.text AS agent, user.text AS user, p.run, p.tags, p.request_id,
         requested.text AS requested_model, p.gen_id AS generation_id,
         CASE p.state WHEN 3
              THEN strftime('%Y-%m-%dT%H:%M:%SZ', p.marked_us / 1000000, 'unixepoch')
              END AS unknown_since,
         p.bound_p AS bound_picodollars,
         coalesce(nullif(served.text, ''), requested.text) AS model,
         provider.text AS provider, p.status, $USD(p.bound_p) AS bound_usd, p.agent_version,
         refused.figures AS refused_figures
  FROM pending p JOIN name app ON app.id = p.app JOIN name agent ON agent.id = p.agent
  JOIN name user ON user.id = p.user JOIN name requested ON requested.id = p.requested
  JOIN name served ON served.id = p.served JOIN name provider ON provider.id = p.provider
  LEFT JOIN refused ON refused.uid = p.uid;

CREATE VIEW v1_usage_day AS
  SELECT date(r.day * 86400, 'unixepoch') AS day, app.text AS app, agent.text AS agent,
         model.text AS model, provider.text AS provider, substr(key.text, 1, 12) AS key,
         r.calls, r.unknown, r.prompt AS prompt_tokens, r.completion AS completion_tokens,
         r.cached AS cached_tokens, r.cache_write AS cache_write_tokens,
         r.reasoning AS reasoning_tokens, r.cost_p AS cost_picodollars,
         coalesce(b.calls, 0) AS byok_calls, coalesce(b.unknown, 0) AS upstream_unknown,
         coalesce(b.cost_p, 0) AS upstream_cost_picodollars,
         $USD(r.cost_p) AS cost_usd, $USD(coalesce(b.cost_p, 0)) AS upstream_cost_usd
  FROM rollup_day r JOIN name app ON app.id = r.app JOIN name agent ON agent.id = r.agent
  JOIN name model ON model.id = r.model JOIN name provider ON provider.id = r.provider
  JOIN name key ON key.id = r.key
  LEFT JOIN byok_day b ON b.day = r.day AND b.app = r.app
    AND b.agent = r.agent
    AND b.model = r.model
    AND b.provider = r.provider
    AND b.key = r.key;

CREATE VIEW v1_usage_user_day AS
  SELECT date(r.day * 86400, 'unixepoch') AS day, user.text AS user, app.text AS app,
         model.text AS model, r.calls, r.unknown, r.prompt AS prompt_tokens,
         r.completion AS completion_tokens, r.cached AS cached_tokens,
         r.cache_write AS cache_write_tokens, r.reasoning AS reasoning_tokens,
         r.cost_p AS cost_picodollars,
         coalesce(b.calls, 0) AS byok_calls, coalesce(b.unknown, 0) AS upstream_unknown,
         coalesce(b.cost_p, 0) AS upstream_cost_picodollars,
         $USD(r.cost_p) AS cost_usd, $USD(coalesce(b.cost_p, 0)) AS upstream_cost_usd
  FROM rollup_user r JOIN name user ON user.id = r.user JOIN name app ON app.id = r.app
  JOIN name model ON model.id = r.model
  LEFT JOIN byok_user b ON b.day = r.day AND b.user = r.user
    AND b.app = r.app
    AND b.model = r.model;

CREATE VIEW v1_usage_tag_day AS
  SELECT date(r.day * 86400, 'unixepoch') AS day, tag.text AS tag, app.text AS app,
         model.text AS model, r.calls, r.unknown, r.prompt AS prompt_tokens,
         r.completion AS completion_tokens, r.cached AS cached_tokens,
         r.cache_write AS cache_write_tokens, r.reasoning AS reasoning_tokens,
         r.cost_p AS cost_picodollars,
         coalesce(b.calls, 0) AS byok_calls, coalesce(b.unknown, 0) AS upstream_unknown,
         coalesce(b.cost_p, 0) AS upstream_cost_picodollars,
         $USD(r.cost_p) AS cost_usd, $USD(coalesce(b.cost_p, 0)) AS upstream_cost_usd
  FROM rollup_tag r JOIN name tag ON tag.id = r.tag JOIN name app ON app.id = r.app
  JOIN name model ON model.id = r.model
  LEFT JOIN byok_tag b ON b.day = r.day AND b.tag = r.tag
    AND b.app = r.app
    AND b.model = r.model;

CREATE VIEW v1_agents AS
  SELECT a.name, a.version, a.archived,
         strftime('%Y-%m-%dT%H:%M:%SZ', a.made_us / 1000000, 'unixepoch') AS created,
         strftime('%Y-%m-%dT%H:%M:%SZ', v.made_us / 1000000, 'unixepoch') AS changed,
         a.models, a.tags
  FROM agent a JOIN agent_version v ON v.agent = a.id AND v.version = a.version;

CREATE VIEW v1_budgets AS
  SELECT b.name,
         CASE b.span WHEN 0 THEN 'hour' WHEN 1 THEN 'day' WHEN 2 THEN 'week' WHEN 3 THEN 'month'
                     ELSE 'lifetime' END AS window,
         CASE b.soft WHEN 1 THEN 'soft' ELSE 'hard' END AS mode,
         b.app, b.agent, b.user, b.run, b.tag, b.key, b.model, w.value,
         strftime('%Y-%m-%dT%H:%M:%SZ', w.start_us / 1000000, 'unixepoch') AS start,
         CASE b.span WHEN 4 THEN NULL
              ELSE strftime('%Y-%m-%dT%H:%M:%SZ', w.end_us / 1000000, 'unixepoch')
              END AS resets_at,
         b.limit_p AS limit_picodollars, w.spent_p AS spent_picodollars,
         w.reserved_p AS reserved_picodollars, w.excess_p AS excess_picodollars,
         max(-9223372036854775807,
             b.limit_p + coalesce(o.amount_p, 0) - w.spent_p - w.reserved_p) AS left_picodollars,
         CASE b.byok WHEN 1 THEN 'count' ELSE 'ignore' END AS byok,
         CASE b.missing WHEN 0 THEN 'refuse' ELSE 'share' END AS missing,
         coalesce(o.amount_p, 0) AS override_picodollars,
         strftime('%Y-%m-%dT%H:%M:%SZ', o.until_us / 1000000, 'unixepoch') AS override_until,
         $USD(b.limit_p) AS limit_usd, $USD(w.spent_p) AS spent_usd,
         $USD(w.reserved_p) AS reserved_usd, $USD(w.excess_p) AS excess_usd,
         $USD(max(-9223372036854775807,
                  b.limit_p + coalesce(o.amount_p, 0) - w.spent_p - w.reserved_p)) AS left_usd,
         $USD(coalesce(o.amount_p, 0)) AS override_usd
  FROM budget b LEFT JOIN budget_window w ON w.budget = b.id
  LEFT JOIN (
    SELECT p.budget, $SUM(p.amount_p) AS amount_p, min(p.until_us) AS until_us, now_us
    FROM budget_override p JOIN (
      SELECT max(CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000,
                 coalesce((SELECT booked_us FROM entry
                           WHERE id > (SELECT coalesce(max(entry), 0) FROM clock)
                           ORDER BY id DESC LIMIT 1), 0)) AS now_us)
    WHERE p.made_us <= now_us AND p.until_us > now_us GROUP BY p.budget) o
  ON o.budget = b.id AND (w.id IS NULL OR (w.start_us <= o.now_us AND w.end_us > o.now_us));

CREATE VIEW v1_crossings AS
  SELECT b.name, w.value,
         strftime('%Y-%m-%dT%H:%M:%SZ', w.start_us / 1000000, 'unixepoch') AS start,
         c.percent, strftime('%Y-%m-%dT%H:%M:%SZ', c.crossed_us / 1000000, 'unixepoch') AS crossed,
         c.limit_p AS limit_picodollars, c.spent_p AS spent_picodollars,
         $USD(c.limit_p) AS limit_usd, $USD(c.spent_p) AS spent_usd
  FROM crossing c JOIN budget_window w ON w.id = c.window_id JOIN budget b ON b.id = w.budget;

CREATE VIEW v1_blocks AS
  SELECT app, agent, user, run, tag, key, model,
         strftime('%Y-%m-%dT%H:%M:%SZ', made_us / 1000000, 'unixepoch') AS made
  FROM block;

CREATE VIEW v1_cooldowns AS
  SELECT c.model, server.text AS server, c.provider,
         strftime('%Y-%m-%dT%H:%M:%SZ', c.until_us / 1000000, 'unixepoch') AS until,
         strftime('%Y-%m-%dT%H:%M:%SZ', c.since_us / 1000000, 'unixepoch') AS since,
         c.failures, c.error AS error_code, c.status,
         EXISTS (SELECT 1 FROM pending p WHERE p.uid = c.probe AND p.state = 0) AS probing,
         c.entry, c.slug
  FROM (SELECT model, server, provider, until_us, since_us, failures, error, status, probe, entry,
               NULL AS slug
        FROM cooldown
        UNION ALL
        SELECT model, server, provider, until_us, since_us, failures, error, status, probe, entry,
               slug
        FROM provider_cooldown) c JOIN name server ON server.id = c.server
  WHERE c.until_us > CAST((julianday('now') - 2440587.5 - 1.0 / 24) * 86400000 AS INTEGER) * 1000;

-- One row: what was spent today in UTC, and the hard budget that is the next to be empty.
CREATE VIEW v1_status AS
  WITH now AS (
    SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000 AS us),
  today AS (
    SELECT coalesce($SUM(calls), 0) AS calls, coalesce($SUM(unknown), 0) AS unknown,
           coalesce($SUM(cost_p), 0) AS cost_p
    FROM rollup_day WHERE day = (SELECT us / 86400000000 FROM now)),
  open_window AS (
    SELECT b.name, w.value, b.limit_p, w.end_us, b.span,
           max(-9223372036854775807,
               b.limit_p
                 + coalesce((SELECT $SUM(o.amount_p) FROM budget_override o
                             WHERE o.budget = b.id AND o.made_us <= us AND o.until_us > us), 0)
                 - coalesce(w.spent_p, 0) - coalesce(w.reserved_p, 0)) AS left_p,
           w.spent_p, w.start_us
    FROM now, budget b
    LEFT JOIN budget_window w ON w.budget = b.id AND w.start_us <= us AND w.end_us > us
    WHERE b.soft = 0),
  paced AS (
    SELECT *, CASE WHEN span = 4 OR start_us IS NULL THEN NULL
                   WHEN left_p <= 0 THEN us
                   WHEN spent_p > 0
                   THEN us + CAST((us - start_us) * (left_p * 1.0 / spent_p) AS INTEGER)
                   END AS empty_us
    FROM now, open_window),
  next_empty AS (
    SELECT name, value, left_p, iif(span = 4, NULL, end_us) AS end_us,
           iif(empty_us < end_us, empty_us, NULL) AS empty_us
    FROM paced
    ORDER BY empty_us IS NULL OR empty_us >= end_us, empty_us, left_p * 1.0 / limit_p LIMIT 1)
  SELECT strftime('%Y-%m-%dT%H:%M:%SZ', now.us / 1000000, 'unixepoch') AS now,
         date(now.us / 1000000, 'unixepoch') AS day, t.calls, t.unknown,
         t.cost_p AS cost_picodollars, $USD(t.cost_p) AS cost_usd,
         (SELECT count(*) FROM pending) AS without_end,
         b.name AS budget, b.value AS budget_value, b.left_p AS left_picodollars,
         $USD(b.left_p) AS left_usd,
         strftime('%Y-%m-%dT%H:%M:%SZ', b.end_us / 1000000, 'unixepoch') AS resets_at,
         strftime('%Y-%m-%dT%H:%M:%SZ', b.empty_us / 1000000, 'unixepoch') AS empty_by,
         (SELECT count(*) FROM block) AS blocks
  FROM now, today t LEFT JOIN next_empty b ON 1;
)sql";

} // namespace

namespace {

// The SQL with what stands for each "mark x)" in it.
std::string replaced(std::string_view rest, std::string_view mark,
                     std::string (*with)(std::string_view column)) {
  std::string sql;
  for (std::size_t at = rest.find(mark); at != rest.npos; at = rest.find(mark)) {
    sql += rest.substr(0, at);
    rest.remove_prefix(at + mark.size());
    std::size_t end = 0; // of the column: behind it stands the last bracket
    for (int open = 1; open > 0; ++end) open += rest[end] == '(' ? 1 : rest[end] == ')' ? -1 : 0;
    sql += with(rest.substr(0, end - 1));
    rest.remove_prefix(end);
  }
  return sql.append(rest);
}

} // namespace

std::string views() { return replaced(replaced(text, "$SUM(", saturating_sum), "$USD(", dollars); }

} // namespace wayfare::ledger
