#include "engine/engine.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <string_view>
#include <utility>

#include "os/clock.hpp"

namespace wayfare {

namespace {

call::Micros micros(std::chrono::milliseconds time) {
  return std::chrono::microseconds(time).count();
}

std::optional<call::Micros> wait_of(const Route& route, bool waits) {
  constexpr std::chrono::milliseconds most = std::chrono::seconds(60);
  if (!waits) return std::nullopt;
  return micros(route.budget_wait.value_or(most));
}

// Whether the request has a header with this name.
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

Engine::Engine(std::shared_ptr<const Settings> settings, std::shared_ptr<ledger::Ledger> ledger,
               std::shared_ptr<WatchBoxes> boxes)
    : state_(std::move(settings), std::move(ledger), std::move(boxes)),
      reconciler_(
          state_.loop, state_.ledger, state_.settings,
          [this](const Server& server, const std::string& path, const Key* key,
                 HttpGet::Done done) {
            get({server, path, key, EngineState::at_once_max}, std::move(done), {});
          },
          state_.watchers) {}

void Engine::run(const std::shared_ptr<Engine>& engine,
                 std::shared_ptr<const ListsOfServers> lists) {
  engine->state_.lists = std::move(lists);
  engine->state_.loop->post([raw = engine.get()] { raw->reconciler_.start(); });
  engine->worker_.start(os::RestOrder::engines, engine);
}

Engine::Goal Engine::goal_of(const Outgoing& call, const OutgoingAt& at) {
  const bool streamed = at.planner->streamed();
  const auto make = [&] {
    const Server& server = at.planner->server();
    const std::string path(call.endpoint->path);
    return Goal{
        std::make_shared<const io::Target>(
            server.base_url + "/" + path,
            headers_of(state_.settings, call.request, streamed, at.key)),
        std::make_shared<const Origin>(Origin{
            server.base_url, path, at.key ? at.key->fingerprint : std::string(), server.looks_up})};
  };
  if (!call.request.headers.empty()) return make();
  std::lock_guard lock(goals_mutex_);
  Goal& known = goals_[{call.endpoint, at.number, at.key, streamed}];
  if (!known.target) known = make();
  return known;
}

namespace {

call::Plan plan_of(const Options& options, const Uid& uid, Outgoing& call) {
  const Route& route = call.first().route();
  call::Plan plan{.uid = uid,
                  .models = std::move(call.planned.choices),
                  .request_id = std::move(call.request.request_id),
                  .agent_version = call.agent_version,
                  .selection = std::move(call.planned.selection),
                  .warnings = call.first().odd_names(),
                  .endpoint = call.endpoint,
                  .streamed = call.first().streamed(),
                  .servers = {},
                  .budget_wait_us = wait_of(route, route.on_budget == OnBudget::wait),
                  .rate_wait_us = wait_of(route, route.on_rate_limit == OnRateLimit::wait),
                  .retries = route.retries.value_or(options.retries),
                  .max_cost = route.max_cost,
                  .cooldown = route.cooldown.value_or(OnCooldown::skip),
                  .waited_us = os::monotonic_us() - call.since_us,
                  .deadline_us = micros(route.deadline.value_or(options.deadline)),
                  .first_byte_us = micros(options.first_byte_timeout),
                  .idle_us = micros(options.idle_timeout),
                  .content_us = micros(options.content_timeout),
                  .pin = route.pin.value_or(false)};
  std::ranges::move(call.warnings, std::back_inserter(plan.warnings));
  for (OutgoingAt& at : call.servers)
    plan.servers.push_back(
        {.name = route.servers.empty() ? std::string() : at.planner->server().name,
         .tells_cost = at.planner->server().tells_cost,
         .has_one_price = at.planner->server().price.has_value(),
         .catalogue = std::move(at.catalogue),
         .names_are_sure = at.planner->names_are_sure()});
  return plan;
}

} // namespace

void Engine::start(std::int64_t id, std::shared_ptr<Mailbox> box, Outgoing call) {
  auto reservation = std::make_shared<Reservation>();
  reservation->uid = reservation->call =
      Uid::make(static_cast<std::uint64_t>(os::wall_us()) / 1000, os::chance());
  ActiveCall::Parts parts;
  for (const OutgoingAt& at : call.servers) {
    Goal goal = goal_of(call, at);
    parts.servers.push_back(
        {at.number, at.planner, std::move(goal.target), std::move(goal.origin), at.key});
  }
  reservation->charge_to = std::move(call.request.charge_to);
  reservation->origin = parts.servers.front().origin;
  reservation->request_id = call.request.request_id;
  reservation->agent_version = call.agent_version;
  reservation->decision = std::move(call.planned.decision);
  parts.waits = call.first().route().on_budget == OnBudget::wait;
  parts.is_profile_old = call.is_profile_old;
  parts.again = std::move(call.again);
  call::Plan plan = plan_of(state_.settings.options, reservation->uid, call);
  plan.scratch = state_.scratch;
  parts.reservation = std::move(reservation);
  const std::size_t first = plan.models.front().server;
  parts.body = call.servers[first].planner->body_of(plan.models.front(), std::move(call.source));

  auto running = std::make_shared<ActiveCall>(state_, id, box, std::move(plan), std::move(parts));
  const bool posted = state_.loop->post([this, id, box, running = std::move(running)] {
    state_.calls.insert_or_assign(id, running);
    running->start();
    if (stopping_ || box->is_cancelled()) running->cancel();
  });
  if (!posted) box->close();
}

void Engine::fetch(const std::weak_ptr<Engine>& engine, const Server& server,
                   const std::string& path, const Key* key, const ListAnswer& answer,
                   ListLate late) {
  const auto alive = engine.lock();
  if (!alive) return answer({});
  alive->ask(
      server, path, key,
      [answer](HttpGet::Response got) {
        answer({got.status, std::move(got.head.cache_control), std::move(got.body)});
      },
      std::move(late));
}

void Engine::ask(const Server& server, const std::string& path, const Key* key, HttpGet::Done done,
                 HttpGet::Late late) {
  // Shared, because post() may drop the task that has a copy.
  auto shared = std::make_shared<HttpGet::Done>(std::move(done));
  const auto answer = [shared](HttpGet::Response got) { (*shared)(std::move(got)); };
  if (!state_.loop->post([this, what = Asked{server, path, key}, answer, late = std::move(late)] {
        get(what, answer, late);
      }))
    answer({});
}

void Engine::get(const Asked& asked, HttpGet::Done done, HttpGet::Late late) {
  if (stopping_) return done({});
  std::vector<std::string> headers{"Accept: application/json",
                                   "User-Agent: wayfare/" WAYFARE_VERSION};
  if (asked.key) headers.push_back("Authorization: Bearer " + asked.key->text);
  const std::int64_t number = ++last_get_;
  auto& get = gets_[number] = std::make_unique<HttpGet>(
      *state_.loop, state_.http, asked.size_max,
      [this, number, done = std::move(done)](HttpGet::Response answer) {
        got_.push_back(number);
        // Before anything of it is read or kept.
        const auto give = [done, settings = state_.shared_settings](HttpGet::Response& got) {
          settings->keys.hide(got.body);
          done(std::move(got));
        };
        const std::size_t size = answer.body.size();
        if (size <= EngineState::at_once_max) return give(answer);
        state_.aside(size).run(
            [give, got = std::make_shared<HttpGet::Response>(std::move(answer))] { give(*got); });
      },
      std::move(late));
  get->start(
      {std::make_shared<const io::Target>(asked.server.base_url + asked.path, headers), nullptr});
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
    // ends the wait of the loop, so that is_finished() is checked
    state_.loop->at(os::monotonic_us() + left.count(), [] {});
  });
  deadline += std::chrono::milliseconds(200);
  const bool ended = worker_.stop(deadline);
  for (const auto& aside : {state_.soon, state_.late}) aside->close(deadline);
  return ended;
}

// ---- The thread. It rests for a fork only between two steps. So it holds no lock of libcurl or of
// the TLS library while the process forks.

void Engine::step() {
  state_.loop->turn();
  if (const auto box = std::exchange(state_.listed, nullptr)) box->tell();
  for (const std::int64_t id : std::exchange(state_.noting, {}))
    state_.with(id, [](ActiveCall& call) { call.note(); });
  state_.ledger->wake_writer();
  for (const std::int64_t id : std::exchange(state_.finished, {}))
    // A call that began anew has the same id.
    if (const auto known = state_.calls.find(id);
        known != state_.calls.end() && known->second->is_finished())
      state_.calls.erase(known);
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
