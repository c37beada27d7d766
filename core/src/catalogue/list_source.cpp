#include "catalogue/list_source.hpp"

#include <optional>
#include <system_error>
#include <utility>

#include "os/clock.hpp"
#include "os/fork.hpp"
#include "catalogue/freshness.hpp"

namespace wayfare {

namespace {

std::int64_t now_s() { return os::wall_us() / 1'000'000; }

std::uint64_t draw() {
  std::uint64_t drawn = 0;
  for (const std::uint8_t byte : os::chance()) drawn = drawn << 8 ^ byte;
  return drawn;
}

} // namespace

template <class List>
ListSource<List>::ListSource(CacheFile file, Fetch fetch, std::int64_t yield_s)
    : fetch_(std::move(fetch)), yield_s_(yield_s), file_(std::move(file)) {}

template <class List>
typename ListSource<List>::Snapshot ListSource<List>::snapshot() const {
  CatalogueState state{.source = source_};
  state.stale =
      failed_ > 0 && now_s() > fetched_s_ + fresh_s_ && source_ != CatalogueSource::built_in;
  if (source_ != CatalogueSource::built_in) state.fetched = Time(std::chrono::seconds(fetched_s_));
  return {list_, state};
}

template <class List>
bool ListSource<List>::due() const {
  const std::int64_t now = now_s();
  // The second condition: if the clock was set back, the list must not stay fresh for ever.
  const bool fresh = source_ != CatalogueSource::built_in && now < fetched_s_ + fresh_s_ &&
                     now >= fetched_s_ - fresh_s_;
  return !fresh && !fetching_ && !closed_ && now >= next_look_s_;
}

template <class List>
void ListSource<List>::ask(Then then) {
  std::unique_lock lock(mutex_);
  if (!list_) list_ = std::make_shared<const List>(List::built_in());
  const bool looks = due() && !looking_;
  looking_ = looking_ || looks;
  const bool waits =
      source_ == CatalogueSource::built_in && !closed_ && (looking_ || (fetching_ && !late_));
  if (waits) waiting_.push_back(std::exchange(then, nullptr));
  const Snapshot known = snapshot();
  lock.unlock();
  if (looks) aside([self = this->shared_from_this()] { self->look(); });
  if (then) then(known);
}

template <class List>
std::optional<typename ListSource<List>::Snapshot> ListSource<List>::known() const {
  std::lock_guard lock(mutex_);
  if (!list_ || source_ == CatalogueSource::built_in) return std::nullopt;
  return snapshot();
}

// Reads the cache file, and parses a list that is newer than the known one.
template <class List>
std::optional<CacheFile::Kept> ListSource<List>::read_kept(std::optional<List>& list) const {
  auto kept = file_.read();
  std::unique_lock lock(mutex_);
  const bool newer = kept && kept->fetched_s > fetched_s_;
  lock.unlock();
  if (newer)
    if (auto parsed = List::parse(kept->body)) list = std::move(*parsed);
  return kept;
}

template <class List>
void ListSource<List>::recall(Then then) {
  constexpr std::int64_t again_s = 10;
  std::unique_lock lock(mutex_);
  if (!list_) list_ = std::make_shared<const List>(List::built_in());
  const std::int64_t now = now_s();
  const bool reads =
      source_ == CatalogueSource::built_in && (now < recalled_s_ || now >= recalled_s_ + again_s);
  if (reads) recalled_s_ = now;
  const Snapshot known = snapshot();
  lock.unlock();
  const bool runs =
      reads && run([self = this->shared_from_this(), then] {
        std::optional<List> read;
        const auto kept = self->read_kept(read);
        std::unique_lock taking(self->mutex_);
        if (read && kept->fetched_s > self->fetched_s_)
          self->take(std::move(*read), CatalogueSource::kept, kept->fetched_s, kept->fresh_s);
        const Snapshot now_known = self->snapshot();
        taking.unlock();
        then(now_known);
      });
  if (!runs) then(known);
}

// Reads the cache file, because another process may have fetched a newer list. If the list is then
// still not fresh, begins a fetch, unless another process has the claim. Does not hold the mutex
// during disk access, so that ask() is answered meanwhile.
template <class List>
void ListSource<List>::look() {
  // Claimed before reading. Otherwise a list that another process writes in between would be
  // fetched again.
  const bool claimed = file_.claim();
  std::optional<List> read;
  const auto kept = read_kept(read);
  std::unique_lock lock(mutex_);
  if (read) take(std::move(*read), CatalogueSource::kept, kept->fetched_s, kept->fresh_s);
  fetching_ = due() && !yields(claimed);
  if (!fetching_) file_.release();
  late_ = looking_ = false;
  const bool fetches = fetching_;
  if (fetches && source_ == CatalogueSource::built_in)
    lock.unlock(); // the waiting calls wait on
  else
    answer(lock);
  if (fetches) fetch();
}

// Whether to leave the fetch to another process that has the claim. False if that process takes too
// long, or if there is no list to use meanwhile.
template <class List>
bool ListSource<List>::yields(bool claimed) {
  const std::int64_t now = now_s();
  if (yielding_since_ == 0) yielding_since_ = now;
  const bool yields = !claimed && source_ != CatalogueSource::built_in && now >= yielding_since_ &&
                      now < yielding_since_ + yield_s_;
  if (yields)
    next_look_s_ = now + 2;
  else
    yielding_since_ = 0;
  return yields;
}

template <class List>
void ListSource<List>::fetch() {
  const auto self = this->shared_from_this();
  fetch_(
      [self](FetchedList fetched) {
        self->aside([self, got = std::make_shared<FetchedList>(std::move(fetched))] {
          self->keep(std::move(*got));
        });
      },
      [self] {
        self->aside([self] {
          std::unique_lock lock(self->mutex_);
          self->late_ = true;
          self->answer(lock);
        });
      });
}

// Reading 600 KB of JSON, reading files and ranking for a large request would delay the network's
// thread or the host's thread.
template <class List>
void ListSource<List>::aside(std::function<void()> work) {
  if (run(std::move(work))) return;
  std::unique_lock lock(mutex_);
  if (fetching_) file_.release();
  fetching_ = false;
  answer(lock);
}

// False after close(): no thread may start any more.
template <class List>
bool ListSource<List>::run(std::function<void()> work) {
  {
    std::lock_guard lock(mutex_);
    if (closed_) return false;
    ++working_;
  }
  const auto whole = [self = this->shared_from_this(), work = std::move(work)] {
    work();
    std::lock_guard lock(self->mutex_);
    --self->working_; // the waiting calls have been answered
    self->rest_.notify_all();
  };
  try {
    os::quiet_thread("wayfare-models", whole).detach();
  } catch (const std::system_error&) { // the system gives no thread
    whole();
  }
  return true;
}

template <class List>
void ListSource<List>::keep(FetchedList fetched) {
  std::optional<List> read;
  if (fetched.status == 200)
    if (auto parsed = List::parse(fetched.body)) read = std::move(*parsed);
  const CacheFile::Kept kept{now_s(), select::fresh_for(fetched.cache_control),
                             std::move(fetched.body)};
  if (read && select::may_keep(fetched.cache_control)) file_.write(kept);
  std::unique_lock lock(mutex_);
  if (read) take(std::move(*read), CatalogueSource::fetched, kept.fetched_s, kept.fresh_s);
  fetching_ = false;
  file_.release();
  failed_ = read ? 0 : failed_ + 1;
  next_look_s_ = read ? 0 : now_s() + select::next_try(failed_, draw());
  answer(lock);
}

template <class List>
void ListSource<List>::take(List list, CatalogueSource source, std::int64_t fetched_s,
                            std::int64_t fresh_s) {
  list_ = std::make_shared<const List>(std::move(list));
  source_ = source;
  fetched_s_ = fetched_s;
  fresh_s_ = fresh_s;
}

template <class List>
void ListSource<List>::answer(std::unique_lock<std::mutex>& lock) {
  const auto waiting = std::exchange(waiting_, {});
  const Snapshot known = snapshot();
  lock.unlock();
  for (const Then& then : waiting) then(known);
}

template <class List>
void ListSource<List>::close(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  closed_ = true;
  rest_.wait_until(lock, deadline, [this] { return working_ == 0; });
  answer(lock);
}

template class ListSource<select::Catalogue>;
template class ListSource<select::Endpoints>;

} // namespace wayfare
