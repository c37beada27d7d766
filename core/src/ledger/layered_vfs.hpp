// A VFS in front of SQLite's own. It opens files in its own way, and passes all else to the base
// VFS.
#pragma once

#include <cstddef>

struct sqlite3;
struct sqlite3_file;
struct sqlite3_vfs;

namespace wayfare::sqlite {

// Registers this VFS under a name for the lifetime of the object. SQLite looks the name up when a
// database is opened or attached. The VFS is not registered for longer: it would become the default
// of the host if the host removed its own default.
class LayeredVfs {
 public:
  using Open = int (*)(sqlite3_vfs*, const char* path, sqlite3_file*, int flags, int* out_flags);
  // On top of SQLite's current default VFS. The file of the base VFS follows the `file_size` bytes
  // of a file of this one.
  LayeredVfs(Open open, std::size_t file_size);
  explicit LayeredVfs(sqlite3* connection); // the VFS that opened this connection
  ~LayeredVfs();
  LayeredVfs(const LayeredVfs&) = delete;
  LayeredVfs& operator=(const LayeredVfs&) = delete;

  // null if SQLite has no VFS at all, or if another VFS opened the connection
  const char* name() const noexcept;
  static sqlite3_vfs* base_of(sqlite3_vfs* vfs) noexcept;

 private:
  struct Vfs* vfs_ = nullptr;
};

} // namespace wayfare::sqlite
