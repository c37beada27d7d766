#include "os/aside.hpp"

#include <exception>
#include <utility>

#include "os/fork.hpp"

namespace wayfare::os {

// How long the thread waits for more work.
static constexpr std::chrono::seconds lingering{1};

void Aside::run(Work work) {
  {
    std::lock_guard lock(mutex_);
    works_.push_back(std::move(work));
    if (std::exchange(has_thread_, true)) return changed_.notify_all();
  }
  try {
    quiet_thread(name_, [self = shared_from_this()] { self->serve(lingering); }).detach();
  } catch (const std::exception&) { // there is no thread, or no memory for one
    serve({});                      // must not wait here
  }
}

void Aside::serve(std::chrono::seconds lingers) {
  std::unique_lock lock(mutex_);
  const auto called = [this] { return !works_.empty() || closed_; };
  while (!works_.empty() || (changed_.wait_for(lock, lingers, called) && !works_.empty())) {
    Work work = std::move(works_.front());
    works_.pop_front();
    lock.unlock();
    work();
    work = nullptr; // destroyed without the lock
    lock.lock();
  }
  has_thread_ = false;
  changed_.notify_all();
}

std::size_t Aside::waiting() {
  std::lock_guard lock(mutex_);
  return works_.size();
}

bool Aside::close(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  closed_ = true;
  changed_.notify_all();
  return changed_.wait_until(lock, deadline, [this] { return !has_thread_; });
}

} // namespace wayfare::os
