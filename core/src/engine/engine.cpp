#include "engine/engine.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "os/clock.hpp"
#include "engine/active_call.hpp"

namespace wayfare {

namespace {

call::Micros micros(std::chrono::milliseconds time) { return std::chrono::microseconds(time).count(); }

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

Engine::Engine(const Settings& settings, std::shared_ptr<ledger::Ledger> ledger)
    : settings_(settings),
      ledger_(std::move(ledger)),
      loop_(std::make_shared<io::Loop>()),
      http_(*loop_, {settings.options.ca_file, settings.options.proxy, settings.options.connect_timeout}),
      reconciler_(loop_, ledger_, settings_,
                  [this](const std::string& path, const Key* key, HttpGet::Done done) { fetch(path, key, std::move(done), {}); }) {}

Engine::~Engine() = default;

void Engine::run(const std::shared_ptr<Engine>& engine, std::shared_ptr<ModelSource> models) {
  engine->models_ = std::move(models);
  engine->loop_->post([raw = engine.get()] { raw->reconciler_.start(); });
  engine->thread_ = os::quiet_thread("wayfare-io", [engine] { engine->loop(); }); // keeps it alive, should stop() give up on it
  engine->started_ = true;
}

Engine::Goal Engine::goal_of(const Request& request, bool streamed, const Key* key) {
  const auto make = [&] {
    const std::string& server = settings_.base_url;
    return Goal{std::make_shared<const io::Target>(server + "/" + request.endpoint, headers_of(settings_, request, streamed, key)),
                std::make_shared<const Origin>(Origin{server, request.endpoint, key ? key->fingerprint : std::string()})};
  };
  if (!request.headers.empty()) return make();
  std::lock_guard lock(goals_mutex_);
  Goal& known = goals_[{key, streamed}];
  if (!known.target) known = make(); // there is one endpoint
  return known;
}

void Engine::start(std::int64_t id, std::shared_ptr<Mailbox> box, Request request, wire::Prepared prepared, Routed routed, const Key* key,
                   std::int64_t since_us) {
  Goal goal = goal_of(request, prepared.streamed, key);
  auto reservation = std::make_shared<Reservation>();
  reservation->uid = reservation->call = Uid::make(static_cast<std::uint64_t>(os::wall_us()) / 1000, os::chance());
  reservation->charge_to = std::move(request.charge_to);
  reservation->model = prepared.models.front();
  reservation->origin = std::move(goal.origin);
  reservation->request_id = request.request_id;
  if (!routed.choices.empty()) reservation->bound = routed.choices.front().bound;
  reservation->unjudged = !reservation->bound;

  call::Plan plan{.uid = reservation->uid,
                  .request_id = std::move(request.request_id),
                  .added = std::move(prepared.added),
                  .streamed = prepared.streamed,
                  .openrouter = settings_.openrouter,
                  .scratch = scratch_,
                  .retries = request.route.retries.value_or(settings_.options.retries),
                  .max_cost = request.route.max_cost,
                  .waited_us = os::monotonic_us() - since_us,
                  .deadline_us = micros(request.route.deadline.value_or(settings_.options.deadline)),
                  .first_byte_us = micros(settings_.options.first_byte_timeout),
                  .idle_us = micros(settings_.options.idle_timeout)};
  plan.models = std::move(routed.choices);
  plan.selection = std::move(routed.selection);
  ActiveCall::Parts parts;
  parts.reservation = std::move(reservation);
  for (const call::Choice& choice : plan.models) parts.bounds.push_back(choice.bound);
  if (plan.models.empty()) parts.bounds.resize(prepared.models.size());
  if (plan.models.empty()) // nothing to choose
    for (const auto& model : prepared.models) plan.models.push_back({.model = model});

  parts.key = key;
  parts.sending.target = std::move(goal.target);
  const bool several = prepared.models.size() > 1;
  parts.sending.body = std::make_shared<const std::string>(several ? prepared.body_of(0) : std::move(prepared).body_of(0));
  if (several) parts.prepared = std::make_unique<const wire::Prepared>(std::move(prepared));

  auto running = std::make_shared<ActiveCall>(*this, id, box, std::move(plan), std::move(parts));
  const bool posted = loop_->post([this, id, running = std::move(running)] {
    calls_.emplace(id, running);
    running->start();
    if (stopping_) running->cancel();
  });
  if (!posted) box->close();
}

void Engine::fetch_models(HttpGet::Done done, HttpGet::Late late) {
  const Key* key = nullptr;
  if (settings_.server != Keys::Server::openrouter)
    if (const auto chosen = settings_.keys.choose("", settings_.server)) key = *chosen;
  auto shared = std::make_shared<HttpGet::Done>(std::move(done)); // of which one half may be dropped
  const auto answer = [shared](HttpGet::Response got) { (*shared)(std::move(got)); };
  if (!loop_->post([this, key, answer, late = std::move(late)] { fetch("/models", key, answer, late); })) answer({});
}

void Engine::fetch(const std::string& path, const Key* key, HttpGet::Done done, HttpGet::Late late) {
  if (stopping_) return done({});
  std::vector<std::string> headers{"Accept: application/json", "User-Agent: wayfare/" WAYFARE_VERSION};
  if (key) headers.push_back("Authorization: Bearer " + key->text);
  const std::int64_t number = ++last_fetch_;
  auto& fetch = fetches_[number] = std::make_unique<HttpGet>(
      *loop_, http_,
      [this, number, done = std::move(done)](HttpGet::Response answer) {
        fetched_.push_back(number);
        done(std::move(answer));
      },
      std::move(late));
  fetch->start({std::make_shared<const io::Target>(settings_.base_url + path, headers), nullptr});
}

void Engine::reconcile(Reconciler::Done done) {
  loop_->post([this, done = std::move(done)] { reconciler_.reconcile(done); });
}

void Engine::at(std::int64_t monotonic_us, std::function<void()> then) {
  loop_->post([this, monotonic_us, then = std::move(then)] { loop_->at(monotonic_us, then); });
}

static std::string charge_of(const Reservation& r) {
  std::string all;
  const auto add = [&](const std::string& one) { all.append(one).push_back('\0'); };
  for (const std::string* one : {&r.charge_to.app, &r.charge_to.agent, &r.charge_to.user, &r.charge_to.run, &r.model, &r.origin->key})
    add(*one);
  for (const std::string& tag : r.charge_to.tags) add(tag);
  return all;
}

bool Engine::guesses_guarded(const Reservation& reservation) const {
  return !guarded_.empty() && guarded_.contains(charge_of(reservation));
}

void Engine::was_guarded(const Reservation& reservation, bool hard) {
  constexpr std::size_t most = 10'000;
  if (!hard && guarded_.empty()) return;
  if (guarded_.size() >= most) guarded_.clear();
  if (hard)
    guarded_.insert(charge_of(reservation));
  else
    guarded_.erase(charge_of(reservation));
}

void Engine::with(std::int64_t id, void (ActiveCall::*then)()) {
  if (const auto known = calls_.find(id); known != calls_.end()) ((*known->second).*then)();
}
void Engine::cancel(std::int64_t id) {
  loop_->post([this, id] { with(id, &ActiveCall::cancel); });
}
void Engine::resume(std::int64_t id) {
  loop_->post([this, id] { with(id, &ActiveCall::resume); });
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
    if (const auto box = std::exchange(listed_, nullptr)) box->tell();
    for (const std::int64_t id : std::exchange(noting_, {})) with(id, &ActiveCall::note);
    ledger_->go();
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
