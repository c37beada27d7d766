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
constexpr std::size_t body_max = std::size_t{1} << 20;

ledger::Asker asker_of(const Settings& settings) {
  ledger::Asker asker{settings.server.base_url, settings.keys.fingerprints()};
  if (settings.server.keys == KeyRule::optional)
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
      watchers_(watchers),
      asker_(asker_of(settings)) {}

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
    look();
  });
}

void Reconciler::look() {
  ledger_->next_lookup(
      asker_, on_loop<std::optional<std::int64_t>>([this](Result<std::optional<std::int64_t>> due) {
        if (pass_) return;
        const std::int64_t left = due && *due ? **due - os::wall_us() : rest_us;
        if (left <= 0)
          begin();
        else
          look_at(os::monotonic_us() + std::clamp(left, second_us, rest_us));
      }));
}

void Reconciler::begin() {
  pass_ = std::make_unique<Pass>();
  pass_->done = std::exchange(waiting_, {});
  pass_->all = !pass_->done.empty();
  take();
}

void Reconciler::take() {
  ledger_->take_lookups(
      asker_, pass_->all, pass_->after, at_once,
      on_loop<std::vector<ledger::Lookup>>([this](Result<std::vector<ledger::Lookup>> taken) {
        if (!taken) pass_->trouble = taken.error().message;
        if (!taken || taken->empty()) return give_up_old();
        pass_->after = taken->back().uid;
        pass_->open = static_cast<int>(taken->size());
        for (const ledger::Lookup& lookup : *taken) ask(lookup);
      }));
}

void Reconciler::ask(const ledger::Lookup& lookup) {
  ++pass_->sum.looked_up;
  get_("/generation?id=" + io::escape(lookup.generation_id),
       settings_.keys.of_fingerprint(lookup.key),
       [this, lookup](const HttpGet::Response& answer) { answered(lookup, answer); });
}

void Reconciler::answered(const ledger::Lookup& lookup, const HttpGet::Response& answer) {
  auto told = answer.status == 200 && answer.body.size() <= body_max
                  ? wire::generation_of(answer.body, lookup.generation_id)
                  : std::nullopt;
  if (!told && answer.status != 404) { // a server that fails for one attempt will fail for the next
    if (answer.status != 200)
      pass_->trouble = answer.status == 0 ? "the server did not answer"
                                          : "the server answered " + std::to_string(answer.status);
    return one_less();
  }
  ledger_->end_lookup(
      lookup.uid, std::move(told),
      on_loop<ledger::LookupResult>([this, uid = lookup.uid](Result<ledger::LookupResult> outcome) {
        if (outcome)
          looked_up(uid, *outcome);
        else
          pass_->trouble = outcome.error().message;
        one_less();
      }));
}

void Reconciler::looked_up(const std::string& uid, const ledger::LookupResult& outcome) {
  pass_->sum.settled += outcome.settled;
  pass_->sum.given_up += outcome.given_up;
  pass_->sum.cost = sum_of(pass_->sum.cost, outcome.cost);
  pass_->sum.charged = sum_of(pass_->sum.charged, outcome.charged);
  const bool is_settled = outcome.settled > 0;
  if (!watchers_.any() || (!is_settled && outcome.given_up == 0)) return;
  watchers_.tell({.type = NoticeType::looked_up,
                  .entry = uid,
                  .state = is_settled ? State::settled : State::unknown,
                  .cost = is_settled ? std::optional(outcome.cost) : std::nullopt});
  watchers_.look_for_crossings();
}

void Reconciler::one_less() {
  if (--pass_->open > 0) return;
  if (pass_->trouble)
    give_up_old();
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
