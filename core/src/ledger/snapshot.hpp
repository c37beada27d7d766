// Keeps a ledger file and its WAL unchanged for a reader that writes nothing. Such a reader cannot
// set the marks in the -shm file by which SQLite's readers do this.
#pragma once

#include <string>

#include "os/files.hpp"

namespace wayfare::sqlite {

// Writers go on during its lifetime. Their commits are appended to the WAL. Nothing is moved from
// the WAL into the file, and the WAL is not overwritten from its start.
class Snapshot {
 public:
  // Throws Failure: busy if the WAL is being moved into the file now.
  explicit Snapshot(std::string path);
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  // Whether the file is unchanged. If there was no -shm file, no lock could be taken, and a process
  // that opened the file later may have changed it.
  bool holds() const;
  void drop() noexcept { shm_.drop(); } // in the child of a fork

 private:
  const std::string path_;
  os::FileLock shm_;
  os::FileState database_;
  std::string wal_; // its header: it changes each time the WAL starts again
};

} // namespace wayfare::sqlite
