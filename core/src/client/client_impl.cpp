#include "client/client_impl.hpp"

#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "os/clock.hpp"
#include "os/fork.hpp"

namespace wayfare {

namespace {

using Clock = std::chrono::steady_clock;

std::vector<Event> final_event(Error error) {
  std::vector<Event> events;
  events.push_back({.type = Event::Type::error, .error = std::make_shared<const Error>(std::move(error))});
  return events;
}

} // namespace

// On the heap and never freed: exit comes after static destructors.
std::vector<std::weak_ptr<void>>& Client::Impl::all() {
  static auto* const clients = new std::vector<std::weak_ptr<void>>;
  return *clients;
}

// At exit a live thread would still use the TLS library while that library cleans up.
void Client::close_forgotten() {
  std::vector<std::shared_ptr<void>> open;
  {
    std::lock_guard lock(os::fork_mutex());
    for (const auto& client : Impl::all())
      if (auto one = client.lock()) open.push_back(std::move(one));
  }
  const auto deadline = Clock::now() + std::chrono::seconds(2); // for all of them
  for (const auto& one : open) static_cast<Impl*>(one.get())->close(deadline);
}

// ---- Starting, at the first use.

static Error no_thread() {
  return Error{.code = Code::no_memory,
               .message = "the system gives the process no more threads; nothing was sent",
               .advice = "end some, or raise the limit of them",
               .retryable = true};
}

std::optional<Error> Client::Impl::start_ledger() {
  std::lock_guard lock(starting_);
  if (closed_) return wayfare::error_of(Code::closed);
  if (ledger_) return std::nullopt;
  try {
    auto opened = ledger::Ledger::open(settings.ledger, settings.options.durability);
    if (!opened) return opened.error();
    ledger_ = *opened;
  } catch (const std::system_error&) {
    return no_thread();
  }
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
  const auto fetch = [engine = std::weak_ptr(made)](ModelSource::Answer answer, ModelSource::Late late) {
    const auto done = [answer](HttpGet::Response got) { answer({got.status, std::move(got.cache_control), std::move(got.body)}); };
    if (const auto running = engine.lock())
      running->fetch_models(done, std::move(late));
    else
      answer({});
  };
  auto models = std::make_shared<ModelSource>(settings.cache, settings.base_url, fetch);
  try {
    Engine::run(made, models);
  } catch (const std::system_error&) {
    std::lock_guard forks(os::fork_mutex());
    os::withdraw(made.get());
    return no_thread();
  }
  models_ = std::move(models);
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
  auto prepared = wire::prepare(std::move(request), stream, settings.openrouter);
  if (!prepared) return fail(prepared.error());
  const auto key = settings.keys.choose(request.route.key, settings.server);
  if (!key) return fail(key.error());
  if (auto failed = start_engine()) return fail(std::move(*failed));
  const std::int64_t now = os::monotonic_us();
  if (!needs_catalogue(request.route)) {
    engine_->start(opened.id, opened.box, std::move(request), std::move(*prepared), {}, *key, now);
    return opened.id;
  }
  const auto deadline = request.route.deadline.value_or(settings.options.deadline);
  wait(opened.id,
       [this, opened, request = std::move(request), prepared = std::move(*prepared), key = *key,
        now](const ModelSource::Snapshot& known) mutable { route(opened, std::move(request), std::move(prepared), key, known, now); });
  if (!is_waiting(opened.id)) return opened.id; // as nearly always: there is a list
  engine_->at(now + std::chrono::microseconds(deadline).count(), [this, opened] {
    if (arrived(opened.id))
      refuse(opened, Error{.code = Code::deadline,
                           .message = "the deadline has passed while the models list was waited for; nothing was sent",
                           .advice = "raise route.deadline, or name the model without a policy and a max_cost",
                           .retryable = true});
  });
  return opened.id;
}

namespace {

select::Moment moment() {
  const std::chrono::sys_time<std::chrono::microseconds> now{std::chrono::microseconds(os::wall_us())};
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(now));
  char today[16];
  std::snprintf(today, sizeof today, "%04d-%02u-%02u", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                static_cast<unsigned>(day.day()));
  return {std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count(), today};
}

} // namespace

// What a call waits for before the engine knows it: one that is cancelled meanwhile has had its end.
void Client::Impl::await(std::int64_t id) {
  std::lock_guard lock(boxes_mutex_);
  waiting_.insert(id);
}
bool Client::Impl::is_waiting(std::int64_t id) {
  std::lock_guard lock(boxes_mutex_);
  return waiting_.contains(id);
}
bool Client::Impl::arrived(std::int64_t id) {
  std::lock_guard lock(boxes_mutex_);
  return waiting_.erase(id) != 0;
}

void Client::Impl::wait(std::int64_t id, ModelSource::Then then) {
  await(id);
  models_->ask([this, id, then = std::move(then)](const ModelSource::Snapshot& known) {
    if (arrived(id)) then(known);
  });
}

void Client::Impl::route(const Opened& opened, Request request, wire::Prepared prepared, const Key* key, const ModelSource::Snapshot& known,
                         std::int64_t since_us) {
  auto routed = wayfare::route(prepared, request.route, settings.openrouter, *known.catalogue, known.state, moment());
  if (!routed) {
    refuse(opened, routed.error());
    return;
  }
  prepared.name_caps();
  engine_->start(opened.id, opened.box, std::move(request), std::move(prepared), std::move(*routed), key, since_us);
}

void Client::Impl::report(const std::shared_ptr<Mailbox>& box, Result<Report> report) {
  std::vector<Event> events;
  if (report)
    events.push_back({.type = Event::Type::done, .report = std::make_shared<const Report>(std::move(*report))});
  else
    events = final_event(report.error());
  box->put(events);
}

std::int64_t Client::Impl::submit(ModelsQuery) {
  const Opened opened = open_call();
  if (opened.id < 0) return opened.id;
  if (auto failed = start_engine()) return refuse(opened, std::move(*failed));
  wait(opened.id, [box = opened.box](const ModelSource::Snapshot& known) {
    report(box, Report{.kind = Report::Kind::models, .models = {known.catalogue->models(), known.state}});
  });
  return opened.id;
}

std::int64_t Client::Impl::submit(ReconcileQuery) {
  const Opened opened = open_call();
  if (opened.id < 0) return opened.id;
  if (auto failed = start_engine()) return refuse(opened, std::move(*failed));
  await(opened.id);
  engine_->reconcile([this, opened](const Reconciled& reconciled) {
    if (arrived(opened.id)) report(opened.box, Report{.kind = Report::Kind::reconciled, .reconciled = reconciled});
  });
  return opened.id;
}

std::int64_t Client::Impl::submit_select(Request request) {
  const Opened opened = open_call();
  if (opened.id < 0) return opened.id;
  auto prepared = wire::prepare(std::move(request), false, settings.openrouter);
  if (!prepared) return refuse(opened, prepared.error());
  if (auto failed = start_engine()) return refuse(opened, std::move(*failed));
  wait(opened.id, [this, box = opened.box, route = std::move(request.route),
                   prepared = std::move(*prepared)](const ModelSource::Snapshot& known) {
    report(box, Report{.kind = Report::Kind::selection, .selection = select_for(prepared, route, *known.catalogue, known.state, moment())});
  });
  return opened.id;
}

template <class Query>
std::int64_t Client::Impl::submit(Query query) {
  const Opened opened = open_call();
  if (opened.id < 0) return opened.id;
  const auto answer = [box = opened.box](Result<Report> result) { report(box, std::move(result)); };
  if (auto failed = start_ledger())
    answer(std::move(*failed));
  else
    ledger_->report(std::move(query), answer);
  return opened.id;
}

template std::int64_t Client::Impl::submit(UsageQuery);
template std::int64_t Client::Impl::submit(EntryQuery);
template std::int64_t Client::Impl::submit(Order);

Next Client::Impl::next(std::int64_t id, std::chrono::milliseconds timeout, std::vector<Event>& events) {
  if (is_foreign()) return Next::forked;
  const auto box = box_of(id);
  if (!box) return closed_ ? Next::closed : Next::over;
  bool wake = false;
  const Next next = box->take(timeout, events, wake);
  if (wake) running_.load()->resume(id);
  if (next == Next::over || (next == Next::events && events.back().is_final())) drop_box(id);
  return next;
}

Code Client::Impl::cancel(std::int64_t id, bool forget) {
  if (is_foreign()) return Code::forked;
  const auto box = box_of(id);
  if (!box) return Code::ok;
  const bool waited = arrived(id);
  if (waited && !forget) {
    auto events = final_event(wayfare::error_of(Code::cancelled));
    box->put(events);
  }
  if (forget) {
    box->forget();
    drop_box(id);
  }
  if (Engine* engine = running_) engine->cancel(id);
  return Code::ok;
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
  const Next got = next(id, wait_for_ever, events);
  if (got != Next::events) return error_of_next(got);
  if (events.back().error) return *events.back().error;
  return std::move(events.back());
}

void Client::Impl::close(Clock::time_point deadline) {
  if (is_foreign() || closed_.exchange(true)) return;
  std::lock_guard lock(starting_);
  if (models_) models_->close(deadline);
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

} // namespace wayfare
