#include "os/descriptor_pool.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <utility>

namespace wayfare::os {

namespace {

struct DescriptorPool {
  const pid_t process = getpid();
  std::mutex mutex;
  std::multimap<FileId, FileLock> kept;
};

// On the heap and never freed. The child of a fork begins with an empty pool: the inherited
// descriptors share the parent's open files, and so the parent's locks.
DescriptorPool& descriptor_pool() {
  static std::atomic<DescriptorPool*> one{nullptr};
  DescriptorPool* known = one;
  while (!known || known->process != getpid()) {
    auto* const made = new DescriptorPool;
    if (one.compare_exchange_strong(known, made)) return *made;
    delete made;
  }
  return *known;
}

} // namespace

FileLock acquire(const std::string& path, const std::function<FileLock()>& open, bool writes) {
  DescriptorPool& all = descriptor_pool();
  std::lock_guard lock(all.mutex);
  if (const auto file = file_id(path)) {
    const auto [first, last] = all.kept.equal_range(*file);
    const auto kept = std::find_if(
        first, last, [&](const auto& one) { return !writes || one.second.can_write(); });
    if (kept != last) return std::move(all.kept.extract(kept).mapped());
  }
  return open();
}

void release(FileLock lock) {
  const auto file = lock.file();
  if (!file) return;
  lock.unlock(0, 0);
  DescriptorPool& all = descriptor_pool();
  std::lock_guard guard(all.mutex);
  const auto ours = static_cast<int>(all.kept.count(*file)) + 1;
  if (descriptors_of(*file).value_or(ours + 1) > ours)
    all.kept.emplace(*file, std::move(lock));
  else
    all.kept.erase(*file);
}

} // namespace wayfare::os
