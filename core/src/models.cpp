#include "models.hpp"

#include <optional>
#include <system_error>
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

Models::Models(const std::string& folder, const std::string& base_url, Fetch fetch, std::int64_t yield_s)
    : fetch_(std::move(fetch)), yield_s_(yield_s), shelf_(folder, base_url) {}

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
  const bool waits = source_ == CatalogueState::Source::built_in && (starts || (fetching_ && !late_));
  if (waits) waiting_.push_back(std::move(then));
  const Snapshot known = snapshot();
  if (starts) refresh(lock);
  if (lock.owns_lock()) lock.unlock();
  if (!waits) then(known);
}

void Models::refresh(std::unique_lock<std::mutex>& lock) {
  const std::int64_t now = now_s();
  if (!shelf_.claim() && source_ != CatalogueState::Source::built_in) { // another process is at it: look for what it brings
    if (yielding_since_ == 0) yielding_since_ = now;
    if (now >= yielding_since_ && now < yielding_since_ + yield_s_) {
      next_look_s_ = now + 2;
      return;
    }
  }
  yielding_since_ = 0;
  fetching_ = true;
  late_ = false;
  lock.unlock();
  const auto self = shared_from_this();
  fetch_(
      [self](Fetched fetched) {
        self->aside([self, got = std::make_shared<Fetched>(std::move(fetched))] { self->keep(std::move(*got)); });
      },
      [self] {
        self->aside([self] {
          std::unique_lock lock(self->mutex_);
          self->late_ = true;
          self->answer(lock);
        });
      });
}

// Off the network's thread: neither reading 600 KB of JSON, nor writing a file, nor the ranking of a large request is for it.
void Models::aside(std::function<void()> work) {
  {
    std::unique_lock lock(mutex_);
    if (closed_) { // no thread may outlive that
      shelf_.release();
      fetching_ = false;
      return answer(lock);
    }
    ++working_;
  }
  const auto whole = [self = shared_from_this(), work = std::move(work)] {
    work();
    std::lock_guard lock(self->mutex_);
    --self->working_; // whoever waited has been answered
    self->rest_.notify_all();
  };
  try {
    os::quiet_thread("wayfare-models", whole).detach();
  } catch (const std::system_error&) { // the system gives no more threads: then here
    whole();
  }
}

void Models::keep(Fetched fetched) {
  std::optional<select::Catalogue> read;
  if (fetched.status == 200)
    if (auto parsed = select::Catalogue::parse(fetched.body)) read = std::move(*parsed);
  const Shelf::Kept kept{now_s(), select::fresh_for(fetched.cache_control), std::move(fetched.body)};
  if (read && select::may_keep(fetched.cache_control)) shelf_.write(kept);
  std::unique_lock lock(mutex_);
  if (read) {
    catalogue_ = std::make_shared<const select::Catalogue>(std::move(*read));
    source_ = CatalogueState::Source::fetched;
    fetched_s_ = kept.fetched_s;
    fresh_s_ = kept.fresh_s;
  }
  fetching_ = false;
  shelf_.release();
  failed_ = read ? 0 : failed_ + 1;
  next_look_s_ = read ? 0 : now_s() + select::next_try(failed_, draw());
  answer(lock);
}

void Models::answer(std::unique_lock<std::mutex>& lock) {
  const auto waiting = std::exchange(waiting_, {});
  const Snapshot known = snapshot();
  lock.unlock();
  for (const Then& then : waiting) then(known);
}

void Models::close(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  closed_ = true;
  rest_.wait_until(lock, deadline, [this] { return working_ == 0; });
  answer(lock);
}

} // namespace wayfare
