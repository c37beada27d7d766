// The ledger on a real file: what is acknowledged is there, for this process, for others, and after a kill.

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <future>
#include <set>
#include <thread>

#include "ledger/ledger.hpp"
#include "os/clock.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"

using namespace wayfare;
using ledger::Ledger;

namespace {

using Clock = std::chrono::steady_clock;

struct Opened { // a ledger, released at the end of the test
  std::shared_ptr<Ledger> ledger;
  explicit Opened(const std::string& path, Durability durability = Durability::reserve) : ledger(Ledger::open(path, durability).value()) {}
  ~Opened() { close(); }
  void close() {
    if (ledger) Ledger::release(std::exchange(ledger, nullptr), Clock::now() + std::chrono::seconds(5));
  }
};

Reservation reservation(const std::string& agent = "", const std::string& model = "m") {
  Reservation r;
  r.uid = r.call = Uid::make(static_cast<std::uint64_t>(os::wall_us()) / 1000, os::chance());
  r.charge_to.agent = agent;
  r.model = model;
  r.endpoint = "chat/completions";
  r.server = "https://openrouter.ai/api/v1";
  r.key = "0123456789abcdef";
  return r;
}

std::optional<Error> reserve(Ledger& ledger, const Reservation& r) {
  std::promise<std::optional<Error>> answer;
  ledger.reserve(r, [&](const std::optional<Error>& error) { answer.set_value(error); });
  return answer.get_future().get();
}
void book(Ledger& ledger, const Uid& uid, const Ending& ending) {
  std::promise<void> answer;
  ledger.book(uid, ending, [&] { answer.set_value(); });
  answer.get_future().get();
}
template <class Query>
Result<Report> ask(Ledger& ledger, Query query) {
  std::promise<Result<Report>> answer;
  ledger.report(query, [&](Result<Report> report) { answer.set_value(std::move(report)); });
  return answer.get_future().get();
}
std::vector<Entry> entries(Ledger& ledger, EntryQuery query = {}) { return ask(ledger, query).value().page.entries; }

Ending settled(std::int64_t picodollars) {
  Ending ending;
  ending.state = State::settled;
  ending.cost = Amount{picodollars};
  ending.cost_source = CostSource::response;
  ending.usage = {.prompt_tokens = 10, .completion_tokens = 5};
  ending.model = "m/served";
  return ending;
}

std::int64_t number(const std::string& path, const std::string& sql) { // by SQLite itself, in another connection
  sqlite3* database = nullptr;
  sqlite3_stmt* statement = nullptr;
  std::int64_t value = -1;
  if (sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK &&
      sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
    value = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  sqlite3_close(database);
  return value;
}

} // namespace

TEST_CASE("a call is reserved, then settled, and every column comes back") {
  const Folder folder;
  Opened opened(folder / "l.db");
  Reservation r = reservation("support");
  r.charge_to = {.app = "shop", .agent = "support", .user = "42", .run = "r1", .tags = {"a", "b\"c"}};
  r.request_id = "mine";
  REQUIRE_FALSE(reserve(*opened.ledger, r));
  auto rows = entries(*opened.ledger);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].state == State::reserved);
  CHECK_FALSE(rows[0].cost);

  opened.ledger->note(r.uid, "gen-1");
  Ending ending = settled(2'157'980'000);
  ending.finish_reason = "stop";
  ending.provider = "P";
  ending.status = 200;
  ending.total_us = 1234;
  book(*opened.ledger, r.uid, ending);
  rows = entries(*opened.ledger);
  REQUIRE(rows.size() == 1);
  const Entry& entry = rows[0];
  CHECK(entry.entry == r.uid.text());
  CHECK(entry.state == State::settled);
  CHECK(entry.app == "shop");
  CHECK(entry.agent == "support");
  CHECK(entry.user == "42");
  CHECK(entry.run == "r1");
  CHECK(entry.tags == std::vector<std::string>{"a", "b\"c"});
  CHECK(entry.request_id == "mine");
  CHECK(entry.requested_model == "m");
  CHECK(entry.model == "m/served");
  CHECK(entry.provider == "P");
  CHECK(entry.generation_id == "gen-1");
  CHECK(entry.prompt_tokens == 10);
  CHECK_FALSE(entry.cached_tokens.has_value());
  CHECK(entry.cost->text() == "0.00215798");
  CHECK(entry.cost_source == CostSource::response);
  CHECK(entry.finish_reason == "stop");
  CHECK(entry.status == 200);
  CHECK(entry.total_us == 1234);
  CHECK(entry.reserved <= entry.booked);

  book(*opened.ledger, r.uid, settled(999)); // a second end changes nothing
  CHECK(entries(*opened.ledger).size() == 1);
  CHECK(number(folder / "l.db", "SELECT sum(cost_p) FROM rollup_day") == 2'157'980'000);
}

TEST_CASE("usage adds up what is known and counts what is not") {
  const Folder folder;
  Opened opened(folder / "l.db");
  const auto call = [&](const std::string& agent, std::optional<Ending> ending) {
    const Reservation r = reservation(agent);
    REQUIRE_FALSE(reserve(*opened.ledger, r));
    if (ending) book(*opened.ledger, r.uid, *ending);
  };
  Ending no_cost = settled(0);
  no_cost.cost.reset();
  no_cost.cost_source = CostSource::none;
  call("a", settled(1));
  call("a", settled(2'000'000'000'000));
  call("a", settled(0)); // a zero is a zero
  call("a", no_cost);
  call("b", Ending{.state = State::unknown});
  call("b", Ending{.state = State::voided});
  call("b", std::nullopt);

  const auto rows = ask(*opened.ledger, UsageQuery{.by = {"agent"}}).value().usage;
  REQUIRE(rows.size() == 2);
  const auto& a = rows[0].by[0] == "a" ? rows[0] : rows[1];
  const auto& b = rows[0].by[0] == "a" ? rows[1] : rows[0];
  CHECK(a.calls == 4);
  CHECK(a.unknown == 1);
  CHECK(a.cost.text() == "2.000000000001");
  CHECK(a.prompt_tokens == 40);
  CHECK(b.calls == 2); // the void one was no call
  CHECK(b.unknown == 2);
  CHECK(b.cost.text() == "0");

  CHECK(ask(*opened.ledger, UsageQuery{}).value().usage.at(0).calls == 6);
  const auto by_day = ask(*opened.ledger, UsageQuery{.by = {"day", "model", "key"}}).value().usage;
  CHECK(by_day.at(0).by.at(0).size() == 10);
  CHECK(by_day.at(0).by.at(2) == "0123456789ab");
  const Time tomorrow = std::chrono::ceil<std::chrono::days>(std::chrono::system_clock::now()) + std::chrono::days(1);
  CHECK(ask(*opened.ledger, UsageQuery{.since = tomorrow}).value().usage.empty());

  CHECK(ask(*opened.ledger, UsageQuery{.by = {"colour"}}).error().code == Code::invalid);
  CHECK(ask(*opened.ledger, UsageQuery{.by = {"day", "day"}}).error().code == Code::invalid);
  CHECK(ask(*opened.ledger, UsageQuery{.since = tomorrow + std::chrono::seconds(1)}).error().code == Code::invalid);
}

TEST_CASE("entries come in pages, by time, those without an end last") {
  const Folder folder;
  Opened opened(folder / "l.db");
  std::vector<std::string> settled_ids;
  std::set<std::string> open_ids;
  for (int at = 0; at < 25; ++at) {
    const Reservation r = reservation();
    REQUIRE_FALSE(reserve(*opened.ledger, r));
    if (at % 5 == 0)
      open_ids.insert(r.uid.text());
    else
      book(*opened.ledger, r.uid, settled(at)), settled_ids.push_back(r.uid.text());
  }
  std::vector<std::string> seen;
  EntryQuery query{.limit = 4};
  do {
    const auto page = ask(*opened.ledger, query).value().page;
    for (const auto& entry : page.entries) seen.push_back(entry.entry);
    query.after = page.next;
  } while (!query.after.empty());
  REQUIRE(seen.size() == 25);
  CHECK(std::vector(seen.begin(), seen.begin() + 20) == settled_ids);
  CHECK(std::set(seen.begin() + 20, seen.end()) == open_ids);

  const auto all = entries(*opened.ledger);
  const Time middle = all[10].booked;
  const auto later = entries(*opened.ledger, {.since = middle});
  for (const auto& entry : later) CHECK(entry.booked >= middle);
  const auto earlier = entries(*opened.ledger, {.until = middle});
  for (const auto& entry : earlier) CHECK(entry.booked < middle);
  CHECK(later.size() + earlier.size() == 25);
  CHECK(ask(*opened.ledger, EntryQuery{.after = "x9"}).error().code == Code::invalid);
  CHECK(ask(*opened.ledger, EntryQuery{.limit = 0}).error().code == Code::invalid);
}

TEST_CASE("threads and processes write one file, and nothing acknowledged is lost") {
  const Folder folder;
  const std::string path = folder / "l.db";
  constexpr int processes = 3, threads = 4, calls = 50;
  std::vector<pid_t> children;
  for (int process = 0; process < processes; ++process) {
    const pid_t child = fork();
    if (child != 0) {
      children.push_back(child);
      continue;
    }
    Opened opened(path);
    std::atomic<int> failures{0};
    std::vector<std::thread> workers;
    for (int thread = 0; thread < threads; ++thread)
      workers.emplace_back([&] {
        for (int at = 0; at < calls; ++at) {
          const Reservation r = reservation("p" + std::to_string(process));
          if (reserve(*opened.ledger, r)) ++failures;
          book(*opened.ledger, r.uid, settled(1000));
        }
      });
    for (auto& worker : workers) worker.join();
    opened.close();
    _exit(failures == 0 ? 0 : 1);
  }
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(status == 0);
  }
  CHECK(number(path, "SELECT count(*) FROM entry") == processes * threads * calls);
  CHECK(number(path, "SELECT sum(cost_p) FROM rollup_day") == processes * threads * calls * 1000);
  CHECK(number(path, "SELECT count(*) FROM pending") == 0);
  CHECK(number(path, "SELECT count(*) FROM instance") == 0);
}

TEST_CASE("what a killed process leaves behind is unknown to the next") {
  const Folder folder;
  const std::string path = folder / "l.db";
  int told[2];
  REQUIRE(pipe(told) == 0);
  const pid_t child = fork();
  if (child == 0) {
    Opened opened(path);
    const Reservation one = reservation("first"), other = reservation("second");
    if (reserve(*opened.ledger, one) || reserve(*opened.ledger, other)) _exit(1);
    book(*opened.ledger, one.uid, settled(7));
    if (write(told[1], "x", 1) != 1) _exit(1);
    pause();
  }
  char byte = 0;
  REQUIRE(read(told[0], &byte, 1) == 1);
  {
    Opened beside(path); // while it lives, its reservation is its own
    const auto rows = entries(*beside.ledger);
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].state == State::settled);
    CHECK(rows[1].state == State::reserved);
  }
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  Opened after(path);
  const auto rows = entries(*after.ledger);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].state == State::settled);
  CHECK(rows[0].cost == Amount{7});
  CHECK(rows[1].state == State::unknown);
  close(told[0]);
  close(told[1]);
}

TEST_CASE("what has no end at the close becomes unknown") {
  const Folder folder;
  Opened opened(folder / "l.db");
  REQUIRE_FALSE(reserve(*opened.ledger, reservation()));
  opened.close();
  CHECK(number(folder / "l.db", "SELECT state FROM pending") == 3);
}

TEST_CASE("files that are not a ledger are left alone") {
  const Folder folder;
  const std::string text = folder / "text", other = folder / "other.db", newer = folder / "newer.db";
  std::ofstream(text) << std::string(5000, 'x');
  for (const auto& [path, sql] : {std::pair{other, "CREATE TABLE mine(x)"},
                                  std::pair{newer, "PRAGMA application_id = 2002876774; PRAGMA user_version = 99; CREATE TABLE t(x)"}}) {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
    REQUIRE(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(database);
  }
  const auto code_of = [](const std::string& path) {
    Opened opened(path);
    const auto error = reserve(*opened.ledger, reservation());
    CHECK(ask(*opened.ledger, EntryQuery{}).error().code == error->code);
    return error->code;
  };
  CHECK(code_of(text) == Code::ledger_foreign);
  CHECK(code_of(other) == Code::ledger_foreign);
  CHECK(code_of(newer) == Code::ledger_too_new);
  std::ifstream file(text);
  CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == std::string(5000, 'x'));
  CHECK(number(other, "SELECT count(*) FROM sqlite_schema") == 1);
  CHECK(number(other, "PRAGMA application_id") == 0);
  CHECK(Ledger::open(folder / "none/l.db", Durability::reserve).error().code == Code::ledger_unavailable);
}

TEST_CASE("the file is private, and entries stand") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Opened opened(path);
  const Reservation r = reservation();
  REQUIRE_FALSE(reserve(*opened.ledger, r));
  book(*opened.ledger, r.uid, settled(5));
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
    struct stat found{};
    REQUIRE(stat((path + suffix).c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0600);
  }
  opened.close();
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  CHECK(sqlite3_exec(database, "UPDATE entry SET cost_p = 0", nullptr, nullptr, nullptr) == SQLITE_CONSTRAINT);
  CHECK(sqlite3_exec(database, "DELETE FROM entry", nullptr, nullptr, nullptr) == SQLITE_CONSTRAINT);
  CHECK(sqlite3_exec(database, "SELECT * FROM v1_entries, v1_pending, v1_usage_day", nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
}

TEST_CASE("a foreign writer is waited for") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Opened opened(path);
  REQUIRE_FALSE(reserve(*opened.ledger, reservation()));
  sqlite3* shell = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &shell) == SQLITE_OK);
  REQUIRE(sqlite3_exec(shell, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  std::promise<std::optional<Error>> answer;
  auto answered = answer.get_future();
  opened.ledger->reserve(reservation(), [&](const std::optional<Error>& error) { answer.set_value(error); });
  CHECK(answered.wait_for(std::chrono::milliseconds(200)) == std::future_status::timeout);
  REQUIRE(sqlite3_exec(shell, "ROLLBACK", nullptr, nullptr, nullptr) == SQLITE_OK);
  CHECK_FALSE(answered.get());
  sqlite3_close(shell);
}

TEST_CASE("the WAL stays short, whatever is written") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Opened opened(path, Durability::process);
  for (int at = 0; at < 1500; ++at) {
    const Reservation r = reservation("agent " + std::to_string(at % 7));
    REQUIRE_FALSE(reserve(*opened.ledger, r));
    book(*opened.ledger, r.uid, settled(1));
  }
  struct stat found{};
  REQUIRE(stat((path + "-wal").c_str(), &found) == 0);
  CHECK(found.st_size < 6 << 20);
  CHECK(number(path, "SELECT count(*) FROM entry") == 1500);
}

TEST_CASE("a ledger in memory works, for one client alone") {
  Opened one(":memory:"), other(":memory:");
  const Reservation r = reservation();
  REQUIRE_FALSE(reserve(*one.ledger, r));
  book(*one.ledger, r.uid, settled(3));
  CHECK(entries(*one.ledger).size() == 1);
  CHECK(entries(*other.ledger).empty());
}

TEST_CASE("forks in the middle of writes lose nothing that was acknowledged, on either side") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Opened opened(path);
  std::atomic<bool> over{false};
  std::atomic<int> acknowledged{0};
  std::vector<std::thread> workers;
  for (int thread = 0; thread < 3; ++thread)
    workers.emplace_back([&] {
      while (!over) {
        const Reservation r = reservation("parent");
        if (!reserve(*opened.ledger, r)) book(*opened.ledger, r.uid, settled(1)), ++acknowledged;
      }
    });
  constexpr int forks = 20, in_child = 10;
  for (int round = 0; round < forks; ++round) {
    if (round % 4 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const pid_t child = fork();
    if (child == 0) { // the parent's ledger is out of reach; a new one of the same file works
      auto mine = Ledger::open(path, Durability::reserve);
      if (!mine) _exit(2);
      for (int at = 0; at < in_child; ++at) {
        const Reservation r = reservation("child");
        if (reserve(**mine, r)) _exit(3);
        book(**mine, r.uid, settled(1));
      }
      Ledger::release(*mine, Clock::now() + std::chrono::seconds(5));
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(status == 0);
  }
  over = true;
  for (auto& worker : workers) worker.join();
  opened.close();
  CHECK(number(path, "SELECT count(*) FROM v1_entries WHERE agent = 'child'") == forks * in_child);
  CHECK(number(path, "SELECT count(*) FROM v1_entries WHERE agent = 'parent'") == acknowledged);
  CHECK(number(path, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'") == 0);
}
