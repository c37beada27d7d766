#include "os/timer.hpp"

namespace wayfare::os {

Timer::Ticket Timer::at(Clock::time_point due, std::function<void()> then) {
  std::lock_guard lock(mutex_);
  const Ticket ticket(due, ++last_);
  waiting_.emplace(ticket, std::move(then));
  if (waiting_.begin()->first == ticket) changed_.notify_one();
  return ticket;
}

void Timer::forget(const Ticket& ticket) {
  std::function<void()> forgotten; // destroyed without the lock, since it may own what it calls
  std::lock_guard lock(mutex_);
  const auto found = waiting_.find(ticket);
  if (found == waiting_.end()) return;
  forgotten = std::move(found->second);
  waiting_.erase(found);
}

bool Timer::stop(Clock::time_point deadline) { return worker_.stop(deadline); }

void Timer::wake() noexcept {
  { std::lock_guard lock(mutex_); } // a step that has looked at is_called() waits by now
  changed_.notify_one();
}

void Timer::step() {
  std::unique_lock lock(mutex_);
  if (worker_.is_called()) return;
  if (waiting_.empty()) return changed_.wait(lock);
  const auto first = waiting_.begin();
  if (Clock::now() < first->first.first) {
    const Clock::time_point due = first->first.first; // the entry may go meanwhile
    changed_.wait_until(lock, due);
    return;
  }
  const auto then = std::move(first->second);
  waiting_.erase(first);
  lock.unlock();
  then();
}

} // namespace wayfare::os
