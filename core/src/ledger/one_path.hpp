// One path of a ledger's file at a time. Beside each path stand a WAL and a lock of its own, so
// two processes that reach one file by two paths (a hard link in another folder, the file mounted
// alone) do not see each other's rows. The file itself is the only thing that they share: here they
// tell each other their path by locks on it.
#pragma once

#include <cstdint>
#include <string>

#include "os/files.hpp"

namespace wayfare::ledger {

class OnePath {
 public:
  OnePath() = default;
  ~OnePath() { release(); }
  OnePath(const OnePath&) = delete;
  OnePath& operator=(const OnePath&) = delete;

  enum class Taken : std::uint8_t {
    held,
    elsewhere, // a process has the file open by another path
    no_file,   // or none that can be read
  };
  // Keeps every other path of the file away until release(), or the end of the process. Holders
  // of the same path do not exclude each other. `path` is absolute and has no links.
  Taken take(const std::string& path);
  bool is_held() const noexcept { return file_.ok(); }
  void release() noexcept;
  void drop() noexcept { file_.drop(); } // in a fork's child, where the lock is the parent's

 private:
  os::FileLock file_;
};

// Returns what a refusal says.
std::string elsewhere(const std::string& path);
inline constexpr const char* how_to_share = "share the ledger's folder, not the file alone";

} // namespace wayfare::ledger
