#include "os/files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace wayfare::os {

namespace {

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == path.npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string fault(const std::string& doing, const std::string& path) {
  return "cannot " + doing + " " + path + ": " + std::strerror(errno);
}

void sync_folder(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return; // the folder may be written but not read, so it cannot be synced
  fsync(descriptor);
  close(descriptor);
}

} // namespace

std::string default_ledger() {
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state && state[0] == '/') return std::string(state) + "/wayfare/ledger.db";
  const char* home = std::getenv("HOME");
  if (home && home[0] == '/') return std::string(home) + "/.local/state/wayfare/ledger.db";
  return {};
}

std::string cache_folder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache && cache[0] == '/') return std::string(cache) + "/wayfare";
  const char* home = std::getenv("HOME");
  if (home && home[0] == '/') return std::string(home) + "/.cache/wayfare";
  return {};
}

std::string absolute(const std::string& path) {
  if (path.empty() || path.front() == '/') return path;
  char* here = getcwd(nullptr, 0);
  if (!here) return path;
  std::string whole = std::string(here) + "/" + path;
  std::free(here);
  return whole;
}

std::string make_folder(const std::string& path) {
  struct stat found{};
  if (stat(path.c_str(), &found) == 0)
    return S_ISDIR(found.st_mode) ? "" : path + " is not a folder";
  const std::string above = folder_of(path);
  if (auto failed = make_folder(above); !failed.empty()) return failed;
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return fault("make the folder", path);
  sync_folder(above);
  return {};
}

namespace {

// Gives a new file or folder to those who may use the file `like`. Without that file it stays
// private.
bool share(int descriptor, const std::string& like, mode_t more) {
  struct stat model{}, own{};
  if (stat(like.c_str(), &model) != 0) return true;
  const mode_t mode = model.st_mode & 0777;
  // A folder goes on to give its group to new files.
  const bool changed = fstat(descriptor, &own) == 0 &&
                       fchmod(descriptor, mode | (more & mode >> 2) | (own.st_mode & S_ISGID)) == 0;
  // then the file belongs to root
  return changed && (geteuid() != 0 || fchown(descriptor, model.st_uid, model.st_gid) == 0);
}

} // namespace

std::string make_folder(const std::string& path, const std::string& like) {
  if (exists(path)) return make_folder(path);
  if (auto failed = make_folder(path); !failed.empty()) return failed;
  const int descriptor = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool shared = descriptor >= 0 && share(descriptor, like, 0111);
  std::string failed = shared ? "" : fault("share", path);
  if (descriptor >= 0) close(descriptor);
  return failed;
}

std::string make_file(const std::string& path) {
  const int descriptor =
      open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (descriptor >= 0) {
    fsync(descriptor);
    // Closed before SQLite opens the file: closing a descriptor later would drop SQLite's locks.
    close(descriptor);
    sync_folder(folder_of(path));
    return {};
  }
  if (errno != EEXIST) return fault("make", path);
  struct stat found{};
  if (stat(path.c_str(), &found) == 0 && !S_ISREG(found.st_mode))
    return path + " is not a regular file";
  return fault_of_writing(path);
}

std::string fault_of_reading(const std::string& path) {
  struct stat found{};
  if (stat(path.c_str(), &found) != 0) return fault("read", path);
  if (!S_ISREG(found.st_mode)) return path + " is not a regular file";
  return access(path.c_str(), R_OK) == 0 ? "" : fault("read", path);
}
std::string fault_of_writing(const std::string& path) {
  return access(path.c_str(), R_OK | W_OK) == 0 ? "" : fault("write", path);
}

std::string rename_synced(const std::string& path, const std::string& name) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return fault("open", path);
  const bool synced = fsync(descriptor) == 0;
  close(descriptor);
  if (!synced) return fault("sync", path);
  if (rename(path.c_str(), name.c_str()) != 0) return fault("make", name);
  sync_folder(folder_of(name));
  return {};
}

// The numbers are the kernel's (linux/magic.h, and the file systems' own sources). FUSE and 9P may
// be local, but they do not say so, and another machine may have the same files by them.
std::string_view remote_file_system(std::uint64_t type) {
  switch (type & 0xFFFFFFFF) { // some systems extend the sign bit
    case 0x6969: return "NFS";
    case 0x517B:
    case 0xFE534D42:
    case 0xFF534D42: return "SMB";
    case 0x564C: return "NCP";
    case 0x5346414F:
    case 0x6B414653: return "AFS";
    case 0x73757245: return "Coda";
    case 0x00C36400: return "Ceph";
    case 0x0BD00BD0: return "Lustre";
    case 0x01161970: return "GFS2";
    case 0x7461636F: return "OCFS2";
    case 0x47504653: return "GPFS";
    case 0x19830326: return "BeeGFS";
    case 0x786F4256: return "a VirtualBox share";
    case 0x65735546: return "FUSE or virtiofs"; // they have one number
    case 0x01021997: return "9P";
    default: return {};
  }
}

std::string_view remote_file_system_of(const std::string& path) {
  struct statfs found{};
  return statfs(path.c_str(), &found) == 0
             ? remote_file_system(static_cast<std::uint64_t>(found.f_type))
             : std::string_view();
}

bool exists(const std::string& path) {
  struct stat found{};
  return lstat(path.c_str(), &found) == 0;
}

std::int64_t file_size(const std::string& path) {
  struct stat found{};
  return stat(path.c_str(), &found) == 0 ? found.st_size : 0;
}

void remove_file(const std::string& path) { unlink(path.c_str()); }

std::string real_path(const std::string& path) {
  char* const real = realpath(path.c_str(), nullptr);
  if (!real) return {};
  std::string whole = real;
  std::free(real);
  return whole;
}
std::string real_folder(const std::string& path) {
  std::string whole = real_path(path);
  struct stat found{};
  return stat(whole.c_str(), &found) == 0 && S_ISDIR(found.st_mode) ? whole : "";
}

FileText read_file(const std::string& path, std::size_t most) {
  // O_NONBLOCK: opening a pipe without a writer would block.
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0 && (errno == ENOENT || errno == ENOTDIR)) return {};
  FileText file{.found = true};
  struct stat found{};
  if (descriptor < 0 || fstat(descriptor, &found) != 0)
    file.fault = fault("read", path);
  else if (S_ISDIR(found.st_mode))
    file.found = false;
  else if (!S_ISREG(found.st_mode))
    file.fault = path + " is not a regular file";
  while (file.found && file.fault.empty()) {
    char piece[16384];
    const ssize_t size = read(descriptor, piece, sizeof piece);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) file.fault = fault("read", path);
    if (size <= 0) break;
    file.text.append(piece, static_cast<std::size_t>(size));
    if (file.text.size() > most)
      file.fault = path + " is larger than " + std::to_string(most) + " bytes";
  }
  if (descriptor >= 0) close(descriptor);
  return file;
}

namespace {

bool is_named(int descriptor, const std::string& path) {
  struct stat opened{}, named{};
  return fstat(descriptor, &opened) == 0 && stat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

bool write_all(int descriptor, const std::string& text) {
  for (std::size_t written = 0; written < text.size();) {
    const ssize_t size = write(descriptor, text.data() + written, text.size() - written);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return false;
    written += static_cast<std::size_t>(size);
  }
  return true;
}

} // namespace

std::string store_file(const std::string& path, const std::string& text, const std::string& like) {
  const std::string made = path + ".new";
  int descriptor = -1;
  while (descriptor < 0) {
    const FileText known = read_file(path, text.size());
    if (!known.fault.empty() && file_size(path) <= static_cast<std::int64_t>(text.size()))
      return known.fault; // it may have the text
    if (known.found && known.text == text) {
      sync_folder(folder_of(path)); // which the process that made it may not have done yet
      return {};
    }
    descriptor = open(made.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (descriptor < 0) return fault("make", made);
    int locked = 0;
    do locked = flock(descriptor, LOCK_EX);
    while (locked != 0 && errno == EINTR);
    if (locked == 0 && is_named(descriptor, made)) break;
    close(std::exchange(descriptor, -1)); // another process has just renamed it
    if (locked != 0) return fault("lock", made);
  }
  const bool stored = ftruncate(descriptor, 0) == 0 && share(descriptor, like, 0) &&
                      write_all(descriptor, text) && fsync(descriptor) == 0 &&
                      rename(made.c_str(), path.c_str()) == 0;
  std::string failed = stored ? "" : fault("make", path);
  if (!stored) unlink(made.c_str());
  close(descriptor);
  if (stored) sync_folder(folder_of(path));
  return failed;
}

// The new file always has the same name, so that an interrupted write leaves no file behind for
// ever. Only the holder of its lock writes it.
bool replace_file(const std::string& path, const std::string& text) {
  const std::string made = path + ".new";
  const int descriptor = open(made.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (descriptor < 0) return false;
  bool good = flock(descriptor, LOCK_EX | LOCK_NB) == 0 &&
              is_named(descriptor, made); // otherwise another process has just renamed it
  if (!good) return close(descriptor), false;
  good = ftruncate(descriptor, 0) == 0 && write_all(descriptor, text) &&
         rename(made.c_str(), path.c_str()) == 0;
  if (!good) unlink(made.c_str());
  close(descriptor);
  return good;
}

bool has_descriptor() noexcept {
  const int one = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); // needs no existing file
  if (one >= 0) close(one);
  return one >= 0 || (errno != EMFILE && errno != ENFILE);
}

std::optional<FileId> file_id(const std::string& path) {
  struct stat found{};
  if (stat(path.c_str(), &found) != 0) return std::nullopt;
  return FileId{found.st_dev, found.st_ino};
}

FileState file_state(const std::string& path) {
  struct stat found{};
  if (stat(path.c_str(), &found) != 0) return {};
  return {FileId{found.st_dev, found.st_ino}, found.st_size,
          found.st_mtim.tv_sec * std::int64_t{1'000'000'000} + found.st_mtim.tv_nsec};
}

std::optional<int> descriptors_of(const FileId& file) {
  DIR* descriptors = opendir("/proc/self/fd"); // missing in some chroots
  if (!descriptors) return std::nullopt;
  int count = 0;
  while (const dirent* entry = readdir(descriptors)) {
    struct stat found{};
    // Asked by name: another thread may close this descriptor number now.
    const bool is_open =
        entry->d_name[0] != '.' && fstatat(dirfd(descriptors), entry->d_name, &found, 0) == 0;
    count += is_open && FileId{found.st_dev, found.st_ino} == file;
  }
  closedir(descriptors);
  return count;
}

FileLock::FileLock(const std::string& path, const std::string& like) {
  constexpr int how = O_RDWR | O_NOFOLLOW | O_CLOEXEC;
  descriptor_ = open(path.c_str(), how | O_CREAT | O_EXCL, 0600);
  if (descriptor_ < 0)
    // the file exists, or existed a moment ago
    descriptor_ = open(path.c_str(), how | O_CREAT, 0600);
  else if (!like.empty())
    share(descriptor_, like, 0);
}
FileLock FileLock::for_sharing(const std::string& path) {
  FileLock lock;
  // a pipe that nobody writes would be waited for
  lock.descriptor_ = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat found{};
  if (lock.ok() && (fstat(lock.descriptor_, &found) != 0 || !S_ISREG(found.st_mode))) lock.drop();
  return lock;
}
FileLock::~FileLock() { drop(); }
FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

void FileLock::drop() noexcept {
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = -1;
}

bool FileLock::set(int command, short type, std::int64_t byte, std::int64_t count) const {
  struct flock range{};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = byte;
  range.l_len = count;
  int result = 0;
  do result = fcntl(descriptor_, command, &range);
  while (result != 0 && errno == EINTR);
  if (command == F_OFD_GETLK) return result == 0 && range.l_type == F_UNLCK;
  return result == 0;
}

void FileLock::lock(std::int64_t byte) const { set(F_OFD_SETLKW, F_WRLCK, byte); }
bool FileLock::try_lock(std::int64_t byte, std::int64_t count) const {
  return set(F_OFD_SETLK, F_WRLCK, byte, count);
}
bool FileLock::try_share(std::int64_t byte, std::int64_t count) const {
  return set(F_OFD_SETLK, F_RDLCK, byte, count);
}
void FileLock::unlock(std::int64_t byte, std::int64_t count) const {
  set(F_OFD_SETLK, F_UNLCK, byte, count);
}
bool FileLock::is_free(std::int64_t byte, std::int64_t count) const {
  return set(F_OFD_GETLK, F_WRLCK, byte, count);
}
bool FileLock::can_write() const {
  const int flags = fcntl(descriptor_, F_GETFL);
  return flags >= 0 && (flags & O_ACCMODE) == O_RDWR;
}
std::optional<FileId> FileLock::file() const {
  struct stat found{};
  if (fstat(descriptor_, &found) != 0) return std::nullopt;
  return FileId{found.st_dev, found.st_ino};
}
int FileLock::byte(std::int64_t at) const {
  unsigned char byte = 0;
  return pread(descriptor_, &byte, 1, at) == 1 ? byte : -1;
}
bool FileLock::clear(std::int64_t count) const {
  const std::string zeros(static_cast<std::size_t>(count), '\0');
  return pwrite(descriptor_, zeros.data(), zeros.size(), 0) == count;
}

} // namespace wayfare::os
