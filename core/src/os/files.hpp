// Files and locks, as the ledger and the settings need them.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wayfare::os {

// $XDG_STATE_HOME/wayfare/ledger.db, else ~/.local/state/wayfare/ledger.db; "" where there is no
// home.
std::string default_ledger();
// $XDG_CACHE_HOME/wayfare, else ~/.cache/wayfare; "" where there is no home.
std::string cache_folder();
// `path`, made absolute by the working folder of now.
std::string absolute(const std::string& path);

// Makes a private (0700) folder and those above it that are missing, synced. "" or what went wrong.
std::string make_folder(const std::string& path);
// Makes sure that a private (0600) file is there, synced with its folder if it was made; never
// follows a link to make one. "" or what went wrong.
std::string make_file(const std::string& path);

// The absolute path without links; "" where there is nothing, or no folder.
std::string real_path(const std::string& path);
std::string real_folder(const std::string& path);
// The whole of a file that is not larger than `most` bytes.
struct FileText {
  bool found = false; // a folder is none
  std::string text;
  std::string fault; // "" or what went wrong
};
FileText read_file(const std::string& path, std::size_t most);

// Puts the text in the place of the file, private (0600), in one step: readers see the old one or
// the new one. Not synced. False where it cannot, or another is at it.
bool replace_file(const std::string& path, const std::string& text);

// Syncs the file and gives it its name, in the place of what had that. "" or what went wrong.
std::string rename_synced(const std::string& path, const std::string& name);
// The kind of file system, where processes of several machines may have it: these share no memory,
// which a WAL needs. "" of all others.
std::string_view remote_file_system(std::uint64_t type); // as statfs() tells it
std::string_view remote_file_system_of(const std::string& path);
bool exists(const std::string& path);            // of whatever kind
std::int64_t file_size(const std::string& path); // 0 where there is none
void remove_file(const std::string& path);

// Whether this process may open one more descriptor now.
bool has_descriptor() noexcept;

// Names a file whatever its path is.
struct FileId {
  dev_t device = 0;
  ino_t inode = 0;
  auto operator<=>(const FileId&) const = default;
};
std::optional<FileId> file_id(const std::string& path);

// How many descriptors of it this process has open; nothing where the system does not tell.
std::optional<int> descriptors_of(const FileId& file);

// Locks on bytes of a file. They belong to this object, end with it or with the process, and
// exclude every other FileLock and every lock of a process, this one included. (Open file
// description locks.)
class FileLock {
 public:
  FileLock() = default;
  // Makes the file; ok() tells. `like`: the owner and the permissions of one that is made are that
  // file's.
  explicit FileLock(const std::string& path, const std::string& like = {});
  static FileLock for_sharing(
      // of a file that is there, which it need not be able to write: try_lock is always false
      const std::string& path);
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;

  bool ok() const noexcept { return descriptor_ >= 0; }
  void lock(std::int64_t byte) const; // waits
  // false: one of them is held elsewhere
  bool try_lock(std::int64_t byte, std::int64_t count = 1) const;
  // with others that share; in the place of a lock of its own too
  bool try_share(std::int64_t byte, std::int64_t count = 1) const;
  void unlock(std::int64_t byte, std::int64_t count = 1) const; // count 0: to the end
  // held by nobody but perhaps this; count 0: to the end
  bool is_free(std::int64_t byte, std::int64_t count = 1) const;
  // the file's first bytes become 0
  bool clear(std::int64_t count) const;
  // of the file; -1 where it ends before
  int byte(std::int64_t at) const;
  std::optional<FileId> file() const; // whatever its path is by now
  // closes the descriptor: in a fork's child, where the locks are the parent's
  void drop() noexcept;

 private:
  bool set(int command, short type, std::int64_t byte, std::int64_t count = 1) const;
  int descriptor_ = -1;
};

// The fair gate in front of SQLite's writer lock (which starves one of many): whoever holds byte 1
// is the next to get byte 0.
class Gate {
 public:
  explicit Gate(const FileLock* lock) : lock_(lock) { // null: no other process can come
    if (!lock_) return;
    lock_->lock(1);
    lock_->lock(0);
    lock_->unlock(1);
  }
  ~Gate() {
    if (lock_) lock_->unlock(0);
  }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

 private:
  const FileLock* lock_;
};

} // namespace wayfare::os
