#include "os/worker.hpp"

#include <system_error>
#include <utility>
#include <vector>

namespace wayfare::os {

void keep_for_ever(std::shared_ptr<void> something) {
  // On the heap and never freed. A leak checker still finds a pointer to it.
  static auto* const kept = new std::vector<std::shared_ptr<void>>;
  static auto* const mutex = new std::mutex;
  std::lock_guard lock(*mutex);
  kept->push_back(std::move(something));
}

Worker::~Worker() {
  if (thread_.joinable()) stop(std::chrono::steady_clock::now() + std::chrono::hours(1));
}

void Worker::start(RestOrder order, std::shared_ptr<void> keeps) {
  {
    std::lock_guard lock(mutex_);
    phase_ = Phase::working;
  }
  try {
    thread_ = quiet_thread(name_, [this, keeps = std::move(keeps)] { run(); });
  } catch (const std::system_error&) {
    phase_ = Phase::unstarted;
    throw;
  }
  enrol(this, order); // fork_mutex() is held, so no fork happens in between
}

void Worker::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    if (rest_asked_) {
      lock.unlock();
      duty_.rest();
      lock.lock();
      phase_ = Phase::resting;
      changed_.notify_all();
      changed_.wait(lock, [this] { return !rest_asked_; });
      phase_ = Phase::working;
      continue;
    }
    const bool may_end = stop_asked_;
    lock.unlock();
    const bool ends = may_end && duty_.is_finished();
    if (ends)
      duty_.leave();
    else
      duty_.step();
    lock.lock();
    if (ends) break;
  }
  phase_ = Phase::ended;
  changed_.notify_all(); // under the lock: after it, this object may be destroyed
}

bool Worker::stop(std::chrono::steady_clock::time_point deadline) {
  if (!thread_.joinable()) return true;
  std::unique_lock lock(mutex_);
  stop_asked_ = true;
  called_.store(true, std::memory_order_release);
  lock.unlock();
  duty_.wake();
  lock.lock();
  if (!changed_.wait_until(lock, deadline, [this] { return phase_ == Phase::ended; })) {
    thread_.detach();
    return false;
  }
  lock.unlock();
  thread_.join();
  return true;
}

void Worker::withdraw() noexcept { os::withdraw(this); }

void Worker::park() {
  std::unique_lock lock(mutex_);
  if (phase_ == Phase::unstarted || phase_ == Phase::ended) return;
  rest_asked_ = true;
  called_.store(true, std::memory_order_release);
  lock.unlock();
  duty_.wake();
  lock.lock();
  rested_ = changed_.wait_for(lock, std::chrono::seconds(1), [this] {
    return phase_ == Phase::resting || phase_ == Phase::ended;
  });
}

void Worker::unpark() noexcept {
  {
    std::lock_guard lock(mutex_);
    rest_asked_ = false;
    called_.store(stop_asked_, std::memory_order_release);
  }
  changed_.notify_all();
}

} // namespace wayfare::os
