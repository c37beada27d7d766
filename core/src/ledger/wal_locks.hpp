// A VFS with our own locks for a ledger file in WAL mode. It passes all else to SQLite's VFS.
// SQLite's locks belong to the process: they do not exclude another SQLite in the same process, and
// they end when any part of the process closes a descriptor of the file. Our locks belong to the
// open file (open file description locks). They are on the same bytes of the -shm file, so that
// they exclude every SQLite of every process.
#pragma once

struct sqlite3;

namespace wayfare::sqlite {

// Registers this VFS under a name for the lifetime of the object. SQLite looks the name up when a
// database is opened or attached. The VFS is not registered for longer: it would become the default
// of the host if the host removed its own default.
class WalLocksVfs {
 public:
  WalLocksVfs();                             // on top of SQLite's current default VFS
  explicit WalLocksVfs(sqlite3* connection); // the VFS that opened this connection
  ~WalLocksVfs();
  WalLocksVfs(const WalLocksVfs&) = delete;
  WalLocksVfs& operator=(const WalLocksVfs&) = delete;

  // null if SQLite has no VFS at all, or if another VFS opened the connection
  const char* name() const noexcept;

 private:
  struct Vfs* vfs_ = nullptr;
};

// For the child of a fork, where the locks belong to the parent: drops the locks of a connection
// that this VFS opened.
void drop_wal_locks(sqlite3* connection) noexcept;

} // namespace wayfare::sqlite
