#include <wayfare/client.hpp>

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "engine.hpp"
#include "ledger/ledger.hpp"
#include "mailbox.hpp"
#include "os/fork.hpp"
#include "settings.hpp"
#include "wire/request.hpp"

namespace wayfare {

namespace {

using Clock = std::chrono::steady_clock;

std::vector<Event> final_event(Error error) {
  std::vector<Event> events;
  events.push_back({.type = Event::Type::error, .error = std::make_shared<const Error>(std::move(error))});
  return events;
}

Error error_of(Next next) { return wayfare::error_of(next == Next::over ? Code::closed : static_cast<Code>(next)); }

bool is_final(const Event& event) { return event.type == Event::Type::done || event.type == Event::Type::error; }

constexpr std::chrono::milliseconds for_ever(-1);

} // namespace

struct Client::Impl {
  explicit Impl(Settings settled) : settings(std::move(settled)) {}

  const Settings settings;

  std::int64_t submit(Request request, bool stream);
  template <class Query>
  std::int64_t submit(Query query);
  std::int64_t submit(Error refusal);
  Next next(std::int64_t id, std::chrono::milliseconds timeout, std::vector<Event>& events);
  Code cancel(std::int64_t id, bool forget);
  std::int64_t ready(std::chrono::milliseconds timeout);
  int fd();
  void wake();
  Result<Event> last_event(std::int64_t id); // of a call whose only event is its final one
  void close(Clock::time_point deadline);

  // Whether another process used it, of which this one is a fork.
  bool is_foreign() const {
    const pid_t owned = owner_;
    return owned != 0 && owned != getpid();
  }

 private:
  struct Opened { // an id and its mailbox, or a Code below 0
    std::int64_t id;
    std::shared_ptr<Mailbox> box;
  };
  Opened open_call();
  static std::int64_t refuse(const Opened& opened, Error error);
  std::optional<Error> start_ledger();
  std::optional<Error> start_engine();
  std::shared_ptr<Mailbox> box_of(std::int64_t id);
  void drop_box(std::int64_t id);

  std::atomic<pid_t> owner_{0}; // the process that first used it; 0: unused
  std::atomic<bool> closed_{false};
  std::atomic<std::int64_t> last_id_{0};
  const std::shared_ptr<Mailbox::Shared> shared_ = std::make_shared<Mailbox::Shared>();

  std::mutex starting_; // guards the making of the ledger and the engine
  std::shared_ptr<ledger::Ledger> ledger_;
  std::shared_ptr<Engine> engine_;
  std::atomic<Engine*> running_{nullptr}; // the engine, once it runs

  std::mutex boxes_mutex_;
  std::unordered_map<std::int64_t, std::shared_ptr<Mailbox>> boxes_;
};

namespace {

// Clients that the host may forget to close, under os::fork_mutex(). On the heap and never freed: exit comes after static destructors.
std::vector<std::weak_ptr<void>>& clients() {
  static auto* const all = new std::vector<std::weak_ptr<void>>;
  return *all;
}

} // namespace

// At exit a live thread would still use the TLS library while that library cleans up.
void Client::close_forgotten() {
  std::vector<std::shared_ptr<void>> open;
  {
    std::lock_guard lock(os::fork_mutex());
    for (const auto& client : clients())
      if (auto one = client.lock()) open.push_back(std::move(one));
  }
  const auto deadline = Clock::now() + std::chrono::seconds(2); // for all of them
  for (const auto& one : open) static_cast<Impl*>(one.get())->close(deadline);
}

// ---- Starting, at the first use.

std::optional<Error> Client::Impl::start_ledger() {
  std::lock_guard lock(starting_);
  if (closed_) return wayfare::error_of(Code::closed);
  if (ledger_) return std::nullopt;
  auto opened = ledger::Ledger::open(settings.ledger, settings.options.durability);
  if (!opened) return opened.error();
  ledger_ = *opened;
  static const int registered = std::atexit(close_forgotten);
  (void)registered;
  return std::nullopt;
}

std::optional<Error> Client::Impl::start_engine() {
  if (running_) return std::nullopt;
  if (auto failed = start_ledger()) return failed;
  std::lock_guard lock(starting_);
  if (closed_) return wayfare::error_of(Code::closed);
  if (engine_) return std::nullopt;
  auto made = std::make_shared<Engine>(settings, ledger_);
  if (!made->ok())
    return Error{.code = Code::no_memory,
                 .message = "memory or file descriptors are short; nothing was sent",
                 .advice = "close some",
                 .retryable = true};
  // Once more, behind libcurl's initialisation: what is registered last runs first.
  static const int registered = std::atexit(close_forgotten);
  (void)registered;
  {
    std::lock_guard forks(os::fork_mutex());
    os::enrol(made.get());
  }
  Engine::run(made);
  engine_ = std::move(made);
  running_ = engine_.get();
  return std::nullopt;
}

// ---- The four verbs.

Client::Impl::Opened Client::Impl::open_call() {
  const pid_t here = getpid();
  pid_t before = 0; // the first use makes this process the owner
  if (!owner_.compare_exchange_strong(before, here) && before != here) return {static_cast<std::int64_t>(Code::forked), nullptr};
  if (closed_) return {static_cast<std::int64_t>(Code::closed), nullptr};
  if (shared_->open >= settings.options.max_open_calls) return {static_cast<std::int64_t>(Code::full), nullptr};
  Opened opened{++last_id_, nullptr};
  opened.box = std::make_shared<Mailbox>(opened.id, shared_);
  std::lock_guard lock(boxes_mutex_);
  boxes_.emplace(opened.id, opened.box);
  return opened;
}

std::shared_ptr<Mailbox> Client::Impl::box_of(std::int64_t id) {
  std::lock_guard lock(boxes_mutex_);
  const auto known = boxes_.find(id);
  return known == boxes_.end() ? nullptr : known->second;
}
void Client::Impl::drop_box(std::int64_t id) {
  std::lock_guard lock(boxes_mutex_);
  boxes_.erase(id);
}

std::int64_t Client::Impl::refuse(const Opened& opened, Error error) {
  auto events = final_event(std::move(error));
  opened.box->put(events);
  return opened.id;
}

std::int64_t Client::Impl::submit(Error refusal) {
  const Opened opened = open_call();
  return opened.id < 0 ? opened.id : refuse(opened, std::move(refusal));
}

std::int64_t Client::Impl::submit(Request request, bool stream) {
  const Opened opened = open_call();
  if (opened.id < 0) return opened.id;
  const auto fail = [&](Error error) { return refuse(opened, std::move(error)); };
  // Judged here, on the caller's thread: reading a large body must not hold up the calls of others.
  auto prepared = wire::prepare(request, stream, settings.openrouter);
  if (!prepared) return fail(prepared.error());
  const auto key = settings.keys.choose(request.route.key, settings.server);
  if (!key) return fail(key.error());
  if (auto failed = start_engine()) return fail(std::move(*failed));
  engine_->start(opened.id, opened.box, std::move(request), std::move(*prepared), *key);
  return opened.id;
}

template <class Query>
std::int64_t Client::Impl::submit(Query query) {
  const Opened opened = open_call();
  if (opened.id < 0) return opened.id;
  const auto answer = [box = opened.box](Result<Report> report) {
    std::vector<Event> events;
    if (report)
      events.push_back({.type = Event::Type::done, .report = std::make_shared<const Report>(std::move(*report))});
    else
      events = final_event(report.error());
    box->put(events);
  };
  if (auto failed = start_ledger())
    answer(std::move(*failed));
  else
    ledger_->report(std::move(query), answer);
  return opened.id;
}

Next Client::Impl::next(std::int64_t id, std::chrono::milliseconds timeout, std::vector<Event>& events) {
  if (is_foreign()) return Next::forked;
  const auto box = box_of(id);
  if (!box) return closed_ ? Next::closed : Next::over;
  bool wake = false;
  const Next next = box->take(timeout, events, wake);
  if (wake) running_.load()->resume(id);
  if (next == Next::over || (next == Next::events && is_final(events.back()))) drop_box(id);
  return next;
}

Code Client::Impl::cancel(std::int64_t id, bool forget) {
  if (is_foreign()) return Code::forked;
  const auto box = box_of(id);
  if (!box) return Code{};
  if (forget) {
    box->forget();
    drop_box(id);
  }
  if (Engine* engine = running_) engine->cancel(id);
  return Code{};
}

std::int64_t Client::Impl::ready(std::chrono::milliseconds timeout) {
  return is_foreign() ? static_cast<std::int64_t>(Code::forked) : shared_->ready.next(timeout);
}
int Client::Impl::fd() { return is_foreign() ? -1 : shared_->ready.descriptor(); }
void Client::Impl::wake() {
  if (!is_foreign()) shared_->ready.wake(); // in a child the descriptor is the parent's too
}

Result<Event> Client::Impl::last_event(std::int64_t id) {
  if (id < 0) return wayfare::error_of(static_cast<Code>(id));
  std::vector<Event> events;
  const Next got = next(id, for_ever, events);
  if (got != Next::events) return error_of(got);
  if (events.back().error) return *events.back().error;
  return std::move(events.back());
}

void Client::Impl::close(Clock::time_point deadline) {
  if (is_foreign() || closed_.exchange(true)) return;
  std::lock_guard lock(starting_);
  if (engine_) {
    const bool ended = engine_->stop(deadline);
    std::lock_guard forks(os::fork_mutex());
    os::withdraw(engine_.get());
    if (!ended) new std::shared_ptr<Engine>(engine_); // never freed: its thread goes on, and needs it
  }
  if (ledger_) ledger::Ledger::release(ledger_, deadline);
  std::lock_guard boxes_lock(boxes_mutex_);
  for (const auto& [id, box] : boxes_) box->close();
  shared_->ready.close();
}

// ---- The public face.

Result<Client> Client::open(Options options) {
  auto settings = settle(std::move(options));
  if (!settings) return settings.error();
  // In a fork's child the threads are not there to be joined, nor may what they held be touched: a used client is left as it is.
  std::shared_ptr<Impl> impl(new Impl(std::move(*settings)), [](Impl* one) {
    if (one->is_foreign()) return;
    one->close(Clock::now() + std::chrono::seconds(5));
    delete one;
  });
  {
    std::lock_guard lock(os::fork_mutex());
    std::erase_if(clients(), [](const auto& client) { return client.expired(); });
    clients().emplace_back(impl);
  }
  return Client(std::move(impl));
}

Client::Client(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::~Client() {
  if (impl_) close();
}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&& other) noexcept {
  if (this != &other && impl_) close();
  impl_ = std::move(other.impl_);
  return *this;
}

std::int64_t Client::submit(Request request, bool stream) { return impl_->submit(std::move(request), stream); }
std::int64_t Client::submit(UsageQuery query) { return impl_->submit(std::move(query)); }
std::int64_t Client::submit(EntryQuery query) { return impl_->submit(std::move(query)); }
std::int64_t Client::submit(Error refusal) { return impl_->submit(std::move(refusal)); }
Next Client::next(std::int64_t id, std::chrono::milliseconds timeout, std::vector<Event>& events) {
  return impl_->next(id, timeout, events);
}
Code Client::cancel(std::int64_t id, bool forget) { return impl_->cancel(id, forget); }
std::int64_t Client::ready(std::chrono::milliseconds timeout) { return impl_->ready(timeout); }
int Client::fd() { return impl_->fd(); }
void Client::wake() { impl_->wake(); }
const std::string& Client::ledger_path() const { return impl_->settings.ledger; }
const std::string& Client::base_url() const { return impl_->settings.base_url; }
bool Client::has_key() const { return impl_->settings.keys.has_default(); }
void Client::close() { impl_->close(Clock::now() + std::chrono::seconds(5)); }

Result<Reply> Client::chat(Request request) {
  auto last = impl_->last_event(submit(std::move(request), false));
  if (!last) return last.error();
  return *last->reply;
}
Result<std::vector<UsageRow>> Client::usage(const UsageQuery& query) {
  auto last = impl_->last_event(submit(query));
  if (!last) return last.error();
  return last->report->usage;
}
Result<EntryPage> Client::entries(const EntryQuery& query) {
  auto last = impl_->last_event(submit(query));
  if (!last) return last.error();
  return last->report->page;
}
Stream Client::stream(Request request) { return Stream(impl_, submit(std::move(request), true)); }

Stream::Stream(std::shared_ptr<Client::Impl> impl, std::int64_t id) : impl_(std::move(impl)), id_(id) {
  if (id_ < 0) error_ = std::make_shared<const Error>(wayfare::error_of(static_cast<Code>(id_)));
}
Stream::~Stream() {
  if (impl_ && !reply_ && !error_) impl_->cancel(id_, true);
}
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&& other) noexcept {
  Stream taken(std::move(other));
  std::swap(impl_, taken.impl_);
  std::swap(id_, taken.id_);
  std::swap(batch_, taken.batch_);
  std::swap(at_, taken.at_);
  std::swap(reply_, taken.reply_);
  std::swap(error_, taken.error_);
  return *this; // what it was ends with `taken`
}

void Stream::cancel() { impl_->cancel(id_, false); }

const Event* Stream::next() {
  while (!reply_ && !error_) {
    if (at_ == batch_.size()) {
      batch_.clear();
      at_ = 0;
      const Next got = impl_->next(id_, for_ever, batch_);
      if (got != Next::events) {
        error_ = std::make_shared<const Error>(error_of(got));
        return nullptr;
      }
    }
    const Event& event = batch_[at_++];
    if (!is_final(event)) return &event;
    reply_ = event.reply;
    error_ = event.error;
  }
  return nullptr;
}

Result<Reply> Stream::reply() {
  while (next()) {}
  if (error_) return *error_;
  return *reply_;
}

} // namespace wayfare
