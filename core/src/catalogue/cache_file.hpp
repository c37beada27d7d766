// A list of a server on the disk: one file for each list, shared by all processes of the machine.
// It is only a cache: a file with any fault counts as missing.
#pragma once

#include <cstddef>
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
    std::int64_t fresh_s = 0;   // the seconds for which it is fresh
    std::string body;           // the answer of the server
  };

  // `kind`: what the list has, the begin of the file's name. `url`: what tells the list from others
  // of its kind. The first claim() makes the folder. If `folder` is "" or cannot be made, nothing
  // is cached.
  struct Place {
    std::string folder, kind, url;
    std::size_t text_max = 0; // a longer file counts as missing
    bool claims = true; // false: a claim is always given, so that no descriptor is needed for it
  };
  explicit CacheFile(Place place);

  // Returns nothing if there is no file, or no complete file of this version.
  std::optional<Kept> read() const;
  void write(const Kept& kept) const; // in one step: a reader sees the old list or the new list

  // Whether this process may fetch the list now. No other process may until release(). Also true if
  // the lock cannot be checked.
  bool claim();
  void release();

 private:
  Place place_;
  std::string path_; // "": no cache
  os::FileLock lock_;
  bool claimed_ = false;
};

} // namespace wayfare
