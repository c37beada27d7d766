PRAGMA application_id = 0x77617966;
PRAGMA user_version = 4;
CREATE TABLE block(
  app TEXT NOT NULL, agent TEXT NOT NULL, user TEXT NOT NULL, run TEXT NOT NULL, tag TEXT NOT NULL, key TEXT NOT NULL,
  model TEXT NOT NULL, made_us INTEGER NOT NULL, PRIMARY KEY (app, agent, user, run, tag, key, model)) STRICT, WITHOUT ROWID;
CREATE TABLE budget(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, limit_p INTEGER NOT NULL CHECK (limit_p >= 0),
  span INTEGER NOT NULL CHECK (span BETWEEN 0 AND 4), soft INTEGER NOT NULL CHECK (soft IN (0, 1)), assume_p INTEGER,
  made_us INTEGER NOT NULL, app TEXT NOT NULL, agent TEXT NOT NULL, user TEXT NOT NULL, run TEXT NOT NULL, tag TEXT NOT NULL,
  key TEXT NOT NULL, model TEXT NOT NULL) STRICT;
CREATE TABLE bwin(
  id INTEGER PRIMARY KEY, budget INTEGER NOT NULL, value TEXT NOT NULL, start_us INTEGER NOT NULL, end_us INTEGER NOT NULL,
  spent_p INTEGER NOT NULL, reserved_p INTEGER NOT NULL, excess_p INTEGER NOT NULL, UNIQUE (budget, value, start_us)) STRICT;
CREATE TABLE clock(id INTEGER PRIMARY KEY, accepted_us INTEGER NOT NULL, before_us INTEGER NOT NULL, entry INTEGER NOT NULL) STRICT;
CREATE TABLE costless(
  uid TEXT PRIMARY KEY, entry INTEGER NOT NULL, marked_us INTEGER NOT NULL, server INTEGER NOT NULL, key INTEGER NOT NULL,
  gen_id TEXT NOT NULL, next_us INTEGER) STRICT, WITHOUT ROWID;
INSERT INTO "costless" VALUES('01JXY000000000000000000003',3,1760000000500003,4,5,'gen-3',NULL);
CREATE TABLE dim(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;
INSERT INTO "dim" VALUES(0,'');
INSERT INTO "dim" VALUES(1,'shop');
INSERT INTO "dim" VALUES(2,'ann');
INSERT INTO "dim" VALUES(3,'m/one');
INSERT INTO "dim" VALUES(4,'http://127.0.0.1:1/api/v1');
INSERT INTO "dim" VALUES(5,'0123456789abcdef');
INSERT INTO "dim" VALUES(6,'chat/completions');
INSERT INTO "dim" VALUES(7,'Prov');
INSERT INTO "dim" VALUES(8,'stop');
INSERT INTO "dim" VALUES(9,'red');
INSERT INTO "dim" VALUES(10,'blue');
CREATE TABLE entry(
  id INTEGER PRIMARY KEY, uid TEXT NOT NULL, call TEXT, kind INTEGER NOT NULL,
  reserved_us INTEGER NOT NULL, booked_us INTEGER NOT NULL,
  server INTEGER NOT NULL, key INTEGER NOT NULL, endpoint INTEGER NOT NULL,
  app INTEGER NOT NULL, agent INTEGER NOT NULL, user INTEGER NOT NULL, run TEXT, tags TEXT, request_id TEXT,
  requested INTEGER NOT NULL, served INTEGER NOT NULL, provider INTEGER NOT NULL, gen_id TEXT,
  prompt INTEGER, completion INTEGER, cached INTEGER, written INTEGER, reasoning INTEGER,
  cost_p INTEGER, cost_source INTEGER NOT NULL,
  finish INTEGER NOT NULL, error INTEGER NOT NULL, status INTEGER, total_us INTEGER, bound_p INTEGER, other_p INTEGER) STRICT;
INSERT INTO "entry" VALUES(1,'01JXY000000000000000000001',NULL,0,1760000000000001,1760000000500001,4,5,6,1,0,2,NULL,'["red","blue"]',NULL,3,3,7,'gen-1',10,5,NULL,NULL,NULL,70,1,8,0,200,9,NULL,NULL);
INSERT INTO "entry" VALUES(2,'01JXY000000000000000000002',NULL,0,1760000000000002,1760000000500002,4,5,6,1,0,2,NULL,'["red","red"]',NULL,3,3,7,'gen-2',20,5,NULL,NULL,NULL,7,1,8,0,200,9,NULL,NULL);
INSERT INTO "entry" VALUES(3,'01JXY000000000000000000003',NULL,0,1760000000000003,1760000000500003,4,5,6,1,0,0,NULL,NULL,NULL,3,3,7,'gen-3',30,5,NULL,NULL,NULL,NULL,0,8,0,200,9,NULL,NULL);
INSERT INTO "entry" VALUES(4,'01JXY000000000000000000004',NULL,0,1760000000000004,1760000000500004,4,5,6,1,0,0,NULL,NULL,NULL,3,3,7,NULL,40,5,NULL,NULL,NULL,NULL,0,8,0,200,9,NULL,NULL);
INSERT INTO "entry" VALUES(5,'01JXY000000000000000000005',NULL,1,1760000000000005,1760000000500005,4,5,6,1,0,2,NULL,'["red"]',NULL,3,3,7,'gen-5',NULL,5,NULL,NULL,NULL,NULL,0,8,0,200,9,NULL,NULL);
CREATE TABLE hold(
  uid TEXT NOT NULL, bwin INTEGER NOT NULL, held_p INTEGER NOT NULL, PRIMARY KEY (uid, bwin)) STRICT, WITHOUT ROWID;
CREATE TABLE instance(
  id INTEGER PRIMARY KEY, slot INTEGER NOT NULL UNIQUE, boot TEXT NOT NULL, started_us INTEGER NOT NULL) STRICT;
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "meta" VALUES('created_by','wayfare 0.1.0');
INSERT INTO "meta" VALUES('created_us','1760000000000000');
INSERT INTO "meta" VALUES('pruned_us','0');
INSERT INTO "meta" VALUES('rules','3');
INSERT INTO "meta" VALUES('uuid','01JXY0000000000000000000ZZ');
CREATE TABLE pending(
  uid TEXT PRIMARY KEY, call TEXT NOT NULL, instance INTEGER NOT NULL, state INTEGER NOT NULL CHECK (state IN (0, 3)),
  reserved_us INTEGER NOT NULL, marked_us INTEGER NOT NULL, bound_p INTEGER, boot INTEGER NOT NULL,
  server INTEGER NOT NULL, key INTEGER NOT NULL, endpoint INTEGER NOT NULL,
  app INTEGER NOT NULL, agent INTEGER NOT NULL, user INTEGER NOT NULL, run TEXT, tags TEXT, request_id TEXT,
  requested INTEGER NOT NULL, served INTEGER NOT NULL DEFAULT 0, provider INTEGER NOT NULL DEFAULT 0, gen_id TEXT,
  prompt INTEGER, completion INTEGER, cached INTEGER, written INTEGER, reasoning INTEGER,
  finish INTEGER NOT NULL DEFAULT 0, error INTEGER NOT NULL DEFAULT 0, status INTEGER, total_us INTEGER, schema INTEGER, next_us INTEGER) STRICT, WITHOUT ROWID;
INSERT INTO "pending" VALUES('01JXY000000000000000000PEN','01JXY000000000000000000PEN',1,3,1760000000000009,1760000000000010,500,0,4,5,6,1,0,2,NULL,'["red"]',NULL,3,0,0,'gen-p',NULL,NULL,NULL,NULL,NULL,0,0,NULL,NULL,2,NULL);
CREATE TABLE rollup_day(
  day INTEGER NOT NULL, app INTEGER NOT NULL, agent INTEGER NOT NULL, model INTEGER NOT NULL, provider INTEGER NOT NULL,
  key INTEGER NOT NULL, calls INTEGER NOT NULL, unknown INTEGER NOT NULL, prompt INTEGER NOT NULL, completion INTEGER NOT NULL,
  cached INTEGER NOT NULL, written INTEGER NOT NULL, reasoning INTEGER NOT NULL, cost_p INTEGER NOT NULL,
  PRIMARY KEY (day, app, agent, model, provider, key)) STRICT, WITHOUT ROWID;
INSERT INTO "rollup_day" VALUES(20370,1,0,3,7,5,4,2,100,20,0,0,0,77);
CREATE TABLE rollup_tag(
  day INTEGER NOT NULL, tag INTEGER NOT NULL, app INTEGER NOT NULL, model INTEGER NOT NULL,
  calls INTEGER NOT NULL, unknown INTEGER NOT NULL, prompt INTEGER NOT NULL, completion INTEGER NOT NULL,
  cached INTEGER NOT NULL, written INTEGER NOT NULL, reasoning INTEGER NOT NULL, cost_p INTEGER NOT NULL,
  PRIMARY KEY (day, tag, app, model)) STRICT, WITHOUT ROWID;
INSERT INTO "rollup_tag" VALUES(20370,9,1,3,2,0,30,10,0,0,0,77);
INSERT INTO "rollup_tag" VALUES(20370,10,1,3,1,0,10,5,0,0,0,70);
CREATE TABLE rollup_user(
  day INTEGER NOT NULL, user INTEGER NOT NULL, app INTEGER NOT NULL, model INTEGER NOT NULL,
  calls INTEGER NOT NULL, unknown INTEGER NOT NULL, prompt INTEGER NOT NULL, completion INTEGER NOT NULL,
  cached INTEGER NOT NULL, written INTEGER NOT NULL, reasoning INTEGER NOT NULL, cost_p INTEGER NOT NULL,
  PRIMARY KEY (day, user, app, model)) STRICT, WITHOUT ROWID;
INSERT INTO "rollup_user" VALUES(20370,2,1,3,2,0,30,10,0,0,0,77);
CREATE TRIGGER entry_stands BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;
CREATE VIEW v1_usage_day AS
  SELECT date(r.day * 86400, 'unixepoch') AS day, app.text AS app, agent.text AS agent, model.text AS model, provider.text AS provider,
         substr(key.text, 1, 12) AS key, r.calls, r.unknown, r.prompt AS prompt_tokens, r.completion AS completion_tokens,
         r.cached AS cached_tokens, r.written AS written_tokens, r.reasoning AS reasoning_tokens, r.cost_p AS cost_picodollars
  FROM rollup_day r JOIN dim app ON app.id = r.app JOIN dim agent ON agent.id = r.agent JOIN dim model ON model.id = r.model
  JOIN dim provider ON provider.id = r.provider JOIN dim key ON key.id = r.key;
CREATE TRIGGER pending_knows_budgets BEFORE INSERT ON pending WHEN NEW.schema IS NULL BEGIN
  SELECT RAISE(ABORT, 'a newer wayfare has taken this ledger over: restart this process with it'); END;
CREATE INDEX hold_bwin ON hold(bwin);
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
CREATE INDEX entry_correction ON entry(uid) WHERE kind = 3;
CREATE INDEX entry_costless ON entry(uid) WHERE cost_p IS NULL AND kind IN (0, 2);
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
