// Files and locks for the ledger and the settings.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wayfare::os {

// $XDG_STATE_HOME/wayfare/ledger.db, else ~/.local/state/wayfare/ledger.db; "" without a home
// folder.
std::string default_ledger();
// $XDG_CACHE_HOME/wayfare, else ~/.cache/wayfare; "" without a home folder.
std::string cache_folder();
// Makes `path` absolute, relative to the current working folder.
std::string absolute(const std::string& path);

// Makes a private (0700) folder and its missing parents, and syncs them. Returns "" or the error.
std::string make_folder(const std::string& path);
// The same for those who may use the file `like`: its owner and its permissions.
std::string make_folder(const std::string& path, const std::string& like);
// Makes a private (0600) file if there is none, and syncs it and its folder. Does not make a file
// through a symbolic link. Returns "" or the error.
std::string make_file(const std::string& path);

// Why this process cannot read or write an existing file; "" if it can.
std::string fault_of_reading(const std::string& path);
std::string fault_of_writing(const std::string& path);

// The absolute path without symbolic links. real_path() returns "" if nothing is there, and
// real_folder() if no folder is there.
std::string real_path(const std::string& path);
std::string real_folder(const std::string& path);
// The text of a whole file of at most `most` bytes.
struct FileText {
  bool found = false; // false for a folder
  std::string text;
  std::string fault; // "" or what went wrong
};
FileText read_file(const std::string& path, std::size_t most);

// Replaces the file by a private (0600) file with this text in one step: a reader sees the old text
// or the new text. Does not sync. Returns false on failure, or if another process is replacing it.
bool replace_file(const std::string& path, const std::string& text);

// Makes a file with this text, synced, in one step: a reader sees the whole file or none. It gets
// the owner and the permissions of the file `like`, or is private (0600). A file that has the text
// stays, and one that has another text is replaced. Returns "" or the error.
std::string store_file(const std::string& path, const std::string& text, const std::string& like);
// Syncs the file at `path` and renames it to `name`, replacing the file with that name. Returns ""
// or the error.
std::string rename_synced(const std::string& path, const std::string& name);
// The name of a file system that several machines may share; "" for any other. A WAL needs shared
// memory, which processes on different machines do not have. `type` comes from statfs().
std::string_view remote_file_system(std::uint64_t type);
std::string_view remote_file_system_of(const std::string& path);
bool exists(const std::string& path);            // a file of any kind
std::int64_t file_size(const std::string& path); // 0 if there is no file
void remove_file(const std::string& path);

// Whether this process can open one more descriptor now.
bool has_descriptor() noexcept;

// Identifies a file independent of its path.
struct FileId {
  dev_t device = 0;
  ino_t inode = 0;
  auto operator<=>(const FileId&) const = default;
};
std::optional<FileId> file_id(const std::string& path);

// Differs before and after a file was written or replaced.
struct FileState {
  std::optional<FileId> id; // nothing: there is no file
  std::int64_t size = 0, written_ns = 0;
  bool operator==(const FileState&) const = default;
};
FileState file_state(const std::string& path);

// The number of descriptors of this file that the process has open. Nothing if the system does not
// tell.
std::optional<int> descriptors_of(const FileId& file);

// Locks on bytes of a file (open file description locks). They belong to this object and end with
// it or with the process. They exclude every other FileLock, and the POSIX locks of all processes
// including this one.
class FileLock {
 public:
  FileLock() = default;
  // Opens the file and makes it if it is missing; ok() tells whether that worked. A new file gets
  // the owner and the permissions of the file `like`.
  explicit FileLock(const std::string& path, const std::string& like = {});
  static FileLock for_sharing(
      // For an existing file that may be read-only. try_lock() then always returns false.
      const std::string& path);
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;

  bool ok() const noexcept { return descriptor_ >= 0; }
  void lock(std::int64_t byte) const; // waits
  // Does not wait. False if another holder has one of the bytes.
  bool try_lock(std::int64_t byte, std::int64_t count = 1) const;
  bool can_write() const; // whether the descriptor permits try_lock
  // A shared lock. It also replaces an exclusive lock of this object.
  bool try_share(std::int64_t byte, std::int64_t count = 1) const;
  void unlock(std::int64_t byte, std::int64_t count = 1) const; // count 0: to the end of the file
  // Whether no other holder has one of the bytes. count 0: to the end of the file.
  bool is_free(std::int64_t byte, std::int64_t count = 1) const;
  // Sets the first bytes of the file to 0.
  bool clear(std::int64_t count) const;
  // The byte at this place of the file; -1 beyond its end.
  int byte(std::int64_t at) const;
  std::optional<FileId> file() const; // also if its path has changed
  // Closes the descriptor without unlocking. For the child of a fork, because the locks are the
  // parent's.
  void drop() noexcept;

 private:
  bool set(int command, short type, std::int64_t byte, std::int64_t count = 1) const;
  int descriptor_ = -1;
};

// A fair gate in front of SQLite's writer lock, which may starve a writer. The holder of byte 1 is
// the next one to get byte 0.
class Gate {
 public:
  explicit Gate(const FileLock* lock) : lock_(lock) { // null: no other process can use the file
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
