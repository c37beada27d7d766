// One ledger file under threads, processes, kills, forks and foreign writers: nothing acknowledged
// is lost.

#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "os/files.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"
#include "support/ledger.hpp"

using namespace ledger_words;

TEST_CASE("threads and processes write one file, and no acknowledged entry is lost") {
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

TEST_CASE("attempts of a killed process become unknown when the next process opens the file") {
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
    Opened beside(path); // while this process lives, its reservation is not swept
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

TEST_CASE("a foreign writer only delays a booking") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Opened opened(path);
  REQUIRE_FALSE(reserve(*opened.ledger, reservation()));
  sqlite3* shell = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &shell) == SQLITE_OK);
  REQUIRE(sqlite3_exec(shell, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  std::promise<std::optional<Error>> answer;
  auto answered = answer.get_future();
  opened.ledger->reserve(std::make_shared<const Reservation>(reservation()),
                         [&](const Verdict& verdict) { answer.set_value(verdict.refused); });
  CHECK(answered.wait_for(std::chrono::milliseconds(200)) == std::future_status::timeout);
  REQUIRE(sqlite3_exec(shell, "ROLLBACK", nullptr, nullptr, nullptr) == SQLITE_OK);
  CHECK_FALSE(answered.get());
  sqlite3_close(shell);
}

TEST_CASE("a long reader delays nothing, and the WAL is emptied when it has ended") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Opened opened(path, Durability::no_sync);
  REQUIRE_FALSE(reserve(*opened.ledger, reservation()));
  sqlite3* shell = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &shell) == SQLITE_OK);
  REQUIRE(sqlite3_exec(shell, "BEGIN; SELECT count(*) FROM entry", nullptr, nullptr, nullptr) ==
          SQLITE_OK);
  const auto calls = [&](int many) {
    for (int at = 0; at < many; ++at) {
      const Reservation r = reservation();
      REQUIRE_FALSE(reserve(*opened.ledger, r));
      book(*opened.ledger, r.uid, settled(1));
    }
  };
  calls(1500);
  // Reports run beside the long reader.
  CHECK(ask(*opened.ledger, UsageQuery{}).value().at(0).calls == 1501);
  const std::int64_t before = os::file_size(path + "-wal");
  CHECK(before > 12 << 20); // the WAL has all writes since then
  REQUIRE(sqlite3_exec(shell, "ROLLBACK", nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(shell);
  calls(600);
  CHECK(os::file_size(path + "-wal") <= 6 << 20);
}

TEST_CASE("a foreign writer also only delays the first use, longer than SQLite's own timeout",
          "[slow]") {
  const Folder folder;
  const std::string path = folder / "l.db";
  { REQUIRE_FALSE(reserve(*Opened(path).ledger, reservation())); }
  sqlite3* shell = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &shell) == SQLITE_OK);
  REQUIRE(sqlite3_exec(shell, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr) == SQLITE_OK);
  Opened opened(path);
  std::promise<std::optional<Error>> answer;
  auto answered = answer.get_future();
  opened.ledger->reserve(std::make_shared<const Reservation>(reservation()),
                         [&](const Verdict& verdict) { answer.set_value(verdict.refused); });
  CHECK(answered.wait_for(std::chrono::milliseconds(10'500)) == std::future_status::timeout);
  REQUIRE(sqlite3_exec(shell, "ROLLBACK", nullptr, nullptr, nullptr) == SQLITE_OK);
  CHECK_FALSE(answered.get());
  sqlite3_close(shell);
}

TEST_CASE("forks during writes lose no acknowledged entry in parent and child", "[slow]") {
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
    if (child == 0) { // the parent's ledger cannot be used; a new one of the same file works
      auto mine = Ledger::open(path, Durability::sync_reservations);
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
  CHECK(number(path, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'") ==
        0);
}
