#include "engine.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "os/clock.hpp"
#include "wire/echo.hpp"

namespace wayfare {

namespace {

call::Micros micros(std::chrono::milliseconds time) { return std::chrono::microseconds(time).count(); }

call::Outcome::Tls why_of(io::Tls tls) {
  switch (tls) {
    case io::Tls::expired: return call::Outcome::Tls::expired;
    case io::Tls::wrong_host: return call::Outcome::Tls::wrong_host;
    case io::Tls::unknown_authority: return call::Outcome::Tls::unknown_authority;
    case io::Tls::no_authorities: return call::Outcome::Tls::no_authorities;
    case io::Tls::other: break;
  }
  return call::Outcome::Tls::other;
}

call::Outcome outcome_of(const io::Outcome& outcome) {
  using From = io::Outcome::How;
  using To = call::Outcome::How;
  switch (outcome.how) {
    case From::whole: return {To::whole, outcome.detail};
    case From::dns: return {To::dns, outcome.detail};
    case From::connect: return {To::connect, outcome.detail};
    case From::tls: return {To::tls, outcome.detail, why_of(outcome.tls)};
    case From::connect_timeout: return {To::connect_timeout, outcome.detail};
    case From::too_large: return {To::too_large, outcome.detail};
    case From::lost: break;
  }
  return {To::lost, outcome.detail};
}

// Whether the call has such a header of its own.
bool has_header(const Request& request, std::string_view name) {
  const auto same = [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); };
  return std::ranges::any_of(request.headers, [&](const auto& header) { return std::ranges::equal(header.first, name, same); });
}

std::vector<std::string> headers_of(const Settings& settings, const Request& request, bool streamed, const Key* key) {
  std::vector<std::string> headers{"Content-Type: application/json", "Expect:", "User-Agent: wayfare/" WAYFARE_VERSION,
                                   streamed ? "Accept: text/event-stream" : "Accept: application/json"};
  if (key) headers.push_back("Authorization: Bearer " + key->text);
  for (const auto& [name, value] : settings.app_headers) {
    const bool has_old_name = name == "X-OpenRouter-Title" && has_header(request, "X-Title");
    if (!has_old_name && !has_header(request, name)) headers.push_back(name + ": " + value);
  }
  for (const auto& [name, value] : request.headers) headers.push_back(value.empty() ? name + ";" : name + ": " + value);
  return headers;
}

} // namespace

// One call on its way.
class Engine::Running final : public io::Http::Listener {
 public:
  // What it needs beside its plan; the reservation and the sending are completed for each attempt.
  struct Parts {
    Reservation reservation;
    io::Sending sending;
    wire::Prepared prepared;                   // where there are several models
    std::vector<std::optional<Amount>> bounds; // of each model, where the route asked for it
    bool bounded = false;                      // the reservation and the body are: for a hard budget
    const Key* key = nullptr;
  };
  Running(Engine& engine, std::int64_t id, std::shared_ptr<Mailbox> box, call::Plan plan, Parts parts)
      : engine_(engine), id_(id), box_(std::move(box)), call_(std::move(plan)), parts_(std::move(parts)) {}
  ~Running() override {
    if (timer_) engine_.loop_->drop(*timer_);
    if (transfer_) engine_.http_.stop(transfer_);
    box_->close();
  }

  void start() { call_.start(now(), todo_), perform(); }
  void judged(const Verdict& verdict) {
    if (!verdict.refused)
      call_.reserved(now(), verdict.hard, todo_, verdict.warnings);
    else if (verdict.refused->code == Code::no_bound && std::exchange(parts_.reservation.unjudged, false))
      return find_bound();
    else
      call_.refused(now(), *verdict.refused, todo_);
    perform();
  }
  void booked() { call_.booked(now(), todo_), perform(); }
  void cancel() { call_.cancel(now(), todo_), perform(); }
  void resume() {
    if (!std::exchange(paused_, false) || !transfer_) return;
    call_.resumed(now(), todo_);
    perform();
    engine_.http_.resume(transfer_);
  }

  void on_given() override { call_.given(now(), todo_), perform(); }
  void on_head(const io::Head& head) override {
    call_.head(now(), wire::Head{head.status, head.content_type, head.generation_id, head.retry_after, os::wall_us() / 1'000'000}, todo_);
    perform();
  }
  io::Http::Flow on_bytes(std::string_view bytes) override {
    if (!box_->has_room()) {
      paused_ = true;
      call_.paused();
      return io::Http::Flow::pause;
    }
    call_.bytes(now(), bytes, todo_);
    const bool stop = std::exchange(todo_.stop, false); // not from inside the network
    perform();
    return stop ? io::Http::Flow::stop : io::Http::Flow::on;
  }
  void on_end(const io::Outcome& outcome) override {
    transfer_ = nullptr;
    call_.ended(now(), outcome_of(outcome), todo_);
    perform();
    finish_if_over();
  }

 private:
  static call::Micros now() { return os::monotonic_us(); }

  void perform() {
    call::Todo todo = std::exchange(todo_, {});
    if (todo.stop && transfer_) engine_.http_.stop(std::exchange(transfer_, nullptr));
    if (todo.reserve) reserve(*todo.reserve);
    if (todo.send) send();
    if (todo.note) engine_.ledger_->note(parts_.reservation.uid, std::move(*todo.note));
    if (todo.book) book(std::move(*todo.book));
    for (Event& event : todo.events)
      if (event.type == Event::Type::error) event.error = cleaned(*event.error);
    box_->put(todo.events);
    if (todo.wake_at) wake_at(*todo.wake_at);
    finish_if_over();
  }

  // The ledger answers on its own threads, perhaps when the engine is gone: the loop takes no tasks then.
  void reserve(const call::Todo::Reserve& asked) {
    parts_.reservation.uid = asked.uid;
    if (model_ != asked.model) { // its body is another one
      model_ = asked.model;
      parts_.reservation.model = parts_.prepared.models[model_];
      parts_.sending.body = std::make_shared<const std::string>(parts_.prepared.body_of(model_));
      parts_.bounded = false;
    }
    if (!parts_.bounded) {
      parts_.reservation.bound = parts_.bounds[model_];
      parts_.reservation.unjudged = !parts_.reservation.bound;
    }
    ask_ledger();
  }
  void ask_ledger() {
    engine_.ledger_->reserve(parts_.reservation, [loop = engine_.loop_, engine = &engine_, id = id_](const Verdict& verdict) {
      loop->post([engine, id, verdict] {
        if (const auto known = engine->calls_.find(id); known != engine->calls_.end()) known->second->judged(verdict);
      });
    });
  }

  // A hard budget wants to know what the attempt can cost at most; other calls need no catalogue for that.
  void find_bound() {
    engine_.models_->ask([loop = engine_.loop_, engine = &engine_, id = id_](const Models::Snapshot& known) {
      loop->post([engine, id, known] {
        if (const auto call = engine->calls_.find(id); call != engine->calls_.end()) call->second->bound(*known.catalogue);
      });
    });
  }
  void bound(const select::Catalogue& catalogue) {
    parts_.bounded = true;
    call_.added(bound_by(catalogue, engine_.settings_.openrouter, parts_.reservation, parts_.sending.body));
    ask_ledger();
  }
  void book(Ending ending) {
    engine_.ledger_->book(parts_.reservation.uid, std::move(ending), [loop = engine_.loop_, engine = &engine_, id = id_] {
      loop->post([engine, id] { engine->with(id, &Running::booked); });
    });
  }
  void send() {
    paused_ = false;
    transfer_ = engine_.http_.start(parts_.sending, *this);
    if (transfer_) return;
    call_.ended(now(), {call::Outcome::How::connect, "memory or file descriptors are short"}, todo_);
    perform();
  }

  void wake_at(call::Micros at) {
    if (timer_ && timer_->first <= at) return; // it asks again when it comes
    if (timer_) engine_.loop_->drop(*timer_);
    timer_ = engine_.loop_->at(at, [this] {
      timer_.reset();
      call_.timer(now(), todo_);
      perform();
    });
  }

  void finish_if_over() {
    if (!call_.over() || transfer_ || std::exchange(finished_, true)) return;
    engine_.finished_.push_back(id_);
  }

  // A server that repeats the key or the prompt in its refusal must not have us repeat it.
  std::shared_ptr<const Error> cleaned(const Error& error) const {
    auto clean = std::make_shared<Error>(error);
    const Keys& keys = engine_.settings_.keys;
    keys.hide(clean->message);
    keys.hide_parts(clean->message);
    keys.hide(clean->provider);
    keys.hide_parts(clean->provider);
    if (clean->status != 0) wire::hide_prompt(clean->message, *parts_.sending.body);
    if (clean->code == Code::unauthorized && parts_.key) clean->advice += "; the key that was sent is that of " + parts_.key->place;
    const auto in_it = [&](const std::string& text) { return keys.stand_in(text); };
    if (const Reply* came = clean->reply.get();
        came && (in_it(came->raw) || in_it(came->message) || in_it(came->text) || in_it(came->reasoning))) {
      auto reply = std::make_shared<Reply>(*came);
      for (std::string* text : {&reply->raw, &reply->message, &reply->text, &reply->reasoning}) keys.hide(*text);
      clean->reply = std::move(reply);
    }
    return clean;
  }

  Engine& engine_;
  const std::int64_t id_;
  const std::shared_ptr<Mailbox> box_;
  call::Call call_;
  call::Todo todo_;
  Parts parts_;
  std::size_t model_ = 0; // that the parts are made for
  io::Http::Transfer* transfer_ = nullptr;
  std::optional<io::Loop::Timer> timer_;
  bool paused_ = false, finished_ = false;
};

Engine::Engine(const Settings& settings, std::shared_ptr<ledger::Ledger> ledger)
    : settings_(settings),
      ledger_(std::move(ledger)),
      loop_(std::make_shared<io::Loop>()),
      http_(*loop_, {settings.options.ca_file, settings.options.proxy, settings.options.connect_timeout}) {}

Engine::~Engine() = default;

void Engine::run(const std::shared_ptr<Engine>& engine, std::shared_ptr<Models> models) {
  engine->models_ = std::move(models);
  engine->started_ = true;
  engine->thread_ = os::quiet_thread("wayfare-io", [engine] { engine->loop(); }); // keeps it alive, should stop() give up on it
}

void Engine::start(std::int64_t id, std::shared_ptr<Mailbox> box, Request request, wire::Prepared prepared, Routed routed, const Key* key) {
  Running::Parts parts;
  Reservation& reservation = parts.reservation;
  reservation.uid = reservation.call = Uid::make(static_cast<std::uint64_t>(os::wall_us()) / 1000, os::chance());
  reservation.charge_to = std::move(request.charge_to);
  reservation.model = prepared.models.front();
  reservation.endpoint = request.endpoint;
  reservation.server = settings_.base_url;
  if (key) reservation.key = key->fingerprint;
  reservation.request_id = request.request_id;

  call::Plan plan{.uid = reservation.uid,
                  .request_id = std::move(request.request_id),
                  .added = std::move(prepared.added),
                  .streamed = prepared.streamed,
                  .openrouter = settings_.openrouter,
                  .retries = request.route.retries.value_or(settings_.options.retries),
                  .max_cost = request.route.max_cost,
                  .deadline_us = micros(request.route.deadline.value_or(settings_.options.deadline)),
                  .first_byte_us = micros(settings_.options.first_byte_timeout),
                  .idle_us = micros(settings_.options.idle_timeout)};
  plan.models = std::move(routed.choices);
  plan.selection = std::move(routed.selection);
  for (const call::Choice& choice : plan.models) parts.bounds.push_back(choice.bound);
  if (plan.models.empty()) parts.bounds.resize(prepared.models.size());
  if (plan.models.empty()) // nothing to choose
    for (const auto& model : prepared.models) plan.models.push_back({.model = model});

  parts.key = key;
  parts.sending.url = settings_.base_url + "/" + request.endpoint;
  parts.sending.headers = std::make_shared<const std::vector<std::string>>(headers_of(settings_, request, prepared.streamed, key));
  const bool several = prepared.models.size() > 1;
  parts.sending.body = std::make_shared<const std::string>(several ? prepared.body_of(0) : std::move(prepared).body_of(0));
  if (several) parts.prepared = std::move(prepared);

  auto running = std::make_shared<Running>(*this, id, box, std::move(plan), std::move(parts));
  const bool posted = loop_->post([this, id, running = std::move(running)] {
    calls_.emplace(id, running);
    running->start();
    if (stopping_) running->cancel();
  });
  if (!posted) box->close();
}

void Engine::fetch(std::string path, Fetch::Done done, Fetch::Late late) {
  std::vector<std::string> headers{"Accept: application/json", "User-Agent: wayfare/" WAYFARE_VERSION};
  if (settings_.server != Keys::Server::openrouter)
    if (const auto key = settings_.keys.choose("", settings_.server); key && *key)
      headers.push_back("Authorization: Bearer " + (*key)->text);
  io::Sending sending{settings_.base_url + path, std::make_shared<const std::vector<std::string>>(std::move(headers)), nullptr};
  auto shared = std::make_shared<Fetch::Done>(std::move(done)); // of which one half may be dropped
  const bool posted = loop_->post([this, sending = std::move(sending), shared, late = std::move(late)] {
    if (stopping_) return (*shared)({});
    const std::int64_t number = ++last_fetch_;
    const auto done_with = [this, number, shared](Fetch::Answer answer) {
      fetched_.push_back(number);
      (*shared)(std::move(answer));
    };
    auto& fetch = fetches_[number] = std::make_unique<Fetch>(*loop_, http_, done_with, late);
    fetch->start(sending);
  });
  if (!posted) (*shared)({});
}

void Engine::with(std::int64_t id, void (Running::*then)()) {
  if (const auto known = calls_.find(id); known != calls_.end()) ((*known->second).*then)();
}
void Engine::cancel(std::int64_t id) {
  loop_->post([this, id] { with(id, &Running::cancel); });
}
void Engine::resume(std::int64_t id) {
  loop_->post([this, id] { with(id, &Running::resume); });
}

bool Engine::stop(std::chrono::steady_clock::time_point deadline) {
  if (!started_) return true;
  loop_->post([this, deadline] {
    stopping_ = true;
    give_up_at_ = deadline;
    for (auto& [id, call] : calls_) call->cancel();
    for (auto& [number, fetch] : fetches_) fetch->give_up();
    const auto left = std::chrono::duration_cast<std::chrono::microseconds>(deadline - std::chrono::steady_clock::now());
    loop_->at(os::monotonic_us() + left.count(), [] {}); // to look at the time
  });
  std::unique_lock lock(mutex_);
  if (!changed_.wait_until(lock, deadline + std::chrono::milliseconds(200), [this] { return ended_; })) {
    thread_.detach();
    return false;
  }
  lock.unlock();
  thread_.join();
  return true;
}

void Engine::loop() {
  while (!stopping_ || (!calls_.empty() && std::chrono::steady_clock::now() < give_up_at_)) {
    rest();
    loop_->turn();
    for (const std::int64_t id : std::exchange(finished_, {})) calls_.erase(id);
    for (const std::int64_t number : std::exchange(fetched_, {})) fetches_.erase(number);
  }
  loop_->close();
  calls_.clear();
  fetches_.clear();
  std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

// Between two turns: no lock of libcurl's or of the TLS library's is held while the process forks.
void Engine::rest() {
  std::unique_lock lock(mutex_);
  if (!parking_) return;
  parked_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return !parking_; });
  parked_ = false;
}

void Engine::park() {
  if (!started_) return;
  std::unique_lock lock(mutex_);
  parking_ = true;
  lock.unlock();
  loop_->post([] {});
  lock.lock();
  changed_.wait_for(lock, std::chrono::seconds(1), [this] { return parked_ || ended_; });
}

void Engine::unpark() noexcept {
  {
    std::lock_guard lock(mutex_);
    parking_ = false;
  }
  changed_.notify_all();
}

} // namespace wayfare
