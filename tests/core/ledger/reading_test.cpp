// Reports on a ledger that cannot be written: they see what is committed, in the WAL too, hold up
// no writer, and leave nothing behind.

#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>

#include "ledger/one_path.hpp"
#include "ledger/sqlite.hpp"
#include "support/catch.hpp"
#include "support/disk.hpp"
#include "support/folder.hpp"
#include "support/keeping.hpp"

using namespace keeping_words;
using sqlite::Database;

namespace {

// The files of a folder, and what is in them.
std::map<std::string, std::string> contents(const std::string& folder) {
  std::map<std::string, std::string> all;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path());
    all[entry.path().filename()] = std::string(std::istreambuf_iterator<char>(file), {});
  }
  return all;
}

// Runs it in a process of another user, who may read the folder and its files and write none of
// them. What it gives; 255 where it was thrown out of.
int as_nobody(const std::string& folder, const std::function<int()>& work) {
  std::filesystem::permissions(folder, std::filesystem::perms(0755));
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    std::filesystem::permissions(entry, std::filesystem::perms(0644));
  const pid_t child = fork();
  if (child == 0) {
    if (setgroups(0, nullptr) != 0 || setgid(65534) != 0 || setuid(65534) != 0) _exit(254);
    try {
      _exit(work());
    } catch (...) {
      _exit(255);
    }
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 253;
}

// A ledger as a process that was killed leaves it: its rows are in the WAL.
void leave_in_wal(const std::string& path, int calls) {
  const pid_t child = fork();
  if (child == 0) {
    auto* opened = new Opened(path);
    for (int at = 0; at < calls; ++at) {
      const Reservation r = reservation("a");
      if (reserve(*opened->ledger, r)) _exit(1);
      book(*opened->ledger, r.uid, settled(7));
    }
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  REQUIRE(status == 0);
  REQUIRE(std::filesystem::file_size(path + "-wal") > 0);
}

// The files that a ledger of `calls` calls is reported on with; the number of the first answer that
// is not right, 0 where all are.
int wrong_report(const std::string& path, std::int64_t calls) {
  Opened opened(path);
  Ledger& ledger = *opened.ledger;
  const auto rows = ask(ledger, UsageQuery{});
  if (!rows || rows->size() != 1 || rows->at(0).calls != calls) return 1;
  if (entries(ledger).size() != static_cast<std::size_t>(calls)) return 2;
  if (!ask(ledger, ListBudgets{}) || !ask(ledger, ListBlocks{})) return 3;
  if (!verify(ledger).ok) return 4;
  for (const auto& refused :
       {reserve(ledger, reservation()),
        std::optional(ask(ledger, SetBudget{.name = "b", .limit = Amount{5}}).error()),
        std::optional(ask(ledger, BlockCalls{.everything = true}).error())})
    if (!refused || refused->code != Code::ledger_unavailable) return 5;
  if (reserve(ledger, reservation())->message.find("cannot write " + path) != 0) return 6;
  return 0;
}

} // namespace

TEST_CASE("who may only read a ledger sees the rows of its WAL, and changes nothing") {
  if (geteuid() != 0) return; // only root can become another user
  for (const bool has_shm : {true, false}) {
    INFO("with a -shm: " << has_shm);
    const Folder folder;
    const std::string path = folder / "l.db";
    leave_in_wal(path, 5);
    if (!has_shm) std::filesystem::remove(path + "-shm");
    const auto before = contents(folder / "");
    CHECK(as_nobody(folder / "", [&] { return wrong_report(path, 5); }) == 0);
    CHECK(contents(folder / "") == before);
    Opened after(path);
    CHECK(entries(*after.ledger).size() == 5);
    CHECK(number(path, "SELECT count(*) FROM entry") == 5);
  }
}

TEST_CASE("a WAL or an index that cannot be read is not passed over") {
  if (geteuid() != 0) return; // only root can become another user
  for (const char* beside : {"-wal", "-shm"}) {
    const Folder folder;
    const std::string path = folder / "l.db";
    leave_in_wal(path, 5);
    std::filesystem::permissions(folder / "", std::filesystem::perms(0755));
    CHECK(as_nobody(folder / "", [&] {
            // as_nobody() has made all of them readable
            return access((path + beside).c_str(), R_OK) == 0 ? 0 : 1;
          }) == 0);
    const pid_t child = fork();
    if (child == 0) {
      std::filesystem::permissions(path + beside, std::filesystem::perms(0600));
      if (setgroups(0, nullptr) != 0 || setgid(65534) != 0 || setuid(65534) != 0) _exit(254);
      Opened opened(path);
      const auto rows = ask(*opened.ledger, UsageQuery{});
      const bool refused = !rows && rows.error().code == Code::ledger_unavailable &&
                           rows.error().message.find(beside) != std::string::npos &&
                           rows.error().message.find("Permission denied") != std::string::npos;
      _exit(refused ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    INFO(beside);
    CHECK(status == 0);
  }
}

TEST_CASE("who may only read a ledger is answered beside a process that writes it") {
  if (geteuid() != 0) return; // only root can become another user
  const Folder folder;
  const std::string path = folder / "l.db";
  leave_in_wal(path, 5);
  std::filesystem::permissions(folder / "", std::filesystem::perms(0755));
  int told[2];
  REQUIRE(pipe(told) == 0);
  const pid_t writer = fork();
  if (writer == 0) {
    Opened opened(path, Durability::no_sync);
    const auto until = Clock::now() + std::chrono::seconds(3);
    int calls = 0;
    for (; Clock::now() < until; ++calls) {
      const Reservation r = reservation("b");
      if (reserve(*opened.ledger, r)) _exit(1);
      book(*opened.ledger, r.uid, settled(1));
    }
    opened.close();
    if (write(told[1], &calls, sizeof calls) != sizeof calls) _exit(1);
    _exit(0);
  }
  const int wrong = as_nobody(folder / "", [&] {
    const auto until = Clock::now() + std::chrono::seconds(2);
    std::int64_t last = 0;
    Opened opened(path);
    while (Clock::now() < until) {
      const auto rows = ask(*opened.ledger, UsageQuery{});
      if (!rows) return 1;
      if (rows->at(0).calls < last) return 2;
      last = rows->at(0).calls;
      if (!verify(*opened.ledger).ok) return 3; // all of it is of one moment
    }
    return last > 20 ? 0 : 4;
  });
  CHECK(wrong == 0);
  int calls = 0;
  CHECK(read(told[0], &calls, sizeof calls) == sizeof calls);
  int status = 0;
  waitpid(writer, &status, 0);
  CHECK(status == 0);
  CHECK(number(path, "SELECT count(*) FROM entry") == calls + 5);
}

TEST_CASE("while one reads without a trace the WAL grows, and is moved into the file after it") {
  const Folder folder;
  const std::string path = folder / "l.db";
  std::ofstream(path).flush();
  { Database(path, Database::Mode::read_write).turn_to_wal(); }
  Database writer(path, Database::Mode::read_write);
  writer.write_to_wal();
  writer.execute("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
  const auto count = [](Database& database) { return database.integer("SELECT count(*) FROM t"); };
  {
    Database reader(path, Database::Mode::without_trace);
    CHECK(count(reader) == 1);
    writer.execute("INSERT INTO t VALUES (2)");
    writer.checkpoint(false);
    CHECK_FALSE(writer.checkpoint(true));
    CHECK(count(reader) == 1);
    CHECK(reader.is_of_one_moment());
    Database later(path, Database::Mode::without_trace);
    CHECK(count(later) == 2);
    CHECK_THROWS_AS(later.execute("INSERT INTO t VALUES (3)"), sqlite::Failure);
  }
  CHECK(writer.checkpoint(true));
  Database after(path, Database::Mode::without_trace); // of an empty WAL
  CHECK(count(after) == 2);
  writer.execute("INSERT INTO t VALUES (3)");
  CHECK(after.is_of_one_moment());
  CHECK(count(after) == 2);
}

TEST_CASE("a writer that comes while a file without a -shm is read is noticed") {
  const Folder folder;
  const std::string path = folder / "l.db";
  { REQUIRE_FALSE(reserve(*Opened(path).ledger, reservation())); }
  for (const char* beside : {"-shm", "-wal"}) std::filesystem::remove(path + beside);
  Database reader(path, Database::Mode::without_trace);
  const std::int64_t before = reader.integer("SELECT count(*) FROM pending");
  CHECK(reader.is_of_one_moment());
  for (const char* beside : {"-shm", "-wal"}) CHECK_FALSE(std::filesystem::exists(path + beside));
  {
    Opened writer(path);
    REQUIRE_FALSE(reserve(*writer.ledger, reservation()));
    writer.close();
  }
  CHECK_FALSE(reader.is_of_one_moment());
  CHECK_THROWS_AS(reader.check_moment(), sqlite::Failure);
  Database later(path, Database::Mode::without_trace);
  CHECK(later.integer("SELECT count(*) FROM pending") == before + 1);
}

TEST_CASE("on a full disk a new process is still told its figures, and can make a backup") {
  const Folder folder, other;
  const std::string path = folder / "l.db", copy = other / "copy.db";
  leave_in_wal(path, 5);
  disk::Disk disk;
  disk.leave_room(0);
  {
    Opened opened(path);
    Ledger& ledger = *opened.ledger;
    CHECK(ask(ledger, UsageQuery{}).value().at(0).calls == 5);
    CHECK(entries(ledger).size() == 5);
    CHECK(verify(ledger).ok);
    CHECK(ask(ledger, ListBudgets{}).value().empty());
    const auto refused = reserve(ledger, reservation());
    REQUIRE(refused);
    CHECK(refused->code == Code::ledger_unavailable);
    CHECK(refused->advice == "make room on the disk of " + path);
    disk.leave_room(disk::Disk::endless);
    disk.fail(disk::Fault::full, 0, false); // the writer has no room, and the copy has
    CHECK(back_up(ledger, copy).ok());
    disk.lift();
    CHECK_FALSE(reserve(ledger, reservation())); // there is room again
    CHECK(entries(ledger).size() == 6);
  }
  CHECK(verify(*Opened(copy).ledger).ok);
  CHECK(entries(*Opened(copy).ledger).size() == 5);
}

TEST_CASE("what cannot be written is read by one path at a time, too") {
  if (geteuid() != 0) return; // only root can become another user
  const Folder folder, other_folder;
  const std::string path = folder / "l.db", other = other_folder / "l.db";
  leave_in_wal(path, 5);
  std::filesystem::create_hard_link(path, other);
  ledger::OnePath used;
  REQUIRE(used.take(path) == ledger::OnePath::Taken::held);
  CHECK(as_nobody(other_folder / "", [&] {
          Opened opened(other);
          const auto rows = ask(*opened.ledger, UsageQuery{});
          return !rows && rows.error().code == Code::ledger_unavailable &&
                         rows.error().message.find("by another path") != std::string::npos
                     ? 0
                     : 1;
        }) == 0);
}
