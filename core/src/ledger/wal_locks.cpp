#include "ledger/wal_locks.hpp"

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <utility>

#include "os/descriptor_pool.hpp"
#include "os/files.hpp"

namespace wayfare::sqlite {

namespace {

// Bytes of the -shm file in the file format of SQLite: eight locks, and then the lock of each
// connection that has the file open.
constexpr std::int64_t locks_at = 120, in_use_at = 128, head_size = 136;

// A database file as SQLite sees it. The file of the base VFS follows it in the same memory.
struct File {
  sqlite3_file base; // the first member: SQLite knows only this part
  std::string path;
  os::FileLock shm;
  sqlite3_file* below() noexcept { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
File& of(sqlite3_file* file) noexcept { return *reinterpret_cast<File*>(file); }
const sqlite3_io_methods& below(sqlite3_file* file) noexcept { return *of(file).below()->pMethods; }

int close(sqlite3_file* file) {
  const int code = below(file).xClose(of(file).below());
  of(file).~File();
  return code;
}

// If no other connection has the -shm file open, clears its header: the file may be left from
// before a power cut. SQLite does the same, but it does not notice connections of the same process.
// After this, SQLite finds the file in use and leaves it alone.
int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** map) {
  File& self = of(file);
  if (!self.shm.ok()) {
    const std::string path = self.path + "-shm";
    os::FileLock shm = os::acquire(path, [&] { return os::FileLock(path, self.path); }, true);
    const bool cleared = shm.ok() && (!shm.try_lock(in_use_at) || shm.clear(head_size));
    if (!cleared || !shm.try_share(in_use_at)) {
      os::release(std::move(shm));
      // busy: another connection is clearing it
      return cleared ? SQLITE_BUSY : SQLITE_IOERR_SHMOPEN;
    }
    self.shm = std::move(shm);
  }
  return below(file).xShmMap(self.below(), page, size, extend, map);
}
int shm_lock(sqlite3_file* file, int at, int count, int how) {
  const os::FileLock& shm = of(file).shm;
  if ((how & SQLITE_SHM_UNLOCK) != 0) {
    shm.unlock(locks_at + at, count);
    return SQLITE_OK;
  }
  const bool taken = (how & SQLITE_SHM_SHARED) != 0 ? shm.try_share(locks_at + at, count)
                                                    : shm.try_lock(locks_at + at, count);
  return taken ? SQLITE_OK : SQLITE_BUSY;
}
int shm_unmap(sqlite3_file* file, int remove) {
  const int code = below(file).xShmUnmap(of(file).below(), remove);
  os::release(std::move(of(file).shm));
  return code;
}

// All other methods pass the call to the file of the base VFS. Version 2: memory-mapped pages,
// which version 3 added, are off.
constexpr sqlite3_io_methods methods{
    2,
    close,
    [](sqlite3_file* f, void* to, int size, sqlite3_int64 at) {
      return below(f).xRead(of(f).below(), to, size, at);
    },
    [](sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
      return below(f).xWrite(of(f).below(), from, size, at);
    },
    [](sqlite3_file* f, sqlite3_int64 size) { return below(f).xTruncate(of(f).below(), size); },
    [](sqlite3_file* f, int flags) { return below(f).xSync(of(f).below(), flags); },
    [](sqlite3_file* f, sqlite3_int64* size) { return below(f).xFileSize(of(f).below(), size); },
    [](sqlite3_file* f, int level) { return below(f).xLock(of(f).below(), level); },
    [](sqlite3_file* f, int level) { return below(f).xUnlock(of(f).below(), level); },
    [](sqlite3_file* f, int* reserved) {
      return below(f).xCheckReservedLock(of(f).below(), reserved);
    },
    [](sqlite3_file* f, int operation, void* argument) {
      return below(f).xFileControl(of(f).below(), operation, argument);
    },
    [](sqlite3_file* f) { return below(f).xSectorSize(of(f).below()); },
    [](sqlite3_file* f) { return below(f).xDeviceCharacteristics(of(f).below()); },
    shm_map,
    shm_lock,
    [](sqlite3_file* f) { below(f).xShmBarrier(of(f).below()); },
    shm_unmap,
    nullptr,
    nullptr,
};

// Only the database itself has these locks. The base VFS opens journals and temporary files, in the
// same memory.
int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  sqlite3_vfs* const base = LayeredVfs::base_of(vfs);
  if (!path || (flags & SQLITE_OPEN_MAIN_DB) == 0)
    return base->xOpen(base, path, file, flags, out_flags);
  File* const self = new (file) File{};
  const int code = base->xOpen(base, path, self->below(), flags, out_flags);
  if (code == SQLITE_OK && self->below()->pMethods && self->below()->pMethods->iVersion >= 2) {
    try {
      self->path = path;
      self->base.pMethods = &methods;
      return SQLITE_OK;
    } catch (const std::bad_alloc&) {
      // Memory is short: the open fails below.
    }
  }
  if (self->below()->pMethods) self->below()->pMethods->xClose(self->below());
  self->~File();
  file->pMethods = nullptr; // nothing was opened, so SQLite closes nothing
  return code == SQLITE_OK ? SQLITE_NOMEM : code;
}

} // namespace

WalLocksVfs::WalLocksVfs() : LayeredVfs(open, sizeof(File)) {}

void drop_wal_locks(sqlite3* connection) noexcept {
  sqlite3_file* file = nullptr;
  const int code = sqlite3_file_control(connection, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (code == SQLITE_OK && file && file->pMethods == &methods) of(file).shm.drop();
}

} // namespace wayfare::sqlite
