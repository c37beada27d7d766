#include "engine/reconciler.hpp"

#include <algorithm>
#include <utility>

#include "io/url.hpp"
#include "os/clock.hpp"
#include "values/sums.hpp"
#include "wire/generation.hpp"

namespace wayfare {

namespace {

constexpr std::int64_t second_us = 1'000'000;
// looks this often, because attempts of other processes become unknown too
constexpr std::int64_t rest_us = 30 * second_us;
constexpr int at_once = 8; // the most lookups at the same time

ledger::Asker asker_of(const Settings& settings, const Server& server) {
  ledger::Asker asker{server.base_url, settings.keys.fingerprints()};
  if (server.keys == KeyRule::optional)
    asker.keys.emplace_back(); // asks for calls without a key too
  return asker;
}

} // namespace

Reconciler::Reconciler(std::shared_ptr<io::Loop> loop, std::shared_ptr<ledger::Ledger> ledger,
                       const Settings& settings, Get get, Watchers& watchers)
    : loop_(std::move(loop)),
      ledger_(std::move(ledger)),
      settings_(settings),
      get_(std::move(get)),
      watchers_(watchers) {
  for (const Server& server : settings.servers)
    if (servers_.empty() || server.looks_up)
      servers_.push_back({server, asker_of(settings, server)});
}

Reconciler::~Reconciler() {
  if (timer_) loop_->drop(*timer_);
}

void Reconciler::start() { look_at(os::monotonic_us() + second_us); }

void Reconciler::reconcile(Done done) {
  waiting_.push_back(std::move(done));
  if (!pass_) begin();
}

template <class T>
std::function<void(Result<T>)> Reconciler::on_loop(std::function<void(Result<T>)> then) {
  return [loop = loop_, then = std::move(then)](Result<T> result) {
    loop->post([then, result = std::move(result)] { then(result); });
  };
}

void Reconciler::look_at(std::int64_t monotonic_us) {
  if (timer_) loop_->drop(*timer_);
  timer_ = loop_->at(monotonic_us, [this] {
    timer_.reset();
    look(0, std::nullopt);
  });
}

// Finds the earliest time at which an attempt at one of the servers is looked up.
void Reconciler::look(std::size_t server, std::optional<std::int64_t> earliest_us) {
  if (server < servers_.size())
    return ledger_->next_lookup(
        servers_[server].asker,
        on_loop<std::optional<std::int64_t>>(
            [this, server, earliest_us](const Result<std::optional<std::int64_t>>& due) {
              auto earliest = earliest_us;
              if (due && *due && (!earliest || **due < *earliest)) earliest = *due;
              look(server + 1, earliest);
            }));
  if (pass_) return;
  const std::int64_t left = earliest_us ? *earliest_us - os::wall_us() : rest_us;
  if (left <= 0)
    begin();
  else
    look_at(os::monotonic_us() + std::clamp(left, second_us, rest_us));
}

void Reconciler::begin() {
  pass_ = std::make_unique<Pass>();
  pass_->done = std::exchange(waiting_, {});
  pass_->all = !pass_->done.empty();
  take();
}

void Reconciler::take() {
  ledger_->take_lookups(
      servers_[pass_->server].asker, pass_->all, pass_->after, at_once,
      on_loop<std::vector<ledger::Lookup>>([this](Result<std::vector<ledger::Lookup>> taken) {
        if (!taken) fail(taken.error().message);
        if (!taken || taken->empty()) return leave_server();
        pass_->after = taken->back().uid;
        pass_->open = static_cast<int>(taken->size());
        for (const ledger::Lookup& lookup : *taken) ask(lookup);
      }));
}

void Reconciler::fail(std::string trouble) {
  pass_->failed = true;
  pass_->trouble = std::move(trouble);
}

void Reconciler::leave_server() {
  if (++pass_->server == servers_.size()) return give_up_old();
  pass_->failed = false;
  pass_->after.clear();
  take();
}

void Reconciler::ask(const ledger::Lookup& lookup) {
  ++pass_->sum.looked_up;
  get_(servers_[pass_->server].server, "/generation?id=" + io::escape(lookup.generation_id),
       settings_.keys.of_fingerprint(lookup.key),
       [this, lookup](const HttpGet::Response& answer) { answered(lookup, answer); });
}

void Reconciler::answered(const ledger::Lookup& lookup, const HttpGet::Response& answer) {
  auto told =
      answer.status == 200 ? wire::generation_of(answer.body, lookup.generation_id) : std::nullopt;
  if (!told && answer.status != 404) { // a server that fails for one attempt will fail for the next
    if (answer.status != 200)
      fail(answer.status == 0 ? "the server did not answer"
                              : "the server answered " + std::to_string(answer.status));
    return one_less();
  }
  ledger_->end_lookup(
      lookup.uid, std::move(told),
      on_loop<ledger::LookupResult>([this, uid = lookup.uid](Result<ledger::LookupResult> outcome) {
        if (outcome)
          looked_up(uid, *outcome);
        else
          fail(outcome.error().message);
        one_less();
      }));
}

void Reconciler::looked_up(const std::string& uid, const ledger::LookupResult& outcome) {
  pass_->sum.settled += outcome.settled;
  pass_->sum.given_up += outcome.given_up;
  pass_->sum.cost = sum_of(pass_->sum.cost, outcome.cost);
  pass_->sum.charged = sum_of(pass_->sum.charged, outcome.charged);
  const bool is_settled = outcome.settled > 0;
  if (!watchers_.any_of_ledger() || (!is_settled && outcome.given_up == 0)) return;
  watchers_.tell_of_ledger({.type = NoticeType::looked_up,
                            .base_url = servers_[pass_->server].server.base_url,
                            .entry = uid,
                            .state = is_settled ? State::settled : State::unknown,
                            .cost = is_settled ? std::optional(outcome.cost) : std::nullopt});
  watchers_.of_ledger().look();
}

void Reconciler::one_less() {
  if (--pass_->open > 0) return;
  if (pass_->failed)
    leave_server();
  else
    take();
}

void Reconciler::give_up_old() {
  ledger_->give_up_old(on_loop<ledger::LookupResult>([this](Result<ledger::LookupResult> outcome) {
    if (outcome) {
      pass_->sum.given_up += outcome->given_up;
      pass_->sum.charged = sum_of(pass_->sum.charged, outcome->charged);
      pass_->sum.unknown = outcome->unknown;
      if (outcome->more) return give_up_old();
    } else {
      pass_->trouble = outcome.error().message;
    }
    end();
  }));
}

void Reconciler::end() {
  const auto pass = std::exchange(pass_, nullptr);
  pass->sum.trouble = pass->trouble.value_or("");
  pass->sum.saturated = is_saturated(pass->sum.cost) || is_saturated(pass->sum.charged);
  for (const Done& done : pass->done) done(pass->sum);
  if (!waiting_.empty()) return begin();
  look_at(os::monotonic_us() + (pass->trouble ? rest_us : second_us));
}

} // namespace wayfare
