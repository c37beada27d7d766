#include "engine/engine.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "os/clock.hpp"

namespace wayfare {

namespace {

constexpr const char* chat_endpoint = "chat/completions"; // below the base URL

call::Micros micros(std::chrono::milliseconds time) {
  return std::chrono::microseconds(time).count();
}

// Whether the call has such a header of its own.
bool has_header(const Request& request, std::string_view name) {
  const auto same = [](unsigned char a, unsigned char b) {
    return std::tolower(a) == std::tolower(b);
  };
  return std::ranges::any_of(request.headers, [&](const auto& header) {
    return std::ranges::equal(header.first, name, same);
  });
}

std::vector<std::string> headers_of(const Settings& settings, const Request& request, bool streamed,
                                    const Key* key) {
  std::vector<std::string> headers{
      "Content-Type: application/json", "Expect:", "User-Agent: wayfare/" WAYFARE_VERSION,
      streamed ? "Accept: text/event-stream" : "Accept: application/json"};
  if (key) headers.push_back("Authorization: Bearer " + key->text);
  for (const auto& [name, value] : settings.app_headers) {
    const bool has_old_name = name == "X-OpenRouter-Title" && has_header(request, "X-Title");
    if (!has_old_name && !has_header(request, name)) headers.push_back(name + ": " + value);
  }
  for (const auto& [name, value] : request.headers)
    headers.push_back(value.empty() ? name + ";" : name + ": " + value);
  return headers;
}

} // namespace

Engine::Engine(std::shared_ptr<const Settings> settings, std::shared_ptr<ledger::Ledger> ledger)
    : state_(std::move(settings), std::move(ledger)),
      reconciler_(state_.loop, state_.ledger, state_.settings,
                  [this](const std::string& path, const Key* key, HttpGet::Done done) {
                    get(path, key, std::move(done), {});
                  }) {}

void Engine::run(const std::shared_ptr<Engine>& engine, std::shared_ptr<ModelSource> models) {
  engine->state_.models = std::move(models);
  engine->state_.loop->post([raw = engine.get()] { raw->reconciler_.start(); });
  engine->worker_.start(os::RestOrder::engines, engine);
}

Engine::Goal Engine::goal_of(const Request& request, bool streamed, const Key* key) {
  const auto make = [&] {
    const std::string& server = state_.settings.base_url;
    return Goal{
        std::make_shared<const io::Target>(server + "/" + chat_endpoint,
                                           headers_of(state_.settings, request, streamed, key)),
        std::make_shared<const Origin>(
            Origin{server, chat_endpoint, key ? key->fingerprint : std::string()})};
  };
  if (!request.headers.empty()) return make();
  std::lock_guard lock(goals_mutex_);
  Goal& known = goals_[{key, streamed}];
  if (!known.target) known = make(); // there is one endpoint
  return known;
}

void Engine::start(std::int64_t id, std::shared_ptr<Mailbox> box, Request request,
                   wire::Prepared prepared, Routed routed, const Key* key, std::int64_t since_us) {
  Goal goal = goal_of(request, prepared.streamed, key);
  auto reservation = std::make_shared<Reservation>();
  reservation->uid = reservation->call =
      Uid::make(static_cast<std::uint64_t>(os::wall_us()) / 1000, os::chance());
  reservation->charge_to = std::move(request.charge_to);
  reservation->model = prepared.models.front();
  reservation->origin = std::move(goal.origin);
  reservation->request_id = request.request_id;
  if (!routed.choices.empty()) reservation->bound = routed.choices.front().bound;
  reservation->unjudged = !reservation->bound;

  call::Plan plan{
      .uid = reservation->uid,
      .request_id = std::move(request.request_id),
      .added = std::move(prepared.added),
      .streamed = prepared.streamed,
      .openrouter = state_.settings.openrouter,
      .scratch = state_.scratch,
      .retries = request.route.retries.value_or(state_.settings.options.retries),
      .max_cost = request.route.max_cost,
      .waited_us = os::monotonic_us() - since_us,
      .deadline_us = micros(request.route.deadline.value_or(state_.settings.options.deadline)),
      .first_byte_us = micros(state_.settings.options.first_byte_timeout),
      .idle_us = micros(state_.settings.options.idle_timeout)};
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
  parts.sending.body = std::make_shared<const std::string>(
      several ? prepared.body_of(0) : std::move(prepared).body_of(0));
  if (several) parts.prepared = std::make_unique<const wire::Prepared>(std::move(prepared));

  auto running = std::make_shared<ActiveCall>(state_, id, box, std::move(plan), std::move(parts));
  const bool posted = state_.loop->post([this, id, running = std::move(running)] {
    state_.calls.emplace(id, running);
    running->start();
    if (stopping_) running->cancel();
  });
  if (!posted) box->close();
}

void Engine::fetch_models(HttpGet::Done done, HttpGet::Late late) {
  const Key* key = nullptr;
  if (state_.settings.server != Keys::Server::openrouter)
    if (const auto chosen = state_.settings.keys.choose("", state_.settings.server)) key = *chosen;
  // of which one half may be dropped
  auto shared = std::make_shared<HttpGet::Done>(std::move(done));
  const auto answer = [shared](HttpGet::Response got) { (*shared)(std::move(got)); };
  if (!state_.loop->post(
          [this, key, answer, late = std::move(late)] { get("/models", key, answer, late); }))
    answer({});
}

void Engine::get(const std::string& path, const Key* key, HttpGet::Done done, HttpGet::Late late) {
  if (stopping_) return done({});
  std::vector<std::string> headers{"Accept: application/json",
                                   "User-Agent: wayfare/" WAYFARE_VERSION};
  if (key) headers.push_back("Authorization: Bearer " + key->text);
  const std::int64_t number = ++last_get_;
  auto& get = gets_[number] = std::make_unique<HttpGet>(
      *state_.loop, state_.http,
      [this, number, done = std::move(done)](HttpGet::Response answer) {
        got_.push_back(number);
        done(std::move(answer));
      },
      std::move(late));
  get->start(
      {std::make_shared<const io::Target>(state_.settings.base_url + path, headers), nullptr});
}

void Engine::reconcile(Reconciler::Done done) {
  state_.loop->post([this, done = std::move(done)] { reconciler_.reconcile(done); });
}

void Engine::at(std::int64_t monotonic_us, std::function<void()> then) {
  state_.loop->post(
      [this, monotonic_us, then = std::move(then)] { state_.loop->at(monotonic_us, then); });
}

void Engine::cancel(std::int64_t id) {
  state_.loop->post([this, id] { state_.with(id, [](ActiveCall& call) { call.cancel(); }); });
}
void Engine::resume(std::int64_t id) {
  state_.loop->post([this, id] { state_.with(id, [](ActiveCall& call) { call.resume(); }); });
}

bool Engine::stop(std::chrono::steady_clock::time_point deadline) {
  state_.loop->post([this, deadline] {
    stopping_ = true;
    give_up_at_ = deadline;
    for (auto& [id, call] : state_.calls) call->cancel();
    for (auto& [number, get] : gets_) get->give_up();
    const auto left = std::chrono::duration_cast<std::chrono::microseconds>(
        deadline - std::chrono::steady_clock::now());
    state_.loop->at(os::monotonic_us() + left.count(), [] {}); // to look at the time
  });
  return worker_.stop(deadline + std::chrono::milliseconds(200));
}

// ---- The thread. It rests between two steps: no lock of libcurl's or of the TLS library's is held
// while the process forks.

void Engine::step() {
  state_.loop->turn();
  if (const auto box = std::exchange(state_.listed, nullptr)) box->tell();
  for (const std::int64_t id : std::exchange(state_.noting, {}))
    state_.with(id, [](ActiveCall& call) { call.note(); });
  state_.ledger->wake_writer();
  for (const std::int64_t id : std::exchange(state_.finished, {})) state_.calls.erase(id);
  for (const std::int64_t number : std::exchange(got_, {})) gets_.erase(number);
}

bool Engine::is_finished() {
  return stopping_ && (state_.calls.empty() || std::chrono::steady_clock::now() >= give_up_at_);
}

void Engine::leave() noexcept {
  state_.loop->close();
  state_.calls.clear();
  gets_.clear();
}

} // namespace wayfare
