// Raw SQLite running the statements of a reserve and a settle on wayfare's schema, with constants
// for what wayfare computes: `flight` rows a transaction, the WAL synced behind each transaction of
// reservations (durability=reserve) or never.
#include <sqlite3.h>

#include "ledger/schema.hpp"
#include "worker.hpp"

namespace {

using namespace bench;

class Raw {
 public:
  Raw(const std::string& path, bool durable) : durable_(durable) {
    check(sqlite3_open_v2(path.c_str(), &database_,
                          SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                          nullptr));
    sqlite3_busy_timeout(database_, 60'000);
    run("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; "
        "PRAGMA cell_size_check = ON");
    run("BEGIN EXCLUSIVE");
    if (integer("SELECT count(*) FROM sqlite_schema") == 0)
      run(wayfare::ledger::whole_schema().c_str());
    run("COMMIT");
    begin_ = prepare("BEGIN IMMEDIATE");
    commit_ = prepare("COMMIT");
    reserve_ = prepare(
        "INSERT INTO pending(uid, call, instance, state, reserved_us, marked_us, boot, server, "
        "key, endpoint, app, agent, user, "
        "run, tags, request_id, requested, bound_p, looks_up) VALUES (?1, ?1, 1, 0, ?2, ?2, 1, 2, "
        "3, "
        "4, 5, 6, 0, NULL, NULL, NULL, 7, NULL, 1)");
    drop_ = prepare("DELETE FROM pending WHERE uid = ?1");
    enter_ = prepare(
        "INSERT INTO entry(uid, call, reserved_us, server, key, endpoint, app, agent, user, run, "
        "tags, request_id, requested, "
        "gen_id, kind, booked_us, served, provider, prompt, completion, cached, cache_write, "
        "reasoning, cost_p, cost_source, finish, "
        "error, status, total_us, non_token_p) VALUES (?1, NULL, ?2, 2, 3, 4, 5, 6, 0, NULL, NULL, "
        "NULL, 7, "
        "'gen-1763900000-AbCdEfGhIjKlMnOpQrSt', 0, ?3, 7, 8, 110, 36, 0, NULL, 0, 38100000, 1, 9, "
        "0, 200, 300000, 0)");
    day_ = prepare(
        "INSERT INTO rollup_day(day, app, agent, model, provider, key, calls, unknown, prompt, "
        "completion, cached, cache_write, reasoning, cost_p) "
        "VALUES (?1, 5, 6, 7, 8, 3, ?2, 0, 110 * ?2, 36 * ?2, 0, 0, 0, "
        "38100000 * ?2) ON CONFLICT DO UPDATE SET "
        "calls = calls + 1, unknown = unknown + excluded.unknown, prompt = prompt + "
        "excluded.prompt, "
        "completion = completion + excluded.completion, cached = cached + excluded.cached, "
        "cache_write = cache_write + "
        "excluded.cache_write, "
        "reasoning = reasoning + excluded.reasoning, cost_p = cost_p + excluded.cost_p");
  }

  void pairs(int count, int flight) {
    for (int done = 0; done < count; done += flight) {
      const int group = std::min(flight, count - done);
      std::vector<std::string> uids;
      begin();
      for (int i = 0; i < group; ++i) reserve(uids.emplace_back(uid()));
      step(commit_);
      if (durable_) sync();
      begin();
      for (const std::string& text : uids) settle(text);
      add_up(group);
      step(commit_);
    }
  }

 private:
  static void check(int code) {
    if (code != SQLITE_OK) die(sqlite3_errstr(code));
  }
  void run(const char* sql) {
    if (sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
      die(sqlite3_errmsg(database_));
  }
  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(database_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) !=
        SQLITE_OK)
      die(sqlite3_errmsg(database_));
    return statement;
  }
  std::int64_t integer(const char* sql) {
    sqlite3_stmt* statement = prepare(sql);
    sqlite3_step(statement);
    const std::int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
  }
  void step(sqlite3_stmt* statement) {
    int code = SQLITE_ROW;
    while (code == SQLITE_ROW) code = sqlite3_step(statement);
    if (code != SQLITE_DONE) die(sqlite3_errmsg(database_));
    sqlite3_reset(statement);
  }
  std::string uid() {
    char text[32];
    std::snprintf(text, sizeof text, "%010llx%06x%010x",
                  static_cast<unsigned long long>(now_us() / 1000), static_cast<unsigned>(getpid()),
                  ++made_);
    return text;
  }
  static std::int64_t now_us() { return clock_ns(CLOCK_REALTIME) / 1000; }
  void begin() { step(begin_); }
  void reserve(const std::string& uid) {
    sqlite3_bind_text(reserve_, 1, uid.data(), static_cast<int>(uid.size()), SQLITE_STATIC);
    sqlite3_bind_int64(reserve_, 2, now_us());
    step(reserve_);
  }
  void settle(const std::string& uid) {
    sqlite3_bind_text(drop_, 1, uid.data(), static_cast<int>(uid.size()), SQLITE_STATIC);
    step(drop_);
    if (sqlite3_changes(database_) != 1) die("no reservation");
    sqlite3_bind_text(enter_, 1, uid.data(), static_cast<int>(uid.size()), SQLITE_STATIC);
    sqlite3_bind_int64(enter_, 2, now_us());
    sqlite3_bind_int64(enter_, 3, now_us());
    step(enter_);
  }
  void add_up(int group) {
    sqlite3_bind_int64(day_, 1, now_us() / 86'400'000'000);
    sqlite3_bind_int64(day_, 2, group);
    step(day_);
  }
  void sync() {
    sqlite3_file* wal = nullptr;
    check(sqlite3_file_control(database_, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal));
    check(wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL));
  }

  bool durable_;
  sqlite3* database_ = nullptr;
  sqlite3_stmt *begin_, *commit_, *reserve_, *drop_, *enter_, *day_;
  unsigned made_ = 0;
};

} // namespace

int main(int count, char** values) {
  const Arguments arguments(count, values);
  Raw raw(arguments.text("ledger"), arguments.text("durability", "sync_reservations") != "no_sync");
  const int pairs = arguments.number("pairs", 2000), flight = arguments.number("flight", 1);
  if (const int seconds = arguments.number("seconds", 0))
    return serve(std::string("SQLite ") + sqlite3_libversion(), [&] {
      Contended contended;
      for (const std::int64_t end = wall_ns() + seconds * 1'000'000'000LL; wall_ns() < end;) {
        const std::int64_t began = wall_ns();
        raw.pairs(1, 1);
        contended.pair(wall_ns() - began);
      }
      return contended.figures();
    });
  return serve(std::string("SQLite ") + sqlite3_libversion(),
               [&] { return timed(pairs, [&] { raw.pairs(pairs, flight); }); });
}
