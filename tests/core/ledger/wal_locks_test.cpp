// Another SQLite in this process that uses the same file. It takes the POSIX locks of SQLite's file
// format, which belong to the process, on its own descriptors. Closing a descriptor drops all POSIX
// locks of the process on the file.

#include <fcntl.h>
#include <unistd.h>

#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "ledger/sqlite.hpp"
#include "os/descriptor_pool.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"
#include "support/ledger.hpp"

namespace os = wayfare::os;
using wayfare::sqlite::Database;
using wayfare::sqlite::Failure;

namespace {

// Locks of the database file.
constexpr std::int64_t pending_byte = 0x40000000, shared_first = 0x40000002, shared_size = 510;
// Locks of the -shm file.
constexpr std::int64_t write_lock = 120, checkpoint_lock = 121, recover_lock = 122, read_lock = 123,
                       in_use = 128;

// A descriptor of another SQLite.
class Neighbour {
 public:
  explicit Neighbour(const std::string& path)
      : descriptor_(open(path.c_str(), O_RDWR | O_CLOEXEC)) {
    REQUIRE(descriptor_ >= 0);
  }
  ~Neighbour() { close(descriptor_); }
  Neighbour(const Neighbour&) = delete;
  Neighbour& operator=(const Neighbour&) = delete;

  // Whether it gets the lock. It then keeps the lock.
  bool gets(short type, std::int64_t first, std::int64_t count = 1) const {
    struct flock range{};
    range.l_type = type;
    range.l_whence = SEEK_SET;
    range.l_start = first;
    range.l_len = count;
    return fcntl(descriptor_, F_SETLK, &range) == 0;
  }
  void gives(std::int64_t first, std::int64_t count = 1) const { gets(F_UNLCK, first, count); }

 private:
  int descriptor_;
};

Database opened(const std::string& path) {
  std::ofstream(path, std::ios::app).flush();
  Database first(path, Database::Mode::read_write);
  if (!first.is_in_wal()) first.turn_to_wal();
  first = Database(path, Database::Mode::read_write);
  first.write_to_wal();
  first.execute("CREATE TABLE IF NOT EXISTS t(a)");
  return first;
}

} // namespace

TEST_CASE(
    "no other SQLite of this process is alone with a database that is open, whatever was closed "
    "before") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Database database = opened(path);
  for (const bool closed_before : {false, true}) {
    INFO(closed_before);
    if (closed_before) {
      const Neighbour copier(path), of_shm(path + "-shm"), of_wal(path + "-wal");
    }
    const Neighbour of_database(path), of_shm(path + "-shm");
    CHECK(of_database.gets(F_RDLCK, shared_first, shared_size)); // reading is allowed
    CHECK(of_database.gets(F_WRLCK, pending_byte));
    CHECK_FALSE(of_database.gets(F_WRLCK, shared_first, shared_size)); // needed to delete the WAL
    CHECK(of_shm.gets(F_RDLCK, in_use));
    // needed to truncate the -shm file that is mapped here
    CHECK_FALSE(of_shm.gets(F_WRLCK, in_use));
  }
  CHECK(database.integer("SELECT count(*) FROM t") == 0);
}

TEST_CASE(
    "no other SQLite of this process writes, or mends the WAL's index, while it is written here") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Database database = opened(path);
  const Neighbour neighbour(path + "-shm");
  database.begin();
  database.execute("INSERT INTO t VALUES (1)");
  { const Neighbour another(path + "-shm"); } // closing it drops the POSIX locks of the process
  CHECK_FALSE(neighbour.gets(F_WRLCK, write_lock));
  database.commit();
  CHECK(neighbour.gets(F_WRLCK, write_lock));
  neighbour.gives(write_lock);
  CHECK(database.integer("SELECT count(*) FROM t") == 1);
}

TEST_CASE("another SQLite of this process does not overwrite pages that are read here") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Database database = opened(path);
  Database reader(path, Database::Mode::read_only);
  const Neighbour neighbour(path + "-shm");
  reader.execute("BEGIN");
  CHECK(reader.integer("SELECT count(*) FROM t") == 0);
  { const Neighbour another(path + "-shm"); }
  CHECK_FALSE(neighbour.gets(F_WRLCK, read_lock, 5)); // needed to restart the WAL
  reader.execute("COMMIT");
  CHECK(neighbour.gets(F_WRLCK, read_lock, 5));
}

TEST_CASE("the locks of another SQLite of this process are respected") {
  const Folder folder;
  const std::string path = folder / "l.db";
  Database database = opened(path);
  database.execute("PRAGMA busy_timeout = 20");
  const Neighbour neighbour(path + "-shm");
  REQUIRE(neighbour.gets(F_WRLCK, write_lock));
  bool is_busy = false;
  try {
    database.begin();
  } catch (const Failure& failure) {
    is_busy = failure.kind() == Failure::Kind::busy;
  }
  CHECK(is_busy);
  neighbour.gives(write_lock);
  database.begin();
  database.execute("INSERT INTO t VALUES (1)");
  database.commit();
  REQUIRE(neighbour.gets(F_WRLCK, checkpoint_lock));
  CHECK_FALSE(database.checkpoint(false));
  neighbour.gives(checkpoint_lock);
  CHECK(database.checkpoint(false));

  const Neighbour of_database(path);
  REQUIRE(of_database.gets(F_RDLCK, shared_first, shared_size));
  const Database reader(path, Database::Mode::read_only); // beside a reader
}

TEST_CASE(
    "a WAL index that no connection has open is rebuilt, because it may be from before a power "
    "cut") {
  const Folder folder;
  const std::string path = folder / "l.db", copy = folder / "copy.db";
  {
    Database database = opened(path);
    database.execute("INSERT INTO t VALUES (1)");
    std::filesystem::copy_file(path + "-shm", copy + "-shm"); // the old index, before the WAL grew
    database.execute("INSERT INTO t VALUES (2)");
    std::filesystem::copy_file(path, copy);
    std::filesystem::copy_file(path + "-wal", copy + "-wal");
  }
  Database database(copy, Database::Mode::read_write);
  CHECK(database.integer("SELECT count(*) FROM t") == 2);
}

TEST_CASE(
    "opening and closing a database ends no lock of the host's own connections, and leaves nothing "
    "open behind them") {
  const Folder folder;
  const std::string path = folder / "l.db", shm = path + "-shm";
  opened(path);
  sqlite3* host = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &host) == SQLITE_OK);
  REQUIRE(sqlite3_exec(host, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  for (int round = 0; round < 10; ++round) {
    Database database(path, Database::Mode::read_write);
    Database reader(path, Database::Mode::read_only);
    CHECK(reader.integer("SELECT count(*) FROM t") + database.integer("SELECT count(*) FROM t") ==
          0);
  }
  os::FileLock looking = os::acquire(shm, [&] { return os::FileLock(shm); });
  CHECK_FALSE(looking.is_free(write_lock));
  CHECK_FALSE(looking.is_free(in_use));
  os::release(std::move(looking));
  // The host's descriptor, and those that two connections share: ours and SQLite's.
  CHECK(os::descriptors_of(*os::file_id(path)).value() <= 5);
  CHECK(os::descriptors_of(*os::file_id(shm)).value() <= 3); // SQLite has one of the -shm file
  REQUIRE(sqlite3_exec(host, "ROLLBACK", nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(host);
  opened(path);
  CHECK(os::descriptors_of(*os::file_id(path)) == 0);
  CHECK(os::descriptors_of(*os::file_id(shm)) == 0);
}

TEST_CASE("files beside a database have the permissions of the database") {
  const Folder folder;
  const std::string path = folder / "l.db";
  std::ofstream(path).flush();
  std::filesystem::permissions(path, std::filesystem::perms(0640));
  const Database database = opened(path);
  for (const char* beside : {"-shm", "-wal"}) {
    INFO(beside);
    CHECK(std::filesystem::status(path + beside).permissions() == std::filesystem::perms(0640));
  }
}

TEST_CASE("the host's SQLite keeps its default VFS and does not see ours") {
  const Folder folder;
  const std::string path = folder / "l.db";
  const auto seen = [] {
    std::vector<std::string> names;
    for (const sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr); vfs; vfs = vfs->pNext)
      names.emplace_back(vfs->zName);
    return names;
  };
  const auto before = seen();
  REQUIRE_FALSE(before.empty());
  {
    ledger_words::Opened ledger(path);
    REQUIRE_FALSE(ledger_words::reserve(*ledger.ledger, ledger_words::reservation()));
    CHECK(seen() == before); // a host that removes its default VFS gets the next of its own
  }
  CHECK(seen() == before);
}
