#include "ledger/schema.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "ledger/schema_steps.hpp"
#include "ledger/views.hpp"

namespace wayfare::ledger {

namespace {

constexpr const char* tables = R"sql(
PRAGMA application_id = 0x77617966;

-- rules: counted up by each change of a budget, a block or the schema.
-- pruned_us: entries booked before it may have gone.
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES ('rules', '1'), ('pruned_us', '0');
CREATE TABLE name(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;
INSERT INTO name VALUES (0, '');

-- A process that writes. It holds a lock on byte 2 + slot of the lock file for as long as it lives.
CREATE TABLE instance(
  id INTEGER PRIMARY KEY, slot INTEGER NOT NULL UNIQUE, boot TEXT NOT NULL,
  started_us INTEGER NOT NULL) STRICT;

-- Attempts without an end.
-- state: 0 reserved (may have been sent), 3 unknown (may have been billed; the columns hold what
-- is known of it).
-- looks_up: 1 where the server tells later what an attempt has cost, by its gen_id.
-- next_us: the cost of an unknown attempt is not looked up again before it. NULL: it never was.
CREATE TABLE pending(
  uid TEXT PRIMARY KEY, call TEXT NOT NULL, instance INTEGER NOT NULL,
  state INTEGER NOT NULL CHECK (state IN (0, 3)),
  reserved_us INTEGER NOT NULL, marked_us INTEGER NOT NULL, bound_p INTEGER, boot INTEGER NOT NULL,
  server INTEGER NOT NULL, key INTEGER NOT NULL, endpoint INTEGER NOT NULL,
  app INTEGER NOT NULL, agent INTEGER NOT NULL, user INTEGER NOT NULL,
  run TEXT, tags TEXT, request_id TEXT,
  requested INTEGER NOT NULL, served INTEGER NOT NULL DEFAULT 0,
  provider INTEGER NOT NULL DEFAULT 0, gen_id TEXT,
  prompt INTEGER, completion INTEGER, cached INTEGER, cache_write INTEGER, reasoning INTEGER,
  finish INTEGER NOT NULL DEFAULT 0, error INTEGER NOT NULL DEFAULT 0, status INTEGER,
  total_us INTEGER, looks_up INTEGER NOT NULL, next_us INTEGER) STRICT, WITHOUT ROWID;

-- Ended attempts, in the order of their ends. They never change.
-- kind: 0 settled, 1 void, 2 given up (charged at its bound, where there is one),
-- 3 correction (to be added to the entry of the same uid).
-- cost_source: 0 none, 1 response, 2 generation, 3 bound, 4 computed, 5 manual.
-- non_token_p: the part of the cost that the tokens do not explain.
CREATE TABLE entry(
  id INTEGER PRIMARY KEY, uid TEXT NOT NULL, call TEXT, kind INTEGER NOT NULL,
  reserved_us INTEGER NOT NULL, booked_us INTEGER NOT NULL,
  server INTEGER NOT NULL, key INTEGER NOT NULL, endpoint INTEGER NOT NULL,
  app INTEGER NOT NULL, agent INTEGER NOT NULL, user INTEGER NOT NULL,
  run TEXT, tags TEXT, request_id TEXT,
  requested INTEGER NOT NULL, served INTEGER NOT NULL, provider INTEGER NOT NULL, gen_id TEXT,
  prompt INTEGER, completion INTEGER, cached INTEGER, cache_write INTEGER, reasoning INTEGER,
  cost_p INTEGER, cost_source INTEGER NOT NULL,
  finish INTEGER NOT NULL, error INTEGER NOT NULL, status INTEGER, total_us INTEGER,
  bound_p INTEGER, non_token_p INTEGER) STRICT;
CREATE INDEX entry_correction ON entry(uid) WHERE kind = 3;
-- What windows hold of the ended ones.
CREATE INDEX entry_cost_pending ON entry(uid) WHERE cost_p IS NULL AND kind IN (0, 2);
CREATE TRIGGER entry_stands BEFORE UPDATE ON entry BEGIN
  SELECT RAISE(ABORT, 'entries are never changed'); END;
CREATE TRIGGER entry_stays BEFORE DELETE ON entry
  WHEN OLD.booked_us >= (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'pruned_us') BEGIN
  SELECT RAISE(ABORT, 'entries are never deleted, but for old ones by prune'); END;

-- Settled attempts without a cost that can be looked up. entry: the id of their row.
-- next_us: as that of pending.
CREATE TABLE cost_pending(
  uid TEXT PRIMARY KEY, entry INTEGER NOT NULL, marked_us INTEGER NOT NULL,
  server INTEGER NOT NULL, key INTEGER NOT NULL, gen_id TEXT NOT NULL,
  next_us INTEGER) STRICT, WITHOUT ROWID;

-- Sums of the settled entries, kept in the transaction that settles.
-- day: of reserved_us, days since 1970. cost_p: of the known costs. By user: the calls that have
-- one. By tag: a call with several tags is in each of them, whole.
CREATE TABLE rollup_day(
  day INTEGER NOT NULL, app INTEGER NOT NULL, agent INTEGER NOT NULL, model INTEGER NOT NULL,
  provider INTEGER NOT NULL, key INTEGER NOT NULL,
  calls INTEGER NOT NULL, unknown INTEGER NOT NULL,
  prompt INTEGER NOT NULL, completion INTEGER NOT NULL, cached INTEGER NOT NULL,
  cache_write INTEGER NOT NULL, reasoning INTEGER NOT NULL, cost_p INTEGER NOT NULL,
  PRIMARY KEY (day, app, agent, model, provider, key)) STRICT, WITHOUT ROWID;
CREATE TABLE rollup_user(
  day INTEGER NOT NULL, user INTEGER NOT NULL, app INTEGER NOT NULL, model INTEGER NOT NULL,
  calls INTEGER NOT NULL, unknown INTEGER NOT NULL,
  prompt INTEGER NOT NULL, completion INTEGER NOT NULL, cached INTEGER NOT NULL,
  cache_write INTEGER NOT NULL, reasoning INTEGER NOT NULL, cost_p INTEGER NOT NULL,
  PRIMARY KEY (day, user, app, model)) STRICT, WITHOUT ROWID;
CREATE TABLE rollup_tag(
  day INTEGER NOT NULL, tag INTEGER NOT NULL, app INTEGER NOT NULL, model INTEGER NOT NULL,
  calls INTEGER NOT NULL, unknown INTEGER NOT NULL,
  prompt INTEGER NOT NULL, completion INTEGER NOT NULL, cached INTEGER NOT NULL,
  cache_write INTEGER NOT NULL, reasoning INTEGER NOT NULL, cost_p INTEGER NOT NULL,
  PRIMARY KEY (day, tag, app, model)) STRICT, WITHOUT ROWID;

-- Limits. span: 0 hour, 1 day, 2 week, 3 month, 4 lifetime.
-- An empty part of the scope takes every call, '*' gives each value a window of its own.
CREATE TABLE budget(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
  limit_p INTEGER NOT NULL CHECK (limit_p >= 0),
  span INTEGER NOT NULL CHECK (span BETWEEN 0 AND 4),
  soft INTEGER NOT NULL CHECK (soft IN (0, 1)), assume_p INTEGER, made_us INTEGER NOT NULL,
  app TEXT NOT NULL, agent TEXT NOT NULL, user TEXT NOT NULL, run TEXT NOT NULL,
  tag TEXT NOT NULL, key TEXT NOT NULL, model TEXT NOT NULL) STRICT;
-- A budget in one period, for one value of its '*'.
-- excess_p: of costs above what was held, and of a limit set below what is spent.
CREATE TABLE budget_window(
  id INTEGER PRIMARY KEY, budget INTEGER NOT NULL, value TEXT NOT NULL,
  start_us INTEGER NOT NULL, end_us INTEGER NOT NULL,
  spent_p INTEGER NOT NULL, reserved_p INTEGER NOT NULL, excess_p INTEGER NOT NULL,
  UNIQUE (budget, value, start_us)) STRICT;
-- What an attempt without a known cost holds in a window.
-- It stays while the cost is unknown, settled or not.
CREATE TABLE hold(
  uid TEXT NOT NULL, window_id INTEGER NOT NULL, held_p INTEGER NOT NULL,
  PRIMARY KEY (uid, window_id)) STRICT, WITHOUT ROWID;
CREATE INDEX hold_window ON hold(window_id);
CREATE TABLE block(
  app TEXT NOT NULL, agent TEXT NOT NULL, user TEXT NOT NULL, run TEXT NOT NULL,
  tag TEXT NOT NULL, key TEXT NOT NULL, model TEXT NOT NULL, made_us INTEGER NOT NULL,
  PRIMARY KEY (app, agent, user, run, tag, key, model)) STRICT, WITHOUT ROWID;
-- Where ledger time began anew at the wall clock: behind entry `entry`.
CREATE TABLE clock(
  id INTEGER PRIMARY KEY, accepted_us INTEGER NOT NULL, before_us INTEGER NOT NULL,
  entry INTEGER NOT NULL) STRICT;
)sql";

constexpr Migration steps_made[] = {
    {7, 6, own_provider_keys},
    {8, 6, care_by_hand},
    {9, 6, "-- new columns of views, and v1_status"},
    {10, 6, "-- v1_status counts overrides"},
    {11, 6, agents},
    {12, 6, cooldowns},
    {13, 6, rate_limits},
    {14, 6, what_was_served},
    {15, 6, "-- v1_entries tells the server"},
    {16, 6, refused_figures},
    {17, 6, provider_cooldowns},
    {18, 6, quantization},
#ifdef WAYFARE_TEST_NEXT_SCHEMA
    {schema_version, 6,
     "ALTER TABLE entry ADD COLUMN colour TEXT; ALTER TABLE pending ADD COLUMN colour TEXT;"
     "ALTER TABLE budget ADD COLUMN colour TEXT; CREATE TABLE colours(name TEXT)"},
#endif
};

// The rules that a writer of an older schema does not enforce: that schema's successor, why, the
// condition on a row b of the table, and the table with its name in words.
struct Need {
  std::int32_t schema;
  const char* words;
  const char* condition;
  const char* table = "budget";
  const char* name = "the budget ";
};
constexpr Need needs[] = {
#ifdef WAYFARE_TEST_NEXT_SCHEMA
    {schema_version, "has a colour", "b.name GLOB 'coloured*'"},
#endif
    {13, "is not known to older versions", "true", "rate_limit", "the rate limit "},
    {12, "counts each model by one of its names (model *)", "b.model = '*'"},
    {7, "counts the costs of your own provider keys (byok)", "b.byok = 1"},
    {7, "refuses calls without a value for the * (missing)",
     "b.missing = 0 AND '*' IN (b.app, b.agent, b.user, b.run, b.key, b.model)"},
};

void drop_views(sqlite::Database& database) {
  std::vector<std::string> names;
  sqlite::Statement known = database.prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'view' AND name GLOB 'v[0-9]*'");
  while (known.step()) names.emplace_back(known.text(0));
  known.reset();
  for (const std::string& name : names) database.execute("DROP VIEW " + name);
}

} // namespace

std::span<const Migration> migrations() { return steps_made; }

std::int64_t schema_of(sqlite::Database& database) {
  sqlite::Statement stated =
      database.prepare("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'schema'");
  return stated.step() ? stated.integer(0) : database.integer("PRAGMA user_version");
}

namespace {

std::string sql_for_numbers(std::int64_t schema, std::int64_t oldest_writer) {
  return "INSERT OR REPLACE INTO meta VALUES ('schema', '" + std::to_string(schema) +
         "'); PRAGMA user_version = " + std::to_string(oldest_writer) + ";";
}

} // namespace

std::string whole_schema() {
  std::string sql = tables;
  std::int64_t oldest_writer = first_schema;
  for (const Migration& step : migrations()) {
    sql += step.sql;
    oldest_writer = std::max<std::int64_t>(oldest_writer, step.oldest_writer);
  }
  return sql + views() + sql_for_numbers(schema_version, oldest_writer);
}

void bring_forward(sqlite::Database& database, std::int64_t from,
                   std::span<const Migration> steps) {
  std::int64_t version = from;
  if (version == 0) {
    database.execute(tables);
    version = first_schema;
  }
  std::int64_t oldest_writer =
      std::max<std::int64_t>(first_schema, database.integer("PRAGMA user_version"));
  for (const Migration& step : steps) {
    if (step.to <= version) continue;
    database.execute(step.sql);
    version = step.to;
    oldest_writer = std::max<std::int64_t>(oldest_writer, step.oldest_writer);
  }
  if (version == from) return;
  drop_views(database);
  database.execute(views());
  database.execute("UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'rules';" +
                   sql_for_numbers(version, oldest_writer));
}

void state_oldest_writer(sqlite::Database& database) {
  std::int64_t oldest_writer = first_schema;
  for (const Migration& step : migrations())
    oldest_writer = std::max<std::int64_t>(oldest_writer, step.oldest_writer);
  std::string reason;
  for (const Need& need : needs) {
    if (need.schema <= oldest_writer) continue;
    sqlite::Statement first =
        database.prepare(std::string("SELECT name FROM ") + need.table + " b WHERE " +
                         need.condition + " ORDER BY id LIMIT 1");
    if (!first.step()) continue;
    oldest_writer = need.schema;
    reason = need.name + std::string(first.text(0)) + " " + need.words;
  }
  if (oldest_writer == database.integer("PRAGMA user_version")) return;
  database.execute("PRAGMA user_version = " + std::to_string(oldest_writer));
  sqlite::Statement keep =
      database.prepare("INSERT OR REPLACE INTO meta VALUES ('needs_newer', ?1)");
  keep.bind(1, reason).run();
}

std::string reason_for_newer(sqlite::Database& database) {
  if (database.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'meta'") == 0) return {};
  sqlite::Statement kept = database.prepare("SELECT value FROM meta WHERE key = 'needs_newer'");
  return kept.step() ? std::string(kept.text(0)) : std::string();
}

} // namespace wayfare::ledger
