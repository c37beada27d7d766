// The models list on the disk, one file per base URL, shared by the machine's processes. It is a
// convenience: whatever is wrong with it counts as not being there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "os/files.hpp"

namespace wayfare {

class CacheFile {
 public:
  struct Kept {
    std::int64_t fetched_s = 0; // UTC seconds since 1970
    std::int64_t fresh_s = 0;   // for how long it is fresh
    std::string body;           // as the server sent it
  };

  // In this folder, which is made by the first claim; where it is "", or cannot be made, nothing is
  // kept.
  CacheFile(const std::string& folder, const std::string& base_url);

  // Nothing where there is none, or none that this version wrote whole.
  std::optional<Kept> read() const;
  void write(const Kept& kept) const; // in one step: others see the old one or the new one

  // Whether this process is the one to fetch the list now; until release() no other is. True too
  // where that cannot be told.
  bool claim();
  void release();

 private:
  std::string folder_, path_; // "": nowhere
  os::FileLock lock_;
  bool claimed_ = false;
};

} // namespace wayfare
