#include "ledger/layered_vfs.hpp"

#include <sqlite3.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace wayfare::sqlite {

struct Vfs {
  std::string name;
  sqlite3_vfs vfs;
  int users = 0; // the objects that need it registered
};

namespace {

sqlite3_vfs* base_of(sqlite3_vfs* vfs) noexcept { return LayeredVfs::base_of(vfs); }

// Makes the VFS. Methods that open nothing are those of the base VFS. They are called with the base
// VFS as argument.
std::unique_ptr<Vfs> over(sqlite3_vfs* base, std::size_t number, LayeredVfs::Open open,
                          std::size_t file_size) {
  auto made = std::make_unique<Vfs>(Vfs{"wayfare-" + std::to_string(number), *base});
  sqlite3_vfs& vfs = made->vfs;
  vfs.zName = made->name.c_str();
  vfs.pNext = nullptr;
  vfs.pAppData = base;
  vfs.szOsFile = static_cast<int>(file_size) + base->szOsFile;
  vfs.xOpen = open;
  vfs.xDelete = [](sqlite3_vfs* v, const char* path, int sync) {
    return base_of(v)->xDelete(base_of(v), path, sync);
  };
  vfs.xAccess = [](sqlite3_vfs* v, const char* path, int flags, int* out) {
    return base_of(v)->xAccess(base_of(v), path, flags, out);
  };
  vfs.xFullPathname = [](sqlite3_vfs* v, const char* path, int size, char* out) {
    return base_of(v)->xFullPathname(base_of(v), path, size, out);
  };
  vfs.xDlOpen = [](sqlite3_vfs* v, const char* path) {
    return base_of(v)->xDlOpen(base_of(v), path);
  };
  vfs.xDlError = [](sqlite3_vfs* v, int size, char* out) {
    base_of(v)->xDlError(base_of(v), size, out);
  };
  vfs.xDlSym = [](sqlite3_vfs* v, void* library, const char* name) {
    return base_of(v)->xDlSym(base_of(v), library, name);
  };
  vfs.xDlClose = [](sqlite3_vfs* v, void* library) { base_of(v)->xDlClose(base_of(v), library); };
  vfs.xRandomness = [](sqlite3_vfs* v, int size, char* out) {
    return base_of(v)->xRandomness(base_of(v), size, out);
  };
  vfs.xSleep = [](sqlite3_vfs* v, int us) { return base_of(v)->xSleep(base_of(v), us); };
  vfs.xCurrentTime = [](sqlite3_vfs* v, double* time) {
    return base_of(v)->xCurrentTime(base_of(v), time);
  };
  vfs.xGetLastError = [](sqlite3_vfs* v, int size, char* out) {
    return base_of(v)->xGetLastError(base_of(v), size, out);
  };
  if (vfs.iVersion >= 2)
    vfs.xCurrentTimeInt64 = [](sqlite3_vfs* v, sqlite3_int64* time) {
      return base_of(v)->xCurrentTimeInt64(base_of(v), time);
    };
  // version 3 has system calls, which are not supported here
  vfs.iVersion = vfs.iVersion >= 2 ? 2 : 1;
  return made;
}

// On the heap and never freed: connections may be closed during exit.
std::mutex& mutex() {
  static auto* const one = new std::mutex;
  return *one;
}
std::map<std::pair<sqlite3_vfs*, LayeredVfs::Open>, std::unique_ptr<Vfs>>& made() {
  static auto* const all =
      new std::map<std::pair<sqlite3_vfs*, LayeredVfs::Open>, std::unique_ptr<Vfs>>;
  return *all;
}

} // namespace

LayeredVfs::LayeredVfs(Open open, std::size_t file_size) {
  std::lock_guard lock(mutex());
  sqlite3_vfs* const base = sqlite3_vfs_find(nullptr);
  if (!base) return;
  auto& known = made()[{base, open}];
  if (!known) known = over(base, made().size(), open, file_size);
  vfs_ = known.get();
  if (vfs_->users++ == 0) sqlite3_vfs_register(&vfs_->vfs, 0);
}

LayeredVfs::LayeredVfs(sqlite3* connection) {
  sqlite3_vfs* opened_by = nullptr;
  sqlite3_file_control(connection, "main", SQLITE_FCNTL_VFS_POINTER, &opened_by);
  std::lock_guard lock(mutex());
  for (const auto& [base, known] : made())
    if (&known->vfs == opened_by) vfs_ = known.get();
  if (vfs_ && vfs_->users++ == 0) sqlite3_vfs_register(&vfs_->vfs, 0);
}

LayeredVfs::~LayeredVfs() {
  if (!vfs_) return;
  std::lock_guard lock(mutex());
  if (--vfs_->users == 0) sqlite3_vfs_unregister(&vfs_->vfs);
}

const char* LayeredVfs::name() const noexcept { return vfs_ ? vfs_->vfs.zName : nullptr; }

sqlite3_vfs* LayeredVfs::base_of(sqlite3_vfs* vfs) noexcept {
  return static_cast<sqlite3_vfs*>(vfs->pAppData);
}

} // namespace wayfare::sqlite
