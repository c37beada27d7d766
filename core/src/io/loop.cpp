#include "io/loop.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "os/clock.hpp"

namespace wayfare::io {

Loop::Loop() : epoll_(epoll_create1(EPOLL_CLOEXEC)), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = wake_;
  if (ok()) epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event);
}

Loop::~Loop() {
  if (epoll_ >= 0) ::close(epoll_);
  if (wake_ >= 0) ::close(wake_);
}

bool Loop::post(Task task) {
  bool first = false;
  {
    std::lock_guard lock(mutex_);
    if (closed_) return false;
    first = posted_.empty();
    posted_.push_back(std::move(task));
  }
  const std::uint64_t one = 1;
  if (first && write(wake_, &one, sizeof one) < 0) return true; // the counter is full: it is awake already
  return true;
}

void Loop::close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
}

Loop::Timer Loop::at(std::int64_t at_us, Task task) { return timers_.emplace(Timer{at_us, timers_made_++}, std::move(task)).first->first; }
void Loop::drop(const Timer& timer) { timers_.erase(timer); }

// epoll counts in milliseconds: rounded up, so that a timer never wakes the loop in vain.
int Loop::timeout_ms() const {
  if (timers_.empty()) return -1;
  const std::int64_t left = timers_.begin()->first.first - os::monotonic_us();
  return static_cast<int>(std::clamp<std::int64_t>((left + 999) / 1000, 0, 60'000));
}

void Loop::turn() {
  std::array<epoll_event, 256> events;
  const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout_ms());
  for (int at = 0; at < count; ++at) {
    const int descriptor = events[at].data.fd;
    if (descriptor == wake_) {
      std::uint64_t drained = 0;
      if (read(wake_, &drained, sizeof drained) < 0) {} // one read empties it
      continue;
    }
    if (!watched_.contains(descriptor)) continue; // dropped by an earlier one of this turn
    const auto what = events[at].events;
    on_ready(descriptor, (what & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0, (what & (EPOLLOUT | EPOLLERR)) != 0);
  }
  run_posted();
  run_timers();
}

void Loop::run_posted() {
  std::vector<Task> tasks;
  {
    std::lock_guard lock(mutex_);
    tasks.swap(posted_);
  }
  for (Task& task : tasks) task();
}

void Loop::run_timers() {
  const std::int64_t now = os::monotonic_us();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    const Task task = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    task();
  }
}

// Dropped at once, though it may soon be wanted again: were it closed while a fork's child still holds it, epoll would go on
// reporting it, and no call could take it out any more.
void Loop::watch(int descriptor, bool readable, bool writable) {
  if (!readable && !writable) {
    if (watched_.erase(descriptor) != 0) epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr);
    return;
  }
  epoll_event event{};
  event.events = (readable ? EPOLLIN : 0u) | (writable ? EPOLLOUT : 0u);
  event.data.fd = descriptor;
  epoll_ctl(epoll_, watched_.insert(descriptor).second ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, descriptor, &event);
}

} // namespace wayfare::io
