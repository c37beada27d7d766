// The ledger file of one writing process. Finds or makes the file, checks it, opens it, and takes a
// slot among the processes that write it. For the writer's thread. Failures are thrown.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <wayfare/error.hpp>

#include "ledger/one_path.hpp"
#include "ledger/rows.hpp"
#include "ledger/sqlite.hpp"
#include "os/files.hpp"

namespace wayfare::ledger {

struct Refused { // thrown for a file that cannot be used as a ledger
  Error error;
};

// The bytes of the lock file: 0 and 1 belong to the gate. Then come the slots of the processes, and
// then the byte for a backup.
inline constexpr std::int64_t first_slot_byte = 2, slots_max = 4096,
                              backup_byte = first_slot_byte + slots_max;

// Checks a file before anything is done with it. Returns the number of its schema; 0 for an empty
// file. Throws Refused for the file of another program, or of a wayfare that this one cannot read.
std::int64_t judge(sqlite::Database& database, const std::string& path);

// Checks a file that this process can only read. Returns the error that prevents it. `one` keeps
// the other paths of the file out. Throws sqlite::Failure (not_database) if no ledger is in it yet.
std::optional<Error> judge_unwritten(sqlite::Database& database, const std::string& path,
                                     OnePath& one);

// Whether any process has the ledger open.
bool in_use(const std::string& path);

class File {
 public:
  explicit File(std::string path); // absolute, or ":memory:"

  // Opens the file. Throws Refused, sqlite::Failure or std::bad_alloc, and is closed then. The
  // first open() sweeps the attempts that dead processes left without an end. A file with triggers
  // of other programs on the tables of the ledger is refused: they could change what is booked.
  // `mends` drops them instead.
  void open(bool mends = false);
  bool is_open() const noexcept { return rows_.has_value(); }
  // Begins a transaction under the gate and returns its ledger time. Throws Refused if a newer
  // wayfare has changed the file meanwhile, or if the file or its WAL was removed: a commit would
  // then go to a file without a name. A removal is noticed within 100 ms.
  std::int64_t begin();
  void commit();
  void roll_back() noexcept;
  Result<Done> accept_clock(); // call it within a transaction
  // Makes the attempts of dead processes unknown. Gives up attempts that are unknown for a day and
  // cannot be looked up.
  void sweep_others();
  // Closes the connection and keeps the slot. The file can be opened again.
  void close() noexcept;
  // Gives up the slot. Attempts of this process without an end become unknown. Syncs the file, and
  // moves the WAL into it if no process reads the WAL.
  void leave() noexcept;
  // For the child of a fork: the locks belong to the parent and must end with it.
  void drop_locks() noexcept {
    if (lock_) lock_->drop();
    one_path_.drop();
    if (database_) database_->drop_locks();
  }

  // Only while the file is open.
  sqlite::Database& database() { return *database_; }
  Rows& rows() { return *rows_; }
  // The lock file of the gate; null for a ledger in memory, which no other process can use.
  const os::FileLock* lock() const noexcept { return lock_ ? &*lock_ : nullptr; }

  const std::string& path() const noexcept { return path_; }
  bool in_memory() const noexcept { return in_memory_; }

 private:
  void connect(bool mends);
  void take_path();
  void migrate(std::int64_t version, std::int64_t now_us);
  void take_place(std::int64_t version);
  void save_from_deleted() noexcept;
  bool is_in_place() const;
  [[noreturn]] void refuse_replaced() const;

  const std::string path_;
  const bool in_memory_;
  OnePath one_path_;
  std::optional<os::FileLock> lock_; // the lock file: the gate and our slot
  std::int64_t slot_ = -1, instance_ = 0;
  const std::string boot_;
  std::optional<os::FileId> id_, wal_;
  std::int64_t looked_us_ = 0; // when the open file was last compared with the file at its path
  std::optional<sqlite::Database> database_;
  std::optional<Rows> rows_;
  sqlite::Statement version_;
};

} // namespace wayfare::ledger
