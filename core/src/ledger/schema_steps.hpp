// The SQL of the migrations after the first schema, in their order. schema.cpp has their numbers.
#pragma once

namespace wayfare::ledger {

// Calls with the caller's own key of the provider; budgets that count them; calls that name several
// models. byok: 1 where the provider bills the caller directly, 0 where not. upstream_p: the amount
// that it bills. models: a JSON object with the other names under which the budgets of a model
// count the attempt, each with the name in the request for which it stands; its member "" has the
// names for windows of a budget for each model: see counted_model.hpp. counted: the name in
// the request under which they count an ended attempt. NULL: `requested`. byok of a budget: 0 or
// NULL where it counts cost_p alone. missing: 0 refuses a call without a value for '*'; for 1 or
// NULL such calls share a window. The sums byok_* have the columns of rollup_*, over the calls with
// byok = 1: there cost_p is the sum of upstream_p, and `unknown` counts the calls without it.
inline constexpr const char* own_provider_keys = R"sql(
ALTER TABLE pending ADD COLUMN models TEXT;
ALTER TABLE pending ADD COLUMN counted INTEGER;
ALTER TABLE entry ADD COLUMN byok INTEGER;
ALTER TABLE entry ADD COLUMN upstream_p INTEGER;
ALTER TABLE entry ADD COLUMN models TEXT;
ALTER TABLE entry ADD COLUMN counted INTEGER;
CREATE INDEX entry_upstream_pending ON entry(uid)
  WHERE byok = 1 AND upstream_p IS NULL AND kind <> 1;
ALTER TABLE budget ADD COLUMN byok INTEGER;
ALTER TABLE budget ADD COLUMN missing INTEGER;
CREATE TABLE byok_day(
  day INTEGER NOT NULL, app INTEGER NOT NULL, agent INTEGER NOT NULL, model INTEGER NOT NULL,
  provider INTEGER NOT NULL, key INTEGER NOT NULL,
  calls INTEGER NOT NULL, unknown INTEGER NOT NULL,
  prompt INTEGER NOT NULL, completion INTEGER NOT NULL, cached INTEGER NOT NULL,
  cache_write INTEGER NOT NULL, reasoning INTEGER NOT NULL, cost_p INTEGER NOT NULL,
  PRIMARY KEY (day, app, agent, model, provider, key)) STRICT, WITHOUT ROWID;
CREATE TABLE byok_user(
  day INTEGER NOT NULL, user INTEGER NOT NULL, app INTEGER NOT NULL, model INTEGER NOT NULL,
  calls INTEGER NOT NULL, unknown INTEGER NOT NULL,
  prompt INTEGER NOT NULL, completion INTEGER NOT NULL, cached INTEGER NOT NULL,
  cache_write INTEGER NOT NULL, reasoning INTEGER NOT NULL, cost_p INTEGER NOT NULL,
  PRIMARY KEY (day, user, app, model)) STRICT, WITHOUT ROWID;
CREATE TABLE byok_tag(
  day INTEGER NOT NULL, tag INTEGER NOT NULL, app INTEGER NOT NULL, model INTEGER NOT NULL,
  calls INTEGER NOT NULL, unknown INTEGER NOT NULL,
  prompt INTEGER NOT NULL, completion INTEGER NOT NULL, cached INTEGER NOT NULL,
  cache_write INTEGER NOT NULL, reasoning INTEGER NOT NULL, cost_p INTEGER NOT NULL,
  PRIMARY KEY (day, tag, app, model)) STRICT, WITHOUT ROWID;
)sql";

// Costs given by a person: reason tells why. Amounts that are added to the limit of a budget for a
// while: a writer that does not know them refuses earlier. thresholds: a JSON list of shares of the
// limit in percent. crossing: when a window had spent such a share for the first time. The triggers
// work for every writer, also for one that does not know these tables. A share is rounded up.
inline constexpr const char* care_by_hand = R"sql(
ALTER TABLE entry ADD COLUMN reason TEXT;
CREATE TABLE budget_override(
  id INTEGER PRIMARY KEY, budget INTEGER NOT NULL, amount_p INTEGER NOT NULL CHECK (amount_p > 0),
  made_us INTEGER NOT NULL, until_us INTEGER NOT NULL) STRICT;
CREATE INDEX budget_override_budget ON budget_override(budget);
CREATE TRIGGER wayfare_budget_goes AFTER DELETE ON budget BEGIN
  DELETE FROM budget_override WHERE budget = OLD.id; END;

ALTER TABLE budget ADD COLUMN thresholds TEXT;
CREATE TABLE crossing(
  id INTEGER PRIMARY KEY, window_id INTEGER NOT NULL, percent INTEGER NOT NULL,
  crossed_us INTEGER NOT NULL, limit_p INTEGER NOT NULL, spent_p INTEGER NOT NULL,
  UNIQUE (window_id, percent)) STRICT;
-- The time is that of the ledger: the wall clock, but never before the newest entry.
CREATE TRIGGER wayfare_window_spends AFTER UPDATE OF spent_p ON budget_window
  WHEN NEW.spent_p > 0 AND (SELECT thresholds FROM budget WHERE id = NEW.budget) IS NOT NULL BEGIN
  INSERT INTO crossing(window_id, percent, crossed_us, limit_p, spent_p)
    SELECT NEW.id, p.value,
           max(CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000,
               coalesce((SELECT booked_us FROM entry
                         WHERE id > (SELECT coalesce(max(entry), 0) FROM clock)
                         ORDER BY id DESC LIMIT 1), 0)),
           b.limit_p, NEW.spent_p
    FROM budget b, json_each(b.thresholds) p
    WHERE b.id = NEW.budget
      AND NEW.spent_p >= b.limit_p / 100 * p.value + (b.limit_p % 100 * p.value + 99) / 100
      AND NOT EXISTS (SELECT 1 FROM crossing WHERE window_id = NEW.id AND percent = p.value)
    ORDER BY p.value; END;
CREATE TRIGGER wayfare_window_begins AFTER INSERT ON budget_window WHEN NEW.spent_p > 0 BEGIN
  UPDATE budget_window SET spent_p = spent_p WHERE id = NEW.id; END;
CREATE TRIGGER wayfare_window_goes AFTER DELETE ON budget_window BEGIN
  DELETE FROM crossing WHERE window_id = OLD.id; END;
)sql";

// Agents, each with all its versions. change: 0 created, 1 edited, 2 archived, 3 restored,
// 4 imported. profile: a JSON object without the texts of the agent. content: the SHA-256 of these
// texts, which is the name of their file; NULL: there are none. models and tags are JSON lists, of
// the newest version. A writer that knows no agents makes calls that name none: it enforces the
// budgets of agents as it enforces all budgets.
inline constexpr const char* agents = R"sql(
CREATE TABLE agent(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, version INTEGER NOT NULL,
  archived INTEGER NOT NULL CHECK (archived IN (0, 1)), made_us INTEGER NOT NULL,
  models TEXT NOT NULL, tags TEXT NOT NULL) STRICT;
CREATE TABLE agent_version(
  agent INTEGER NOT NULL, version INTEGER NOT NULL, made_us INTEGER NOT NULL,
  change INTEGER NOT NULL, archived INTEGER NOT NULL CHECK (archived IN (0, 1)),
  profile TEXT NOT NULL, content TEXT,
  PRIMARY KEY (agent, version)) STRICT, WITHOUT ROWID;
CREATE TRIGGER agent_version_stands BEFORE UPDATE ON agent_version BEGIN
  SELECT RAISE(ABORT, 'versions of agents are never changed'); END;
ALTER TABLE pending ADD COLUMN agent_version INTEGER;
ALTER TABLE entry ADD COLUMN agent_version INTEGER;
)sql";

// Models that have failed, by their servers. model: see health_name(). until_us: when the cool-down
// ends; 0: there is none yet. The other columns: see Health. meta.cooldowns is counted up by each
// change. A writer that does not know the table makes calls as if no model cooled down, and its
// calls tell nothing about models.
inline constexpr const char* cooldowns = R"sql(
CREATE TABLE cooldown(
  server INTEGER NOT NULL, model TEXT NOT NULL, failures INTEGER NOT NULL,
  failed_us INTEGER NOT NULL, before_us INTEGER NOT NULL, since_us INTEGER NOT NULL,
  until_us INTEGER NOT NULL, span_us INTEGER NOT NULL, error INTEGER NOT NULL,
  status INTEGER NOT NULL, provider TEXT NOT NULL, entry TEXT NOT NULL, probe TEXT NOT NULL,
  probing_us INTEGER NOT NULL, PRIMARY KEY (server, model)) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES ('cooldowns', '0');
)sql";

// Rate limits: the most requests and tokens within per_s seconds; NULL: any number. Time is cut
// into sixtieths of it. bucket: the number of one, since a time of the limits' own; see
// rate_limits.hpp. value: of the '*' in the scope. tokens of rate_hold: those that an attempt
// without an end is expected to take, in the bucket in which it was reserved.
inline constexpr const char* rate_limits = R"sql(
CREATE TABLE rate_limit(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, requests INTEGER, tokens INTEGER,
  per_s INTEGER NOT NULL,
  app TEXT NOT NULL, agent TEXT NOT NULL, user TEXT NOT NULL, run TEXT NOT NULL,
  tag TEXT NOT NULL, key TEXT NOT NULL, model TEXT NOT NULL) STRICT;
CREATE TABLE rate_bucket(
  rate_limit INTEGER NOT NULL, value TEXT NOT NULL, bucket INTEGER NOT NULL,
  requests INTEGER NOT NULL, tokens INTEGER NOT NULL,
  PRIMARY KEY (rate_limit, value, bucket)) STRICT, WITHOUT ROWID;
CREATE TABLE rate_hold(
  uid TEXT NOT NULL, rate_limit INTEGER NOT NULL, value TEXT NOT NULL, bucket INTEGER NOT NULL,
  tokens INTEGER NOT NULL, PRIMARY KEY (uid, rate_limit)) STRICT, WITHOUT ROWID;
)sql";

// first_us: from the start of the request to the first piece of content. tier: the service tier
// that served. otherwise: 1 where another model served than the request named, 0 where not.
// decision: why the model of an attempt was selected, as JSON; it goes with the entry, whoever
// prunes that.
inline constexpr const char* what_was_served = R"sql(
ALTER TABLE pending ADD COLUMN first_us INTEGER;
ALTER TABLE pending ADD COLUMN tier INTEGER;
ALTER TABLE pending ADD COLUMN otherwise INTEGER;
ALTER TABLE entry ADD COLUMN first_us INTEGER;
ALTER TABLE entry ADD COLUMN tier INTEGER;
ALTER TABLE entry ADD COLUMN otherwise INTEGER;
CREATE TABLE decision(uid TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TRIGGER wayfare_entry_goes AFTER DELETE ON entry WHEN OLD.kind <> 3 BEGIN
  DELETE FROM decision WHERE uid = OLD.uid; END;
)sql";

// A text for each attempt with figures that cannot be right: see Billing::refused_figures. It goes
// with the entry, whoever prunes that. A writer that does not know the table keeps none.
inline constexpr const char* refused_figures = R"sql(
CREATE TABLE refused(uid TEXT PRIMARY KEY, figures TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TRIGGER wayfare_refused_goes AFTER DELETE ON entry WHEN OLD.kind <> 3 BEGIN
  DELETE FROM refused WHERE uid = OLD.uid; END;
)sql";

// Providers of models that have failed. slug: as a request names the provider; provider: its name.
// The other columns are those of cooldown, and meta.cooldowns counts the changes of both. A writer
// that does not know the table leaves out no provider.
inline constexpr const char* provider_cooldowns = R"sql(
CREATE TABLE provider_cooldown(
  server INTEGER NOT NULL, model TEXT NOT NULL, slug TEXT NOT NULL, failures INTEGER NOT NULL,
  failed_us INTEGER NOT NULL, before_us INTEGER NOT NULL, since_us INTEGER NOT NULL,
  until_us INTEGER NOT NULL, span_us INTEGER NOT NULL, error INTEGER NOT NULL,
  status INTEGER NOT NULL, provider TEXT NOT NULL, entry TEXT NOT NULL, probe TEXT NOT NULL,
  probing_us INTEGER NOT NULL, PRIMARY KEY (server, model, slug)) STRICT, WITHOUT ROWID;
)sql";

// quantization: of the weights of the model that served, where a list told it.
inline constexpr const char* quantization = R"sql(
ALTER TABLE pending ADD COLUMN quantization INTEGER;
ALTER TABLE entry ADD COLUMN quantization INTEGER;
)sql";

} // namespace wayfare::ledger
