#include "models.hpp"

#include <algorithm>
#include <utility>

#include "os/clock.hpp"
#include "os/fork.hpp"
#include "select/freshness.hpp"

namespace wayfare {

namespace {

std::int64_t now_s() { return os::wall_us() / 1'000'000; }

std::uint64_t draw() {
  std::uint64_t drawn = 0;
  for (const std::uint8_t byte : os::chance()) drawn = drawn << 8 ^ byte;
  return drawn;
}

} // namespace

Models::Models(const std::string& base_url, Fetch fetch) : fetch_(std::move(fetch)), shelf_(base_url) {}

Models::Snapshot Models::snapshot() const {
  CatalogueState state{.source = source_};
  state.stale = failed_ > 0 && now_s() > fetched_s_ + fresh_s_ && source_ != CatalogueState::Source::built_in;
  if (source_ != CatalogueState::Source::built_in) state.fetched = Time(std::chrono::seconds(fetched_s_));
  return {catalogue_, state};
}

bool Models::due() const {
  const std::int64_t now = now_s();
  // A clock that was set back makes no list fresh for ever.
  const bool fresh = source_ != CatalogueState::Source::built_in && now < fetched_s_ + fresh_s_ && now >= fetched_s_ - fresh_s_;
  return !fresh && !fetching_ && !closed_ && now >= next_look_s_;
}

void Models::look_on_shelf() {
  auto kept = shelf_.read();
  if (!kept || kept->fetched_s <= fetched_s_) return;
  auto read = select::Catalogue::parse(kept->body);
  if (!read) return;
  catalogue_ = std::make_shared<const select::Catalogue>(std::move(*read));
  source_ = CatalogueState::Source::kept;
  fetched_s_ = kept->fetched_s;
  fresh_s_ = kept->fresh_s;
}

void Models::ask(Then then) {
  std::unique_lock lock(mutex_);
  if (!catalogue_ || due()) look_on_shelf(); // another process may have been faster
  if (!catalogue_) catalogue_ = std::make_shared<const select::Catalogue>(select::Catalogue::built_in());
  const bool starts = due();
  const bool waits = source_ == CatalogueState::Source::built_in && (starts || fetching_);
  if (waits) waiting_.push_back(std::move(then));
  const Snapshot known = snapshot();
  if (starts) refresh(lock);
  if (lock.owns_lock()) lock.unlock();
  if (!waits) then(known);
}

void Models::refresh(std::unique_lock<std::mutex>& lock) {
  if (!shelf_.claim() && source_ != CatalogueState::Source::built_in) { // another process is at it: look for what it brings
    next_look_s_ = now_s() + 2;
    return;
  }
  fetching_ = true;
  lock.unlock();
  fetch_([self = shared_from_this()](Fetched fetched) { self->take(std::move(fetched)); });
}

// On the network's thread: reading 600 KB of JSON and writing a file is not for it.
void Models::take(Fetched fetched) {
  std::unique_lock lock(mutex_);
  if (closed_ || fetched.status != 200) return end_fetch(lock, false);
  working_ = true;
  lock.unlock();
  os::quiet_thread("wayfare-models", [self = shared_from_this(), fetched = std::move(fetched)]() mutable {
    self->keep(std::move(fetched));
  }).detach(); // close() waits for working_
}

void Models::keep(Fetched fetched) {
  auto read = select::Catalogue::parse(fetched.body);
  const Shelf::Kept kept{now_s(), select::fresh_for(fetched.cache_control), read ? std::move(fetched.body) : std::string()};
  if (read) shelf_.write(kept);
  std::unique_lock lock(mutex_);
  if (read) {
    catalogue_ = std::make_shared<const select::Catalogue>(std::move(*read));
    source_ = CatalogueState::Source::fetched;
    fetched_s_ = kept.fetched_s;
    fresh_s_ = kept.fresh_s;
  }
  end_fetch(lock, read.ok());
  working_ = false; // whoever waited has been answered
  rest_.notify_all();
}

void Models::end_fetch(std::unique_lock<std::mutex>& lock, bool good) {
  fetching_ = false;
  shelf_.release();
  failed_ = good ? 0 : failed_ + 1;
  next_look_s_ = good ? 0 : now_s() + select::next_try(failed_, draw());
  const auto waiting = std::exchange(waiting_, {});
  const Snapshot known = snapshot();
  lock.unlock();
  for (const Then& then : waiting) then(known);
  lock.lock();
}

void Models::close(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  closed_ = true;
  rest_.wait_until(lock, deadline, [this] { return !working_; });
  const auto waiting = std::exchange(waiting_, {});
  const Snapshot known = snapshot();
  lock.unlock();
  for (const Then& then : waiting) then(known);
}

} // namespace wayfare
