#include "ledger/snapshot.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "ledger/sqlite.hpp"
#include "os/descriptor_pool.hpp"

namespace wayfare::sqlite {

namespace {

// Bytes of the -shm file in the file format of SQLite: the first and the last lock of readers. To
// move pages from the WAL into the file, a process needs the first lock exclusively. To overwrite
// the WAL from its start, it needs all other locks exclusively. SQLite's own readers take the last
// one only if the others are in use.
constexpr std::int64_t reads_file = 123, reads_wal = 127;

os::FileLock opened(const std::string& path) {
  os::FileLock file = os::FileLock::for_sharing(path);
  if (!file.ok())
    throw Failure(Failure::Kind::other, "cannot read " + path + ": " + std::strerror(errno));
  return file;
}

std::string beginning(const std::string& wal) {
  constexpr int header = 32;
  std::string bytes;
  if (!os::exists(wal)) return bytes;
  const os::FileLock file = opened(wal);
  for (int at = 0, byte = 0; at < header && (byte = file.byte(at)) >= 0; ++at)
    bytes += static_cast<char>(byte);
  return bytes;
}

} // namespace

Snapshot::Snapshot(std::string path) : path_(std::move(path)) {
  const std::string shm = path_ + "-shm";
  if (os::exists(shm)) {
    os::FileLock lock = os::acquire(shm, [&] { return opened(shm); });
    if (!lock.try_share(reads_file) || !lock.try_share(reads_wal)) {
      os::release(std::move(lock));
      throw Failure(Failure::Kind::busy, path_ + " is being written");
    }
    shm_ = std::move(lock);
  }
  database_ = os::file_state(path_);
  wal_ = beginning(path_ + "-wal");
}

Snapshot::~Snapshot() {
  if (shm_.ok()) os::release(std::move(shm_));
}

bool Snapshot::holds() const {
  return os::file_state(path_) == database_ && (wal_.empty() || beginning(path_ + "-wal") == wal_);
}

} // namespace wayfare::sqlite
