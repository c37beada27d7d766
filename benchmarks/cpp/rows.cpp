// A ledger of many rows, built straight with SQL in wayfare's schema, and the month's report asked
// of the rows themselves.
//
//   mode=build  makes one of `rows` rows: October 2026, 40 models, 10 agents; the sums by day as
//   wayfare keeps them. Ends by itself mode=ask    usage by day and model over the month, from the
//   table of entries
#include <sqlite3.h>

#include "ledger/schema.hpp"
#include "worker.hpp"

namespace {

using namespace bench;

sqlite3* open(const std::string& path) {
  sqlite3* database = nullptr;
  if (sqlite3_open(path.c_str(), &database) != SQLITE_OK) die("cannot open " + path);
  return database;
}

std::int64_t run(sqlite3* database, const std::string& sql) { // the number of rows
  std::int64_t rows = 0;
  const auto count = [](void* to, int, char**, char**) {
    return ++*static_cast<std::int64_t*>(to), 0;
  };
  if (sqlite3_exec(database, sql.c_str(), count, &rows, nullptr) != SQLITE_OK)
    die(sqlite3_errmsg(database));
  return rows;
}

std::int64_t integer(sqlite3* database, const char* sql) {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(database, sql, -1, &statement, nullptr);
  const std::int64_t value =
      sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
  sqlite3_finalize(statement);
  return value;
}

// Ids in the table name: 1 app, 2 server, 3 key, 4 endpoint, 5 finish, 10 and on agents, 100 and on
// models, 200 and on providers.
void build(const std::string& path, int rows) {
  sqlite3* database = open(path);
  run(database,
      "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF");
  if (integer(database, "SELECT count(*) FROM sqlite_schema") == 0) {
    run(database, "BEGIN");
    run(database, wayfare::ledger::whole_schema().c_str());
    run(database,
        "INSERT INTO meta(key, value) VALUES ('uuid', '01K00000000000000000000000'), "
        "('created_us', '0'), "
        "('created_by', 'bench');"
        "INSERT INTO name(id, text) VALUES (1, 'bench'), (2, 'https://openrouter.ai/api/v1'), (3, "
        "hex(zeroblob(32))), (4, 'chat/completions'), (5, "
        "'stop');"
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 39) INSERT INTO "
        "name(id, text) SELECT 100 + i, 'maker/model-' || i "
        "FROM n;"
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9) INSERT INTO "
        "name(id, text) SELECT 10 + i, 'agent-' || i FROM n;"
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 4) INSERT INTO "
        "name(id, text) SELECT 200 + i, 'provider-' || i "
        "FROM "
        "n;"
        "COMMIT");
  }
  const std::int64_t before = integer(database, "SELECT count(*) FROM entry");
  if (before >= rows) return;
  // Times go through the month in order; every agent uses every model, each model has one provider.
  const std::string first = std::to_string(before), last = std::to_string(rows);
  const std::string step = std::to_string(2'678'400'000'000 / rows); // so that they fill the month
  run(database, "BEGIN");
  run(database, "WITH RECURSIVE n(i) AS (SELECT " + first +
                    " UNION ALL SELECT i + 1 FROM n WHERE i + 1 < " + last +
                    ") INSERT INTO entry(uid, kind, reserved_us, booked_us, server, key, endpoint, "
                    "app, agent, user, requested, served, provider, gen_id, "
                    "prompt, completion, cached, cache_write, reasoning, "
                    "cost_p, cost_source, finish, error, status, total_us, non_token_p) "
                    "SELECT printf('01K%023d', i), 0, t, t + 300000, 2, 3, 4, "
                    "1, 10 + i / 40 % 10, 0, 100 + (i * 104729) % 40, 100 + (i * 104729) % 40, "
                    "200 + (i * 104729) % 5, printf('gen-%030d', i), "
                    "110, 36, 0, 0, 0, "
                    "38100000 + i % 1000, 1, 5, 0, 200, 300000, 0 FROM (SELECT i, "
                    "1790812800000000 + i * " +
                    step + " AS t FROM n)");
  run(database,
      "DELETE FROM rollup_day; INSERT INTO rollup_day(day, app, agent, model, provider, key, "
      "calls, unknown, prompt, completion, cached, cache_write, reasoning, cost_p) "
      "SELECT reserved_us / 86400000000, app, agent, served, provider, key, count(*), 0, "
      "sum(prompt), sum(completion), sum(cached), sum(cache_write), sum(reasoning), sum(cost_p) "
      "FROM entry GROUP BY 1, 2, 3, 4, 5, 6");
  run(database, "COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
  sqlite3_close(database);
}

} // namespace

int main(int count, char** values) {
  const Arguments arguments(count, values);
  const std::string path = arguments.text("ledger");
  if (arguments.text("mode") == "build") return build(path, arguments.number("rows", 1'000'000)), 0;
  sqlite3* database = open(path);
  const int calls = arguments.number("calls", 1);
  return serve(std::string("SQLite ") + sqlite3_libversion(), [&] {
    std::int64_t rows = 0;
    Figures figures = timed(calls, [&] {
      for (int i = 0; i < calls; ++i)
        rows = run(database,
                   "SELECT date(reserved_us / 1000000, 'unixepoch') AS day, d.text, count(*), "
                   "sum(prompt), sum(completion), sum(cost_p) "
                   "FROM entry e JOIN name d ON d.id = e.served WHERE kind = 0 AND reserved_us >= "
                   "1790812800000000 AND "
                   "reserved_us < 1793491200000000 GROUP BY day, served ORDER BY 1, 2");
    });
    figures.add("rows", static_cast<double>(rows));
    return figures;
  });
}
