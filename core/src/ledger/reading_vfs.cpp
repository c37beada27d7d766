#include "ledger/reading_vfs.hpp"

#include <sqlite3.h>

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "os/files.hpp"

namespace wayfare::sqlite {

namespace {

// A database or its WAL. The file of the base VFS follows it in the same memory. A WAL that is
// missing has no such file.
struct File {
  sqlite3_file base; // the first member: SQLite knows only this part
  std::vector<std::unique_ptr<char[]>> index;
  sqlite3_file* below() noexcept { return reinterpret_cast<sqlite3_file*>(this + 1); }
  bool is_there() noexcept { return below()->pMethods != nullptr; }
};
File& of(sqlite3_file* file) noexcept { return *reinterpret_cast<File*>(file); }
const sqlite3_io_methods& below(sqlite3_file* file) noexcept { return *of(file).below()->pMethods; }

int close(sqlite3_file* file) {
  const int code = of(file).is_there() ? below(file).xClose(of(file).below()) : SQLITE_OK;
  of(file).~File();
  return code;
}
int read(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
  if (of(file).is_there()) return below(file).xRead(of(file).below(), to, size, at);
  std::memset(to, 0, static_cast<std::size_t>(size));
  return SQLITE_IOERR_SHORT_READ;
}
int size_of(sqlite3_file* file, sqlite3_int64* size) {
  if (of(file).is_there()) return below(file).xFileSize(of(file).below(), size);
  *size = 0;
  return SQLITE_OK;
}
int map_index(sqlite3_file* file, int page, int size, int, void volatile** map) {
  try {
    auto& index = of(file).index;
    while (index.size() <= static_cast<std::size_t>(page))
      index.push_back(std::make_unique<char[]>(static_cast<std::size_t>(size)));
    *map = index[static_cast<std::size_t>(page)].get();
    return SQLITE_OK;
  } catch (const std::bad_alloc&) {
    return SQLITE_NOMEM;
  }
}

constexpr sqlite3_io_methods methods{
    2, // without pages mapped into memory
    close,
    read,
    [](sqlite3_file*, const void*, int, sqlite3_int64) { return SQLITE_READONLY; },
    [](sqlite3_file*, sqlite3_int64) { return SQLITE_READONLY; },
    [](sqlite3_file*, int) { return SQLITE_OK; },
    size_of,
    // an exclusive lock is never needed for reading
    [](sqlite3_file*, int level) { return level <= SQLITE_LOCK_SHARED ? SQLITE_OK : SQLITE_BUSY; },
    [](sqlite3_file*, int) { return SQLITE_OK; },
    [](sqlite3_file*, int* reserved) { return *reserved = 0, SQLITE_OK; },
    [](sqlite3_file* f, int operation, void* argument) {
      return of(f).is_there() ? below(f).xFileControl(of(f).below(), operation, argument)
                              : SQLITE_NOTFOUND;
    },
    [](sqlite3_file* f) { return of(f).is_there() ? below(f).xSectorSize(of(f).below()) : 4096; },
    [](sqlite3_file* f) {
      return of(f).is_there() ? below(f).xDeviceCharacteristics(of(f).below()) : 0;
    },
    map_index,
    [](sqlite3_file*, int, int, int) { return SQLITE_OK; }, // the index is this connection's alone
    [](sqlite3_file*) {},
    [](sqlite3_file* f, int) { return of(f).index.clear(), SQLITE_OK; },
    nullptr,
    nullptr,
};

// The base VFS opens all other files of such a connection, such as the file of a backup.
int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  sqlite3_vfs* const base = LayeredVfs::base_of(vfs);
  const bool is_wal = path && (flags & SQLITE_OPEN_WAL) != 0 &&
                      sqlite3_database_file_object(path)->pMethods == &methods;
  const bool is_database =
      path && (flags & SQLITE_OPEN_MAIN_DB) != 0 && (flags & SQLITE_OPEN_READONLY) != 0;
  if (!is_wal && !is_database) return base->xOpen(base, path, file, flags, out_flags);
  File* const self = new (file) File{};
  self->below()->pMethods = nullptr;
  int code = SQLITE_OK;
  if (is_wal) flags = SQLITE_OPEN_WAL | SQLITE_OPEN_READONLY;
  if (!is_wal || os::exists(path))
    code = base->xOpen(base, path, self->below(), flags, out_flags);
  else if (out_flags)
    *out_flags = flags;
  self->base.pMethods = &methods;
  if (code == SQLITE_OK) return code;
  if (self->is_there()) self->below()->pMethods->xClose(self->below());
  self->~File();
  file->pMethods = nullptr; // nothing was opened, so SQLite closes nothing
  return code;
}

} // namespace

ReadingVfs::ReadingVfs() : LayeredVfs(open, sizeof(File)) {}

} // namespace wayfare::sqlite
