// A pool of open file descriptors. POSIX drops all locks of a process on a file when any descriptor
// of that file is closed. So the pool keeps a descriptor open while the host (another SQLite, for
// example) also has the file open.
#pragma once

#include <functional>
#include <string>

#include "os/files.hpp"

namespace wayfare::os {

// Returns a released lock of the file at `path`, or else the result of `open`. With `writes`, the
// released lock must be of a descriptor that can write.
FileLock acquire(const std::string& path, const std::function<FileLock()>& open,
                 bool writes = false);
// Drops the locks of `lock`. Closes it if nothing else in this process has the file open. Otherwise
// keeps it for the next acquire().
void release(FileLock lock);

} // namespace wayfare::os
