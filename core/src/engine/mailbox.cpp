#include "engine/mailbox.hpp"

#include <iterator>
#include <utility>

namespace wayfare {

static std::size_t size_of(const Event& event) {
  return sizeof(Event) + event.text.size() + event.tool_call.id.size() +
         event.tool_call.name.size() + event.tool_call.arguments.size();
}

void Mailbox::Shared::give(std::vector<Event>&& room) noexcept {
  std::lock_guard lock(mutex_);
  if (rooms_.size() < rooms_max) rooms_.push_back(std::move(room));
}
void Mailbox::Shared::take(std::vector<Event>& room) noexcept {
  std::lock_guard lock(mutex_);
  if (rooms_.empty()) return;
  room = std::move(rooms_.back());
  rooms_.pop_back();
}

void Mailbox::count_out() {
  if (std::exchange(counted_, false)) --shared_->open;
}

bool Mailbox::place(std::vector<Event>& events) {
  if (events.empty()) return false;
  bool listed = false;
  {
    std::lock_guard lock(mutex_);
    const bool final = events.back().is_final();
    if (phase_ == Phase::forgotten) {
      if (final) count_out();
      events.clear();
      return false;
    }
    for (const Event& event : events) bytes_ += size_of(event);
    if (final) phase_ = Phase::ended;
    if (events_.empty()) {
      events_.swap(events);
      shared_->take(events);
    } else {
      std::move(events.begin(), events.end(), std::back_inserter(events_));
      events.clear();
    }
    if (!waiting_) listed = shared_->ready.list(place_);
  }
  arrived_.notify_one();
  return listed;
}

void Mailbox::leave_count() {
  std::lock_guard lock(mutex_);
  count_out();
}

void Mailbox::put_notice(std::shared_ptr<const Notice> notice) {
  constexpr std::size_t dropped_at_once = notices_max / 4;
  bool listed = false;
  {
    std::lock_guard lock(mutex_);
    if (phase_ != Phase::open || closed_) return;
    if (events_.size() >= notices_max) {
      auto first = std::make_shared<Notice>(*events_[dropped_at_once].notice);
      for (std::size_t at = 0; at < dropped_at_once; ++at)
        first->dropped += 1 + events_[at].notice->dropped;
      events_[dropped_at_once].notice = std::move(first);
      events_.erase(events_.begin(), events_.begin() + dropped_at_once);
    }
    events_.push_back({.type = EventType::notice, .notice = std::move(notice)});
    if (!waiting_) listed = shared_->ready.list(place_);
  }
  arrived_.notify_one();
  if (listed) tell();
}

bool Mailbox::has_room() {
  std::lock_guard lock(mutex_);
  if (bytes_ < room || phase_ == Phase::forgotten) return true;
  starved_ = true;
  return false;
}

NextStatus Mailbox::take(std::chrono::milliseconds timeout, std::vector<Event>& events,
                         bool& wake) {
  std::unique_lock lock(mutex_);
  if (phase_ == Phase::over || phase_ == Phase::forgotten) return NextStatus::over;
  if (waiting_) return NextStatus::busy;
  waiting_ = true;
  const auto called = [this] { return !events_.empty() || phase_ == Phase::forgotten || closed_; };
  // A year stands for ever too, so that its sum with the clock cannot overflow.
  constexpr auto for_ever = std::chrono::hours(24 * 365);
  if (timeout.count() < 0 || timeout > for_ever)
    arrived_.wait(lock, called);
  else if (timeout.count() > 0)
    arrived_.wait_for(lock, timeout, called);
  waiting_ = false;
  if (phase_ == Phase::forgotten) return NextStatus::over;
  if (events_.empty()) return closed_ ? NextStatus::closed : NextStatus::nothing;
  if (events.empty()) {
    events.swap(events_);
  } else {
    std::move(events_.begin(), events_.end(), std::back_inserter(events));
    events_.clear();
  }
  if (events_.capacity() > 0) shared_->give(std::exchange(events_, {}));
  bytes_ = 0;
  shared_->ready.unlist(place_);
  wake = std::exchange(starved_, false);
  if (phase_ == Phase::ended) {
    phase_ = Phase::over;
    count_out();
  }
  return NextStatus::events;
}

void Mailbox::forget() {
  {
    std::lock_guard lock(mutex_);
    if (phase_ == Phase::ended) count_out();
    phase_ = Phase::forgotten;
    events_.clear();
    shared_->ready.unlist(place_);
  }
  arrived_.notify_all();
}

void Mailbox::close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  arrived_.notify_all();
}

} // namespace wayfare
