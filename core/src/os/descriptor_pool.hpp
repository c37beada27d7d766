// Descriptors of files that other parts of the host may have open and locked: with the close of any
// of them a process loses all of its locks on the file, whoever took them.
#pragma once

#include <functional>
#include <string>

#include "os/files.hpp"

namespace wayfare::os {

// One of the file at `path` that was given back, else what `open` opens.
FileLock acquire(const std::string& path, const std::function<FileLock()>& open);
// Its locks end. It is closed where nobody else in this process has the file open, and kept for the
// next to acquire it where somebody has.
void release(FileLock lock);

} // namespace wayfare::os
