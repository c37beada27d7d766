// A VFS that reads a ledger file and writes nothing. SQLite keeps its index of the WAL in a file
// beside it, the -shm file. This VFS makes the index in memory, from the WAL itself. It makes no
// WAL if there is none.
#pragma once

#include "ledger/layered_vfs.hpp"

namespace wayfare::sqlite {

// It takes no locks. A Snapshot must hold them.
class ReadingVfs : public LayeredVfs {
 public:
  ReadingVfs();
};

} // namespace wayfare::sqlite
