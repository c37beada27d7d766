#include "engine/ready_list.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

#include <wayfare/error.hpp>

namespace wayfare {

ReadyList::~ReadyList() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool ReadyList::list(Place& place) noexcept {
  std::lock_guard lock(mutex_);
  if (place.state_ != Place::State::unlisted) return false;
  place.state_ = Place::State::listed;
  place.before_ = std::exchange(last_, &place);
  (place.before_ ? place.before_->after_ : first_) = &place;
  return true;
}

void ReadyList::tell() noexcept {
  {
    std::lock_guard lock(mutex_);
    show();
  }
  changed_.notify_all(); // several calls may have become ready
}

void ReadyList::unlist(Place& place) noexcept {
  std::lock_guard lock(mutex_);
  if (place.state_ == Place::State::listed) cut(place);
  place.state_ = Place::State::unlisted;
  show();
}

void ReadyList::cut(Place& place) noexcept {
  (place.before_ ? place.before_->after_ : first_) = place.after_;
  (place.after_ ? place.after_->before_ : last_) = place.before_;
  place.before_ = place.after_ = nullptr;
}

std::int64_t ReadyList::next(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  const auto called = [this] { return first_ || woken_ || closed_; };
  // A year stands for ever too, so that its sum with the clock cannot overflow.
  constexpr auto for_ever = std::chrono::hours(24 * 365);
  if (timeout.count() < 0 || timeout > for_ever)
    changed_.wait(lock, called);
  else if (timeout.count() > 0)
    changed_.wait_for(lock, timeout, called);
  std::int64_t told = 0;
  if (first_) {
    Place& place = *first_;
    cut(place);
    place.state_ = Place::State::told;
    told = place.id_;
  } else if (closed_) {
    told = static_cast<std::int64_t>(Code::closed);
  } else {
    woken_ = false;
  }
  show();
  return told;
}

int ReadyList::descriptor() {
  std::lock_guard lock(mutex_);
  if (descriptor_ < 0) {
    descriptor_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    show();
  }
  return descriptor_;
}

void ReadyList::wake() {
  {
    std::lock_guard lock(mutex_);
    woken_ = true;
    show();
  }
  changed_.notify_one();
}

void ReadyList::close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    show();
  }
  changed_.notify_all();
}

// Makes the descriptor readable exactly while next() would return at once.
void ReadyList::show() noexcept {
  if (descriptor_ < 0) return;
  const bool something = first_ || woken_ || closed_;
  if (something == shown_) return;
  std::uint64_t count = 1;
  const auto done = something ? write(descriptor_, &count, sizeof count)
                              : read(descriptor_, &count, sizeof count);
  if (done == sizeof count) shown_ = something;
}

} // namespace wayfare
