// The locks of a ledger's file in WAL mode, as a VFS that stands before SQLite's own. SQLite's
// locks are those of the process: they say nothing to another SQLite in the same process, and end
// when anybody in the process closes any descriptor of the file. These are on the same bytes of the
// -shm, so that they exclude every SQLite of every process, but by the open file (open file
// description locks).
#pragma once

struct sqlite3;

namespace wayfare::sqlite {

// That VFS, registered under a name for as long as this lives: SQLite looks it up when a database
// is opened or attached. It is not registered for longer, lest it become the host's default where
// the host takes its own default away.
class WalLocksVfs {
 public:
  WalLocksVfs();                             // over SQLite's default VFS of now
  explicit WalLocksVfs(sqlite3* connection); // the one that this connection was opened by
  ~WalLocksVfs();
  WalLocksVfs(const WalLocksVfs&) = delete;
  WalLocksVfs& operator=(const WalLocksVfs&) = delete;

  // null where SQLite has no VFS at all, or the connection was opened by another
  const char* name() const noexcept;

 private:
  struct Vfs* vfs_ = nullptr;
};

// In a fork's child, where the locks are the parent's: lets go of those of a connection that was
// opened so.
void drop_wal_locks(sqlite3* connection) noexcept;

} // namespace wayfare::sqlite
