#include "ledger/schema.hpp"

namespace wayfare::ledger {

static const char* const schema_1 = R"sql(
PRAGMA application_id = 0x77617966;
PRAGMA user_version = 1;

CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE dim(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;
INSERT INTO dim VALUES (0, '');

-- A process that writes. It holds a lock on byte 2 + slot of the lock file for as long as it lives.
CREATE TABLE instance(
  id INTEGER PRIMARY KEY, slot INTEGER NOT NULL UNIQUE, boot TEXT NOT NULL, started_us INTEGER NOT NULL) STRICT;

-- Attempts without an end. state: 0 reserved (may have been sent), 3 unknown (may have been billed; what is known of it stands here).
CREATE TABLE pending(
  uid TEXT PRIMARY KEY, call TEXT NOT NULL, instance INTEGER NOT NULL, state INTEGER NOT NULL CHECK (state IN (0, 3)),
  reserved_us INTEGER NOT NULL, marked_us INTEGER NOT NULL, bound_p INTEGER, boot INTEGER NOT NULL,
  server INTEGER NOT NULL, key INTEGER NOT NULL, endpoint INTEGER NOT NULL,
  app INTEGER NOT NULL, agent INTEGER NOT NULL, user INTEGER NOT NULL, run TEXT, tags TEXT, request_id TEXT,
  requested INTEGER NOT NULL, served INTEGER NOT NULL DEFAULT 0, provider INTEGER NOT NULL DEFAULT 0, gen_id TEXT,
  prompt INTEGER, completion INTEGER, cached INTEGER, written INTEGER, reasoning INTEGER,
  finish INTEGER NOT NULL DEFAULT 0, error INTEGER NOT NULL DEFAULT 0, status INTEGER, total_us INTEGER) STRICT, WITHOUT ROWID;

-- Ended attempts, in the order of their ends; never changed. kind: 0 settled, 1 void. cost_source: 0 none, 1 response.
CREATE TABLE entry(
  id INTEGER PRIMARY KEY, uid TEXT NOT NULL, call TEXT, kind INTEGER NOT NULL,
  reserved_us INTEGER NOT NULL, booked_us INTEGER NOT NULL,
  server INTEGER NOT NULL, key INTEGER NOT NULL, endpoint INTEGER NOT NULL,
  app INTEGER NOT NULL, agent INTEGER NOT NULL, user INTEGER NOT NULL, run TEXT, tags TEXT, request_id TEXT,
  requested INTEGER NOT NULL, served INTEGER NOT NULL, provider INTEGER NOT NULL, gen_id TEXT,
  prompt INTEGER, completion INTEGER, cached INTEGER, written INTEGER, reasoning INTEGER,
  cost_p INTEGER, cost_source INTEGER NOT NULL,
  finish INTEGER NOT NULL, error INTEGER NOT NULL, status INTEGER, total_us INTEGER) STRICT;
CREATE TRIGGER entry_stands BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;
CREATE TRIGGER entry_stays BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;

-- Sums of the settled entries, kept in the transaction that settles. day: of reserved_us, days since 1970. cost_p: of the known costs.
CREATE TABLE rollup_day(
  day INTEGER NOT NULL, app INTEGER NOT NULL, agent INTEGER NOT NULL, model INTEGER NOT NULL, provider INTEGER NOT NULL,
  key INTEGER NOT NULL, calls INTEGER NOT NULL, unknown INTEGER NOT NULL, prompt INTEGER NOT NULL, completion INTEGER NOT NULL,
  cached INTEGER NOT NULL, written INTEGER NOT NULL, reasoning INTEGER NOT NULL, cost_p INTEGER NOT NULL,
  PRIMARY KEY (day, app, agent, model, provider, key)) STRICT, WITHOUT ROWID;

-- The same for any SQLite tool. Columns are only ever added to a view of one prefix.
CREATE VIEW v1_entries AS
  SELECT e.uid AS entry, CASE e.kind WHEN 0 THEN 'settled' ELSE 'void' END AS state,
         strftime('%Y-%m-%dT%H:%M:%SZ', e.reserved_us / 1000000, 'unixepoch') AS reserved,
         strftime('%Y-%m-%dT%H:%M:%SZ', e.booked_us / 1000000, 'unixepoch') AS booked,
         app.text AS app, agent.text AS agent, user.text AS user, e.run, e.tags, e.request_id,
         coalesce(nullif(served.text, ''), requested.text) AS model, requested.text AS requested_model, provider.text AS provider,
         e.gen_id AS generation_id, e.prompt AS prompt_tokens, e.completion AS completion_tokens, e.cached AS cached_tokens,
         e.written AS written_tokens, e.reasoning AS reasoning_tokens, e.cost_p AS cost_picodollars,
         CASE WHEN e.cost_p IS NOT NULL THEN printf('%d.%012d', e.cost_p / 1000000000000, e.cost_p % 1000000000000) END AS cost_usd,
         CASE e.cost_source WHEN 1 THEN 'response' ELSE 'none' END AS cost_source, finish.text AS finish_reason, e.status, e.total_us
  FROM entry e JOIN dim app ON app.id = e.app JOIN dim agent ON agent.id = e.agent JOIN dim user ON user.id = e.user
  JOIN dim served ON served.id = e.served JOIN dim requested ON requested.id = e.requested
  JOIN dim provider ON provider.id = e.provider JOIN dim finish ON finish.id = e.finish;

CREATE VIEW v1_pending AS
  SELECT p.uid AS entry, CASE p.state WHEN 0 THEN 'reserved' ELSE 'unknown' END AS state,
         strftime('%Y-%m-%dT%H:%M:%SZ', p.reserved_us / 1000000, 'unixepoch') AS reserved,
         app.text AS app, agent.text AS agent, user.text AS user, p.run, p.tags, p.request_id, requested.text AS requested_model,
         p.gen_id AS generation_id
  FROM pending p JOIN dim app ON app.id = p.app JOIN dim agent ON agent.id = p.agent JOIN dim user ON user.id = p.user
  JOIN dim requested ON requested.id = p.requested;

CREATE VIEW v1_usage_day AS
  SELECT date(r.day * 86400, 'unixepoch') AS day, app.text AS app, agent.text AS agent, model.text AS model, provider.text AS provider,
         substr(key.text, 1, 12) AS key, r.calls, r.unknown, r.prompt AS prompt_tokens, r.completion AS completion_tokens,
         r.cached AS cached_tokens, r.written AS written_tokens, r.reasoning AS reasoning_tokens, r.cost_p AS cost_picodollars
  FROM rollup_day r JOIN dim app ON app.id = r.app JOIN dim agent ON agent.id = r.agent JOIN dim model ON model.id = r.model
  JOIN dim provider ON provider.id = r.provider JOIN dim key ON key.id = r.key;
)sql";

// Whoever adds the next one counts `rules` up in it, as this one does by making it: processes that have the file open look there.
static const char* const to_2 = R"sql(
PRAGMA user_version = 2;
ALTER TABLE pending ADD COLUMN schema INTEGER; -- of the writer: those before 2 know no budgets, and must not go on
CREATE TRIGGER pending_knows_budgets BEFORE INSERT ON pending WHEN NEW.schema IS NULL BEGIN
  SELECT RAISE(ABORT, 'a newer wayfare has taken this ledger over: restart this process with it'); END;
ALTER TABLE entry ADD COLUMN bound_p INTEGER;

-- Limits. span: 0 hour, 1 day, 2 week, 3 month, 4 lifetime. An empty dimension takes every call, '*' gives each value a window.
CREATE TABLE budget(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, limit_p INTEGER NOT NULL CHECK (limit_p >= 0),
  span INTEGER NOT NULL CHECK (span BETWEEN 0 AND 4), soft INTEGER NOT NULL CHECK (soft IN (0, 1)), assume_p INTEGER,
  made_us INTEGER NOT NULL, app TEXT NOT NULL, agent TEXT NOT NULL, user TEXT NOT NULL, run TEXT NOT NULL, tag TEXT NOT NULL,
  key TEXT NOT NULL, model TEXT NOT NULL) STRICT;
-- A budget in one period, for one value of its '*'. excess_p: of costs above what was held, and of a limit set below what is spent.
CREATE TABLE bwin(
  id INTEGER PRIMARY KEY, budget INTEGER NOT NULL, value TEXT NOT NULL, start_us INTEGER NOT NULL, end_us INTEGER NOT NULL,
  spent_p INTEGER NOT NULL, reserved_p INTEGER NOT NULL, excess_p INTEGER NOT NULL, UNIQUE (budget, value, start_us)) STRICT;
-- What an attempt without a known cost holds in a window. It stays while the cost is unknown, settled or not.
CREATE TABLE hold(
  uid TEXT NOT NULL, bwin INTEGER NOT NULL, held_p INTEGER NOT NULL, PRIMARY KEY (uid, bwin)) STRICT, WITHOUT ROWID;
CREATE INDEX hold_bwin ON hold(bwin);
CREATE TABLE block(
  app TEXT NOT NULL, agent TEXT NOT NULL, user TEXT NOT NULL, run TEXT NOT NULL, tag TEXT NOT NULL, key TEXT NOT NULL,
  model TEXT NOT NULL, made_us INTEGER NOT NULL, PRIMARY KEY (app, agent, user, run, tag, key, model)) STRICT, WITHOUT ROWID;
-- Where ledger time began anew at the wall clock: behind entry `entry`.
CREATE TABLE clock(id INTEGER PRIMARY KEY, accepted_us INTEGER NOT NULL, before_us INTEGER NOT NULL, entry INTEGER NOT NULL) STRICT;
-- rules: counted up by each change of a budget or a block. pruned_us: entries booked before it may have gone.
INSERT INTO meta VALUES ('rules', '1'), ('pruned_us', '0');
DROP TRIGGER entry_stays;
CREATE TRIGGER entry_stays BEFORE DELETE ON entry
  WHEN OLD.booked_us >= (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'pruned_us') BEGIN
  SELECT RAISE(ABORT, 'entries are never deleted, but for old ones by prune'); END;

CREATE VIEW v1_budgets AS
  SELECT b.name, CASE b.span WHEN 0 THEN 'hour' WHEN 1 THEN 'day' WHEN 2 THEN 'week' WHEN 3 THEN 'month' ELSE 'lifetime' END AS window,
         CASE b.soft WHEN 1 THEN 'soft' ELSE 'hard' END AS mode, b.app, b.agent, b.user, b.run, b.tag, b.key, b.model, w.value,
         strftime('%Y-%m-%dT%H:%M:%SZ', w.start_us / 1000000, 'unixepoch') AS start,
         CASE b.span WHEN 4 THEN NULL ELSE strftime('%Y-%m-%dT%H:%M:%SZ', w.end_us / 1000000, 'unixepoch') END AS resets_at,
         b.limit_p AS limit_picodollars, w.spent_p AS spent_picodollars, w.reserved_p AS reserved_picodollars,
         w.excess_p AS excess_picodollars, b.limit_p - w.spent_p - w.reserved_p AS left_picodollars
  FROM budget b LEFT JOIN bwin w ON w.budget = b.id;
CREATE VIEW v1_blocks AS
  SELECT app, agent, user, run, tag, key, model, strftime('%Y-%m-%dT%H:%M:%SZ', made_us / 1000000, 'unixepoch') AS made FROM block;
)sql";

// Of users and tags, sums of their own; what of a cost is looked up later, and what is then booked about it.
static const char* const to_3 = R"sql(
PRAGMA user_version = 3;
UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'rules';
-- Of unknown attempts: what they cost is not looked up again before it. NULL: it never was.
ALTER TABLE pending ADD COLUMN next_us INTEGER;
-- Settled attempts without a cost that can be looked up, as above; entry: the id of their row.
CREATE TABLE costless(
  uid TEXT PRIMARY KEY, entry INTEGER NOT NULL, marked_us INTEGER NOT NULL, server INTEGER NOT NULL, key INTEGER NOT NULL,
  gen_id TEXT NOT NULL, next_us INTEGER) STRICT, WITHOUT ROWID;
-- entry.kind has two more: 2 given up (charged at its bound, where there is one), 3 correction (what is to be added to the entry of the
-- same uid). entry.cost_source: 2 generation, 3 bound.
CREATE INDEX entry_correction ON entry(uid) WHERE kind = 3;
CREATE INDEX entry_costless ON entry(uid) WHERE cost_p IS NULL AND kind IN (0, 2); -- what windows hold of the ended ones

-- As rollup_day. By user: the calls that have one. By tag: of a call with several, each has it whole.
CREATE TABLE rollup_user(
  day INTEGER NOT NULL, user INTEGER NOT NULL, app INTEGER NOT NULL, model INTEGER NOT NULL,
  calls INTEGER NOT NULL, unknown INTEGER NOT NULL, prompt INTEGER NOT NULL, completion INTEGER NOT NULL,
  cached INTEGER NOT NULL, written INTEGER NOT NULL, reasoning INTEGER NOT NULL, cost_p INTEGER NOT NULL,
  PRIMARY KEY (day, user, app, model)) STRICT, WITHOUT ROWID;
CREATE TABLE rollup_tag(
  day INTEGER NOT NULL, tag INTEGER NOT NULL, app INTEGER NOT NULL, model INTEGER NOT NULL,
  calls INTEGER NOT NULL, unknown INTEGER NOT NULL, prompt INTEGER NOT NULL, completion INTEGER NOT NULL,
  cached INTEGER NOT NULL, written INTEGER NOT NULL, reasoning INTEGER NOT NULL, cost_p INTEGER NOT NULL,
  PRIMARY KEY (day, tag, app, model)) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO dim(text) SELECT DISTINCT t.value FROM entry e, json_each(e.tags) t WHERE e.kind = 0;
INSERT INTO rollup_user
  SELECT reserved_us / 86400000000, user, app, CASE served WHEN 0 THEN requested ELSE served END AS model, count(*), sum(cost_p IS NULL),
         sum(coalesce(prompt, 0)), sum(coalesce(completion, 0)), sum(coalesce(cached, 0)), sum(coalesce(written, 0)),
         sum(coalesce(reasoning, 0)), sum(coalesce(cost_p, 0))
  FROM entry WHERE kind = 0 AND user <> 0 GROUP BY 1, user, app, model;
INSERT INTO rollup_tag
  SELECT e.reserved_us / 86400000000, d.id, e.app, CASE e.served WHEN 0 THEN e.requested ELSE e.served END AS model, count(*),
         sum(e.cost_p IS NULL), sum(coalesce(e.prompt, 0)), sum(coalesce(e.completion, 0)), sum(coalesce(e.cached, 0)),
         sum(coalesce(e.written, 0)), sum(coalesce(e.reasoning, 0)), sum(coalesce(e.cost_p, 0))
  FROM entry e, (SELECT DISTINCT e.id, t.value FROM entry e, json_each(e.tags) t) u, dim d
  WHERE e.kind = 0 AND u.id = e.id AND d.text = u.value GROUP BY 1, d.id, e.app, model;
INSERT INTO costless(uid, entry, marked_us, server, key, gen_id)
  SELECT uid, id, booked_us, server, key, gen_id FROM entry WHERE kind = 0 AND cost_p IS NULL AND gen_id GLOB 'gen-*';

DROP VIEW v1_entries;
CREATE VIEW v1_entries AS
  SELECT e.uid AS entry,
         CASE e.kind WHEN 1 THEN 'void' WHEN 2 THEN CASE WHEN e.cost_p IS NULL THEN 'unknown' ELSE 'settled' END ELSE 'settled' END AS state,
         strftime('%Y-%m-%dT%H:%M:%SZ', e.reserved_us / 1000000, 'unixepoch') AS reserved,
         strftime('%Y-%m-%dT%H:%M:%SZ', e.booked_us / 1000000, 'unixepoch') AS booked,
         app.text AS app, agent.text AS agent, user.text AS user, e.run, e.tags, e.request_id,
         coalesce(nullif(served.text, ''), requested.text) AS model, requested.text AS requested_model, provider.text AS provider,
         e.gen_id AS generation_id, e.prompt AS prompt_tokens, e.completion AS completion_tokens, e.cached AS cached_tokens,
         e.written AS written_tokens, e.reasoning AS reasoning_tokens, e.cost_p AS cost_picodollars,
         CASE WHEN e.cost_p IS NOT NULL THEN printf('%d.%012d', e.cost_p / 1000000000000, e.cost_p % 1000000000000) END AS cost_usd,
         CASE e.cost_source WHEN 1 THEN 'response' WHEN 2 THEN 'generation' WHEN 3 THEN 'bound' ELSE 'none' END AS cost_source,
         finish.text AS finish_reason, e.status, e.total_us, e.kind = 3 AS correction
  FROM entry e JOIN dim app ON app.id = e.app JOIN dim agent ON agent.id = e.agent JOIN dim user ON user.id = e.user
  JOIN dim served ON served.id = e.served JOIN dim requested ON requested.id = e.requested
  JOIN dim provider ON provider.id = e.provider JOIN dim finish ON finish.id = e.finish;

DROP VIEW v1_pending;
CREATE VIEW v1_pending AS
  SELECT p.uid AS entry, CASE p.state WHEN 0 THEN 'reserved' ELSE 'unknown' END AS state,
         strftime('%Y-%m-%dT%H:%M:%SZ', p.reserved_us / 1000000, 'unixepoch') AS reserved,
         app.text AS app, agent.text AS agent, user.text AS user, p.run, p.tags, p.request_id, requested.text AS requested_model,
         p.gen_id AS generation_id,
         CASE p.state WHEN 3 THEN strftime('%Y-%m-%dT%H:%M:%SZ', p.marked_us / 1000000, 'unixepoch') END AS unknown_since,
         p.bound_p AS bound_picodollars, coalesce(nullif(served.text, ''), requested.text) AS model, provider.text AS provider, p.status
  FROM pending p JOIN dim app ON app.id = p.app JOIN dim agent ON agent.id = p.agent JOIN dim user ON user.id = p.user
  JOIN dim requested ON requested.id = p.requested JOIN dim served ON served.id = p.served JOIN dim provider ON provider.id = p.provider;

CREATE VIEW v1_usage_user_day AS
  SELECT date(r.day * 86400, 'unixepoch') AS day, user.text AS user, app.text AS app, model.text AS model, r.calls, r.unknown,
         r.prompt AS prompt_tokens, r.completion AS completion_tokens, r.cached AS cached_tokens, r.written AS written_tokens,
         r.reasoning AS reasoning_tokens, r.cost_p AS cost_picodollars
  FROM rollup_user r JOIN dim user ON user.id = r.user JOIN dim app ON app.id = r.app JOIN dim model ON model.id = r.model;
CREATE VIEW v1_usage_tag_day AS
  SELECT date(r.day * 86400, 'unixepoch') AS day, tag.text AS tag, app.text AS app, model.text AS model, r.calls, r.unknown,
         r.prompt AS prompt_tokens, r.completion AS completion_tokens, r.cached AS cached_tokens, r.written AS written_tokens,
         r.reasoning AS reasoning_tokens, r.cost_p AS cost_picodollars
  FROM rollup_tag r JOIN dim tag ON tag.id = r.tag JOIN dim app ON app.id = r.app JOIN dim model ON model.id = r.model;
)sql";

// What of a cost the tokens do not explain.
static const char* const to_4 = R"sql(
PRAGMA user_version = 4;
UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'rules';
ALTER TABLE entry ADD COLUMN other_p INTEGER;
DROP VIEW v1_entries;
CREATE VIEW v1_entries AS
  SELECT e.uid AS entry,
         CASE e.kind WHEN 1 THEN 'void' WHEN 2 THEN CASE WHEN e.cost_p IS NULL THEN 'unknown' ELSE 'settled' END ELSE 'settled' END AS state,
         strftime('%Y-%m-%dT%H:%M:%SZ', e.reserved_us / 1000000, 'unixepoch') AS reserved,
         strftime('%Y-%m-%dT%H:%M:%SZ', e.booked_us / 1000000, 'unixepoch') AS booked,
         app.text AS app, agent.text AS agent, user.text AS user, e.run, e.tags, e.request_id,
         coalesce(nullif(served.text, ''), requested.text) AS model, requested.text AS requested_model, provider.text AS provider,
         e.gen_id AS generation_id, e.prompt AS prompt_tokens, e.completion AS completion_tokens, e.cached AS cached_tokens,
         e.written AS written_tokens, e.reasoning AS reasoning_tokens, e.cost_p AS cost_picodollars,
         CASE WHEN e.cost_p IS NOT NULL THEN printf('%d.%012d', e.cost_p / 1000000000000, e.cost_p % 1000000000000) END AS cost_usd,
         CASE e.cost_source WHEN 1 THEN 'response' WHEN 2 THEN 'generation' WHEN 3 THEN 'bound' ELSE 'none' END AS cost_source,
         finish.text AS finish_reason, e.status, e.total_us, e.kind = 3 AS correction,
         e.other_p AS other_cost_picodollars, e.error AS error_code
  FROM entry e JOIN dim app ON app.id = e.app JOIN dim agent ON agent.id = e.agent JOIN dim user ON user.id = e.user
  JOIN dim served ON served.id = e.served JOIN dim requested ON requested.id = e.requested
  JOIN dim provider ON provider.id = e.provider JOIN dim finish ON finish.id = e.finish;
)sql";

// Costs that were computed: entry.cost_source 4.
static const char* const to_5 = R"sql(
PRAGMA user_version = 5;
DROP VIEW v1_entries;
CREATE VIEW v1_entries AS
  SELECT e.uid AS entry,
         CASE e.kind WHEN 1 THEN 'void' WHEN 2 THEN CASE WHEN e.cost_p IS NULL THEN 'unknown' ELSE 'settled' END ELSE 'settled' END AS state,
         strftime('%Y-%m-%dT%H:%M:%SZ', e.reserved_us / 1000000, 'unixepoch') AS reserved,
         strftime('%Y-%m-%dT%H:%M:%SZ', e.booked_us / 1000000, 'unixepoch') AS booked,
         app.text AS app, agent.text AS agent, user.text AS user, e.run, e.tags, e.request_id,
         coalesce(nullif(served.text, ''), requested.text) AS model, requested.text AS requested_model, provider.text AS provider,
         e.gen_id AS generation_id, e.prompt AS prompt_tokens, e.completion AS completion_tokens, e.cached AS cached_tokens,
         e.written AS written_tokens, e.reasoning AS reasoning_tokens, e.cost_p AS cost_picodollars,
         CASE WHEN e.cost_p IS NOT NULL THEN printf('%d.%012d', e.cost_p / 1000000000000, e.cost_p % 1000000000000) END AS cost_usd,
         CASE e.cost_source WHEN 1 THEN 'response' WHEN 2 THEN 'generation' WHEN 3 THEN 'bound' WHEN 4 THEN 'computed' ELSE 'none' END AS cost_source,
         finish.text AS finish_reason, e.status, e.total_us, e.kind = 3 AS correction,
         e.other_p AS other_cost_picodollars, e.error AS error_code
  FROM entry e JOIN dim app ON app.id = e.app JOIN dim agent ON agent.id = e.agent JOIN dim user ON user.id = e.user
  JOIN dim served ON served.id = e.served JOIN dim requested ON requested.id = e.requested
  JOIN dim provider ON provider.id = e.provider JOIN dim finish ON finish.id = e.finish;
)sql";

const char* const migrations[schema_version] = {schema_1, to_2, to_3, to_4, to_5};

} // namespace wayfare::ledger
