#include "ledger/one_path.hpp"

#include <chrono>
#include <thread>
#include <utility>

#include "base/sha256.hpp"
#include "os/clock.hpp"
#include "os/descriptor_pool.hpp"

namespace wayfare::ledger {

namespace {

// Far behind the bytes that SQLite locks. Each path has one of the bytes behind this one.
constexpr std::int64_t before_paths = 0x4000'0000'0000'0000;

// A path is a name in a folder. The folder is known by its inode, because one folder may be mounted
// at two places: both have the same WAL.
std::int64_t byte_of(const std::string& path) {
  const auto slash = path.rfind('/');
  const auto folder = os::file_id(slash == 0 ? "/" : path.substr(0, slash)).value_or(os::FileId());
  const std::string words = std::to_string(folder.device) + ":" + std::to_string(folder.inode) +
                            ":" + path.substr(slash + 1);
  constexpr std::size_t digits = 15; // 60 bits
  return before_paths + 1 + std::stoll(sha256_hex(words).substr(0, digits), nullptr, 16);
}

} // namespace

// Whoever comes looks, takes its byte, and looks again. Two that come at once by two paths both
// have a byte when they look again, so that at least one of them sees the other. Whoever sees
// somebody then gives its byte back and begins anew; it finds the other settled, or gone.
OnePath::Taken OnePath::take(const std::string& path) {
  release();
  file_ = os::acquire(path, [&] { return os::FileLock::for_sharing(path); });
  if (!file_.ok() || file_.file() != os::file_id(path)) return release(), Taken::no_file;
  const std::int64_t own = byte_of(path);
  const auto others = [&] {
    return !file_.is_free(before_paths, own - before_paths) || !file_.is_free(own + 1, 0);
  };
  for (int tries = 0; tries < 20 && !others(); ++tries) {
    if (!file_.try_share(own)) break;
    if (!others()) return Taken::held;
    file_.unlock(own);
    std::this_thread::sleep_for(std::chrono::microseconds(40 * os::chance()[0]));
  }
  return release(), Taken::elsewhere;
}

void OnePath::release() noexcept {
  if (file_.ok()) os::release(std::exchange(file_, {}));
}

std::string elsewhere(const std::string& path) {
  return path + " is in use by another path of the same file, which has a WAL of its own";
}

} // namespace wayfare::ledger
