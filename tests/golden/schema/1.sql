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
