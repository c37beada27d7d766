// A ledger's file as one process writes it: found or made, judged, opened, and a place taken among
// the processes that write it. For the writer's thread; failures are thrown.
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

struct Refused { // thrown at a file that cannot be a ledger here
  Error error;
};

// Bytes of the lock file: 0 and 1 are the gate's, then come the places of the processes, then that
// of who makes a copy.
inline constexpr std::int64_t first_slot_byte = 2, slots_max = 4096,
                              backup_byte = first_slot_byte + slots_max;

// Whether a process has the ledger open.
bool in_use(const std::string& path);

class File {
 public:
  explicit File(std::string path); // absolute, or ":memory:"

  // Throws Refused, sqlite::Failure or std::bad_alloc, and is closed then. The first time it sweeps
  // what processes that are gone left.
  void open();
  bool is_open() const noexcept { return rows_.has_value(); }
  // Begins a transaction, under the gate, and gives its time. Throws Refused where a newer wayfare
  // has taken the file over meanwhile, or somebody has taken it or its WAL away, which is seen
  // within 100 ms: what is committed there would be in no file that has a name.
  std::int64_t begin();
  void commit();
  void roll_back() noexcept;
  Result<Done> accept_clock(); // within a transaction
  // Makes rows of processes that are gone unknown, and gives up those that are so for a day and
  // cannot be asked about.
  void sweep_others();
  // Closes the connection and keeps the place: it can be opened again.
  void close() noexcept;
  // Gives up the place: what of ours has no end becomes unknown. Synced, the WAL moved into the
  // file where nobody reads it.
  void leave() noexcept;
  // In a fork's child: the parent's locks must not outlive it here.
  void drop_locks() noexcept {
    if (lock_) lock_->drop();
    one_path_.drop();
    if (database_) database_->drop_locks();
  }

  // Only while it is open.
  sqlite::Database& database() { return *database_; }
  Rows& rows() { return *rows_; }
  // What holds the turn among the writing processes; null where there can be no other.
  const os::FileLock* lock() const noexcept { return lock_ ? &*lock_ : nullptr; }

  const std::string& path() const noexcept { return path_; }
  bool in_memory() const noexcept { return in_memory_; }

 private:
  void connect();
  void take_path();
  std::int64_t judge();
  void refuse_other_schema(std::int64_t version) const;
  void migrate(std::int64_t version, std::int64_t now_us);
  void take_place(std::int64_t version);
  void save_from_deleted() noexcept;
  bool is_in_place() const;
  [[noreturn]] void refuse_replaced() const;

  const std::string path_;
  const bool in_memory_;
  OnePath one_path_;
  std::optional<os::FileLock> lock_; // of the gate, and of our slot
  std::int64_t slot_ = -1, instance_ = 0;
  const std::string boot_;
  std::optional<os::FileId> id_, wal_;
  std::int64_t looked_us_ = 0; // when they were last compared
  std::optional<sqlite::Database> database_;
  std::optional<Rows> rows_;
  sqlite::Statement version_;
};

} // namespace wayfare::ledger
