// The mailboxes of those who watch. All methods may be called from any thread. None waits, except
// for another one of them.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include <wayfare/notice.hpp>

#include "engine/mailbox.hpp"

namespace wayfare {

// Gives a notice its time, and its text if it has none.
std::shared_ptr<const Notice> finished(Notice notice);

class WatchBoxes {
 public:
  using Box = std::shared_ptr<Mailbox>;

  void add(Box box);
  bool remove(const Box& box); // false if it is not there
  std::size_t count() const noexcept { return count_.load(std::memory_order_relaxed); }
  void put(const std::shared_ptr<const Notice>& notice);

  // For a fork: see os::Parkable.
  std::mutex& mutex() noexcept { return mutex_; }
  void leave_to_parent() noexcept; // with the mutex held: the boxes of the parent are never freed

 private:
  using List = std::vector<Box>;
  std::mutex mutex_;
  std::atomic<std::size_t> count_{0};
  std::shared_ptr<const List> list_; // replaced by each change, so that put() needs no copy
};

} // namespace wayfare
