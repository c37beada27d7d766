// A VFS with our own locks for a ledger file in WAL mode. It passes all else to SQLite's VFS.
// SQLite's locks belong to the process: they do not exclude another SQLite in the same process, and
// they end when any part of the process closes a descriptor of the file. Our locks belong to the
// open file (open file description locks). They are on the same bytes of the -shm file, so that
// they exclude every SQLite of every process.
#pragma once

#include "ledger/layered_vfs.hpp"

struct sqlite3;

namespace wayfare::sqlite {

class WalLocksVfs : public LayeredVfs {
 public:
  WalLocksVfs();
};

// For the child of a fork, where the locks belong to the parent: drops the locks of a connection
// that this VFS opened.
void drop_wal_locks(sqlite3* connection) noexcept;

} // namespace wayfare::sqlite
