// A disk that fails on request, or records all changes: a SQLite VFS on top of the system's VFS.
// While a Disk lives, it is SQLite's default in this process. Only one may live at a time. Syncs
// are counted and recorded, but not carried out.
#pragma once

#include <sqlite3.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace disk {

enum class Fault {
  // Any call: open, read, write, truncate, sync, access, lock, map.
  io,
  full, // writes, and calls that make a file longer
  torn, // writes: only the first half is written
  busy, // locks: another holder has them
};

// One change of a file.
struct Deed {
  enum class Kind { write, cut, sync, remove } kind;
  std::string path;
  std::int64_t at = 0; // the offset of a write, or the size after a cut
  std::string bytes;
};

class Disk {
 public:
  Disk() : base_(sqlite3_vfs_find(nullptr)), vfs_(*base_) {
    now() = this;
    vfs_.pNext = nullptr;
    vfs_.zName = "wayfare-test";
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + base_->szOsFile;
    vfs_.xOpen = [](sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
      return now()->open(name, reinterpret_cast<File*>(file), flags, out);
    };
    vfs_.xDelete = [](sqlite3_vfs*, const char* name, int sync_folder) {
      if (now()->fails(Asked::other)) return SQLITE_IOERR_DELETE;
      now()->write_down({Deed::Kind::remove, name});
      return now()->base_->xDelete(now()->base_, name, sync_folder);
    };
    vfs_.xAccess = [](sqlite3_vfs*, const char* name, int flags, int* out) {
      return now()->fails(Asked::other) ? SQLITE_IOERR_ACCESS
                                        : now()->base_->xAccess(now()->base_, name, flags, out);
    };
    // Waiting for a lock takes no time.
    vfs_.xSleep = [](sqlite3_vfs*, int us) { return us; };
    sqlite3_vfs_register(&vfs_, 1);
  }
  ~Disk() {
    sqlite3_vfs_unregister(&vfs_);
    now() = nullptr;
  }
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  // From now on the nth call (from 0) that can have this fault fails. With `on`, all later ones
  // fail too.
  void fail(Fault fault, int nth, bool on) {
    std::lock_guard lock(mutex_);
    fault_ = fault, left_ = nth, on_ = on, armed_ = true, failed_ = 0;
  }
  void lift() {
    std::lock_guard lock(mutex_);
    armed_ = false;
  }
  int failed() const { return failed_; } // failed calls since fail()

  // From now on files may grow by at most `room` bytes together. More bytes are refused as on a
  // full disk.
  void leave_room(std::int64_t room) { room_ = room; }
  static constexpr std::int64_t endless = INT64_MAX;

  void record(bool on) { records_ = on; }
  std::vector<Deed> deeds() const {
    std::lock_guard lock(mutex_);
    return deeds_;
  }
  std::size_t position() const { // the number of recorded changes
    std::lock_guard lock(mutex_);
    return deeds_.size();
  }

 private:
  enum class Asked { write, lock, other };
  struct File {
    sqlite3_file base;
    char* path; // null for a temporary file
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  };
  static Disk*& now() {
    static Disk* one = nullptr;
    return one;
  }
  static File& of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }

  bool fails(Asked asked) {
    std::lock_guard lock(mutex_);
    if (!armed_) return false;
    if ((fault_ == Fault::full || fault_ == Fault::torn) && asked != Asked::write) return false;
    if (fault_ == Fault::busy && asked != Asked::lock) return false;
    if (left_-- > 0) return false;
    if (!on_) armed_ = false;
    ++failed_;
    return true;
  }
  void write_down(Deed deed) {
    if (!records_) return;
    std::lock_guard lock(mutex_);
    deeds_.push_back(std::move(deed));
  }
  bool has_room(File& file, std::int64_t end) {
    if (room_ == endless) return true;
    sqlite3_int64 size = 0;
    file.real()->pMethods->xFileSize(file.real(), &size);
    if (end <= size) return true;
    return room_.fetch_sub(end - size) >= end - size || (room_ += end - size, false);
  }

  int open(const char* name, File* file, int flags, int* out) {
    file->base.pMethods = nullptr;
    if (fails(Asked::other)) return SQLITE_CANTOPEN;
    const int code = base_->xOpen(base_, name, file->real(), flags, out);
    if (code != SQLITE_OK) return code;
    file->path = name ? strdup(name) : nullptr;
    file->base.pMethods = &methods();
    return code;
  }

  static int write(sqlite3_file* base, const void* bytes, int size, sqlite3_int64 at) {
    File& file = of(base);
    sqlite3_file* real = file.real();
    if (now()->fails(Asked::write)) {
      if (now()->fault_ == Fault::full) return SQLITE_FULL;
      if (now()->fault_ == Fault::torn) real->pMethods->xWrite(real, bytes, size / 2, at);
      return SQLITE_IOERR_WRITE;
    }
    if (!now()->has_room(file, at + size)) return SQLITE_FULL;
    if (file.path)
      now()->write_down(
          {Deed::Kind::write, file.path, at,
           std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size))});
    return real->pMethods->xWrite(real, bytes, size, at);
  }
  static int cut(sqlite3_file* base, sqlite3_int64 size) {
    if (now()->fails(Asked::other)) return SQLITE_IOERR_TRUNCATE;
    if (of(base).path) now()->write_down({Deed::Kind::cut, of(base).path, size});
    return of(base).real()->pMethods->xTruncate(of(base).real(), size);
  }
  static int sync(sqlite3_file* base, int) {
    if (now()->fails(Asked::other)) return SQLITE_IOERR_FSYNC;
    if (of(base).path) now()->write_down({Deed::Kind::sync, of(base).path});
    return SQLITE_OK;
  }
  static int close(sqlite3_file* base) {
    std::free(of(base).path);
    return of(base).real()->pMethods->xClose(of(base).real());
  }
  static int shm_lock(sqlite3_file* base, int offset, int count, int flags) {
    if ((flags & SQLITE_SHM_LOCK) != 0 && now()->fails(Asked::lock))
      return now()->fault_ == Fault::busy ? SQLITE_BUSY : SQLITE_IOERR_SHMLOCK;
    return of(base).real()->pMethods->xShmLock(of(base).real(), offset, count, flags);
  }

  static const sqlite3_io_methods& methods() {
    static const sqlite3_io_methods all = {
        .iVersion = 2, // without memory-mapped pages
        .xClose = close,
        .xRead =
            [](sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
              return now()->fails(Asked::other)
                         ? SQLITE_IOERR_READ
                         : of(file).real()->pMethods->xRead(of(file).real(), to, size, at);
            },
        .xWrite = write,
        .xTruncate = cut,
        .xSync = sync,
        .xFileSize =
            [](sqlite3_file* file, sqlite3_int64* size) {
              return now()->fails(Asked::other)
                         ? SQLITE_IOERR_FSTAT
                         : of(file).real()->pMethods->xFileSize(of(file).real(), size);
            },
        .xLock =
            [](sqlite3_file* file, int kind) {
              if (now()->fails(Asked::lock))
                return now()->fault_ == Fault::busy ? SQLITE_BUSY : SQLITE_IOERR_LOCK;
              return of(file).real()->pMethods->xLock(of(file).real(), kind);
            },
        .xUnlock =
            [](sqlite3_file* file, int kind) {
              return of(file).real()->pMethods->xUnlock(of(file).real(), kind);
            },
        .xCheckReservedLock =
            [](sqlite3_file* file, int* out) {
              return of(file).real()->pMethods->xCheckReservedLock(of(file).real(), out);
            },
        .xFileControl =
            [](sqlite3_file* file, int what, void* with) {
              return of(file).real()->pMethods->xFileControl(of(file).real(), what, with);
            },
        .xSectorSize =
            [](sqlite3_file* file) {
              return of(file).real()->pMethods->xSectorSize(of(file).real());
            },
        .xDeviceCharacteristics =
            [](sqlite3_file* file) {
              return of(file).real()->pMethods->xDeviceCharacteristics(of(file).real());
            },
        .xShmMap =
            [](sqlite3_file* file, int page, int size, int extend, void volatile** map) {
              if (now()->fails(Asked::other)) return SQLITE_IOERR_SHMMAP;
              return of(file).real()->pMethods->xShmMap(of(file).real(), page, size, extend, map);
            },
        .xShmLock = shm_lock,
        .xShmBarrier =
            [](sqlite3_file* file) { of(file).real()->pMethods->xShmBarrier(of(file).real()); },
        .xShmUnmap =
            [](sqlite3_file* file, int remove) {
              return of(file).real()->pMethods->xShmUnmap(of(file).real(), remove);
            },
        .xFetch = nullptr,
        .xUnfetch = nullptr,
    };
    return all;
  }

  sqlite3_vfs* const base_;
  sqlite3_vfs vfs_;
  mutable std::mutex mutex_;
  Fault fault_ = Fault::io;
  int left_ = 0;
  bool on_ = false, armed_ = false;
  std::atomic<int> failed_{0};
  std::atomic<std::int64_t> room_{endless};
  std::atomic<bool> records_{false};
  std::vector<Deed> deeds_;
};

} // namespace disk
