#include "io/loop.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <new>
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
  bool wakes = false;
  {
    std::lock_guard lock(mutex_);
    if (closed_) return false;
    // A loop that is not asleep reads posted_ before it waits.
    wakes = std::exchange(asleep_, false);
    posted_.push_back(std::move(task));
  }
  const std::uint64_t one = 1;
  // If the counter is full, the loop is being woken already.
  if (wakes && write(wake_, &one, sizeof one) < 0) return true;
  return true;
}

void Loop::wake() noexcept {
  const std::uint64_t one = 1;
  if (write(wake_, &one, sizeof one) < 0) return; // the counter is full: it is being woken
}

void Loop::close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
}

Loop::Timer Loop::at(std::int64_t at_us, Task task) {
  return timers_.emplace(Timer{at_us, timers_made_++}, std::move(task)).first->first;
}
void Loop::drop(const Timer& timer) { timers_.erase(timer); }
Loop::Timer Loop::move(const Timer& timer, std::int64_t at_us) {
  auto moved = timers_.extract(timer);
  moved.key() = {at_us, timers_made_++};
  return timers_.insert(std::move(moved)).position->first;
}

// The time until the next timer. epoll counts in milliseconds: rounded up, so that the loop does
// not wake too early.
int Loop::timeout_ms() const {
  const std::int64_t first =
      std::min(alarm_us_, timers_.empty() ? never : timers_.begin()->first.first);
  if (first == never) return -1;
  const std::int64_t left = first - os::monotonic_us();
  return static_cast<int>(std::clamp<std::int64_t>((left + 999) / 1000, 0, 60'000));
}

void Loop::turn() {
  std::array<epoll_event, 256> events;
  int timeout = timeout_ms();
  {
    std::lock_guard lock(mutex_);
    asleep_ = timeout != 0 && posted_.empty();
    if (!asleep_) timeout = 0;
  }
  const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout);
  for (int at = 0; at < count; ++at) {
    const int descriptor = events[at].data.fd;
    if (descriptor == wake_) {
      std::uint64_t drained = 0;
      if (read(wake_, &drained, sizeof drained) < 0) {} // one read empties it
      continue;
    }
    const auto watched = watched_.find(descriptor);
    if (watched == watched_.end()) continue; // an earlier handler of this turn stopped watching it
    const auto what = events[at].events;
    // A kept descriptor has an event that is not wanted, such as a hangup.
    if (watched->second.wanted == 0) {
      ask(descriptor, watched->second, 0);
      continue;
    }
    on_ready(descriptor, (what & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0,
             (what & (EPOLLOUT | EPOLLERR)) != 0);
  }
  run_posted();
  run_timers();
}

void Loop::run_posted() {
  std::vector<Task> tasks;
  {
    std::lock_guard lock(mutex_);
    asleep_ = false;
    tasks.swap(posted_);
  }
  for (Task& task : tasks) task();
}

void Loop::run_timers() {
  if (timers_.empty() && alarm_us_ == never) return;
  const std::int64_t now = os::monotonic_us();
  if (alarm_us_ <= now) {
    alarm_us_ = never;
    on_alarm();
  }
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    const Task task = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    task();
  }
}

// Registers `events` with epoll.
void Loop::ask(int descriptor, Watched& watched, std::uint32_t events) {
  if (events == watched.known) return;
  epoll_event event{};
  event.events = events;
  event.data.fd = descriptor;
  epoll_ctl(epoll_,
            events == 0          ? EPOLL_CTL_DEL
            : watched.known == 0 ? EPOLL_CTL_ADD
                                 : EPOLL_CTL_MOD,
            descriptor, &event);
  watched.known = events;
}

void Loop::watch(int descriptor, bool readable, bool writable) {
  Watched& watched = watched_[descriptor];
  watched.wanted = (readable ? EPOLLIN : 0u) | (writable ? EPOLLOUT : 0u);
  if (watched.wanted != 0)
    ask(descriptor, watched, watched.wanted);
  else if (!watched.kept)
    release(descriptor);
}

void Loop::keep(int descriptor) noexcept {
  try {
    watched_[descriptor].kept = true;
  } catch (const std::bad_alloc&) {
    // Memory is short: the descriptor is not kept.
  }
}

void Loop::release(int descriptor) {
  const auto watched = watched_.find(descriptor);
  if (watched == watched_.end()) return;
  ask(descriptor, watched->second, 0);
  watched_.erase(watched);
}

} // namespace wayfare::io
