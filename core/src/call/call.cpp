#include "call/call.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "call/cooldown_text.hpp"
#include "values/sums.hpp"
#include "wire/metadata.hpp"

namespace wayfare::call {

namespace {

constexpr std::ptrdiff_t held_max = 16; // the most events that wait for content

std::uint64_t time_of(const Uid& uid) {
  std::uint64_t ms = 0;
  for (std::size_t at = 0; at < 6; ++at) ms = ms << 8 | uid.bytes[at];
  return ms;
}

} // namespace

Call::Call(Plan plan)
    : plan_(std::move(plan)),
      models_(plan_.models),
      chance_(plan_.uid),
      retries_(plan_.retries),
      selection_(plan_.selection),
      limited_(plan_.max_cost.has_value()) {}

void Call::start(Micros now, Actions& actions) {
  begun_ = now - plan_.waited_us;
  if (!affords(models_.front()))
    return finish(
        std::make_unique<Error>(
            Error{.code = Code::max_cost,
                  .message = "the call can cost up to " + models_.front().bound->text() +
                             " USD, and route.max_cost is " + plan_.max_cost->text() +
                             "; nothing was sent",
                  .advice = "raise max_cost, ask for fewer max_tokens, or take a cheaper model"}),
        nullptr, actions);
  begin(now, actions);
}

// Whether the amount spent and the bound of this attempt together stay within max_cost.
bool Call::affords(const Choice& choice) const {
  if (!plan_.max_cost || !choice.bound) return true;
  return *choice.bound <= difference_of(*plan_.max_cost, spent_);
}

void Call::begin(Micros now, Actions& actions) {
  Uid uid = plan_.uid;
  if (!attempts_.empty()) {
    std::array<std::uint8_t, 10> chance{};
    for (std::uint8_t& byte : chance) byte = static_cast<std::uint8_t>(chance_.next());
    uid = Uid::make(
        time_of(plan_.uid) + static_cast<std::uint64_t>((now - begun_ - plan_.waited_us) / 1000),
        chance);
  }
  const PlannedServer& server = plan_.servers[models_[at_].server];
  attempt_.emplace(Attempt::Plan{.uid = uid,
                                 .model = models_[at_].model,
                                 .prices = models_[at_].prices,
                                 .has_one_price = server.has_one_price,
                                 .endpoint = plan_.endpoint,
                                 .streamed = plan_.streamed,
                                 .tells_cost = server.tells_cost,
                                 .has_other_servers = plan_.servers.size() > 1,
                                 .scratch = plan_.scratch,
                                 .begun = begun_,
                                 .deadline_us = plan_.deadline_us,
                                 .first_byte_us = plan_.first_byte_us,
                                 .idle_us = plan_.idle_us,
                                 .content_us = plan_.content_us,
                                 .other_names = models_[at_].other_names,
                                 .catalogue = server.catalogue,
                                 .names_are_sure = server.names_are_sure,
                                 .pin = plan_.pin});
  plans_ = 1;
  attempt_->start(now, actions);
  ask(actions);
}

std::size_t Call::next_choice(bool leaves_server) const {
  std::size_t next = at_ + 1;
  if (leaves_server)
    while (next < models_.size() && models_[next].server == models_[at_].server) ++next;
  return next;
}

// Whether another model may be tried after this one.
bool Call::has_next() const { return at_ + 1 < models_.size() && affords(models_[at_ + 1]); }

void Call::ask(Actions& actions) {
  const bool skips = plan_.cooldown == OnCooldown::skip && has_next();
  actions.reserve = Actions::Reserve{.uid = attempt_->uid(),
                                     .skip_cooling = skips || plan_.cooldown == OnCooldown::refuse};
}

// Passes an input to the attempt and handles its result.
template <class Input>
void Call::relay(Micros now, Actions& actions, Input input) {
  if (!attempt_) return;
  input(*attempt_);
  if (told_) return; // only the booking is still missing
  if (!attempt_->has_content()) {
    std::ranges::move(actions.events, std::back_inserter(held_));
    actions.events.clear();
    // All of them tell usage, and the last one counts.
    if (std::ssize(held_) > held_max) held_.erase(held_.begin(), held_.end() - held_max);
  } else if (!held_.empty()) {
    actions.events.insert(actions.events.begin(), std::make_move_iterator(held_.begin()),
                          std::make_move_iterator(held_.end()));
    held_.clear();
  }
  if (attempt_->told()) conclude(now, actions);
}

void Call::conclude(Micros now, Actions& actions) {
  Attempt::Result result = attempt_->take_result();
  const Choice& choice = models_[at_];
  if (result.reply) // an attempt without a reply has no entry: nothing was reserved
    attempts_.push_back({.entry = attempt_->uid().text(),
                         .server = plan_.servers[choice.server].name,
                         .model = choice.model,
                         .error = result.error ? result.error->code : Code::ok,
                         .status = result.error ? result.error->status : result.reply->status,
                         .state = result.state,
                         .cost = result.reply->cost,
                         .waited_us = waited_});
  if (!result.error) return finish(nullptr, std::move(result.reply), actions);

  const std::vector<std::string> blamed =
      result.reply ? refused_additions(*result.error, result.reply->raw, choice.added)
                   : std::vector<std::string>();
  tell_refused(blamed, choice, *result.error);
  const bool usage_refused =
      !usage_refused_ && std::ranges::find(blamed, wire::usage_options) != blamed.end();
  const std::size_t other_server = next_choice(true);
  const bool none_left = leaves_none(*result.error, choice);
  const Left left{.model = at_ + 1 < models_.size(),
                  .server = other_server < models_.size(),
                  .retries = retries_,
                  .waits = waits_,
                  .limited = limited_,
                  .answered = result.reply && !result.reply->finish_reason.empty() &&
                              result.reply->finish_reason != "error",
                  .refused_addition = usage_refused || none_left,
                  .time = begun_ + plan_.deadline_us - now};
  const Step step =
      decide(*result.error, result.state, attempt_->has_content(), left, chance_.next());
  if (result.state != State::voided && choice.bound)
    spent_ = sum_of(spent_, result.reply->cost ? *result.reply->cost : *choice.bound);
  const bool next = step.kind == Step::Kind::next || step.kind == Step::Kind::next_server;
  const std::size_t then =
      step.kind == Step::Kind::next_server ? other_server : at_ + (next ? 1 : 0);
  if (step.kind == Step::Kind::give_up || !affords(models_[then]))
    return finish(std::move(result.error), std::move(result.reply), actions);

  held_.clear();
  last_error_ = std::move(result.error);
  last_reply_ = std::move(result.reply);
  waited_ = step.wait;
  at_ = then;
  actions.notices.push_back({.type = next ? NoticeType::fallback : NoticeType::retry,
                             .entry = attempt_->uid().text(),
                             .request_id = plan_.request_id,
                             .model = models_[at_].model,
                             .error = last_error_->code,
                             .status = last_error_->status,
                             .wait_us = step.wait});
  if (step.kind == Step::Kind::without_addition) {
    if (usage_refused) leave_usage_out();
    if (none_left) leave_no_provider_out();
  } else if (!next) {
    --retries_;
    ++waits_;
  }
  if (step.wait == 0) return begin(now, actions);
  attempt_.reset();
  wait_until_ = actions.wake_at = now + step.wait;
}

void Call::finish(std::unique_ptr<Error> error, std::unique_ptr<Reply> reply, Actions& actions) {
  told_ = true;
  end_wait(actions);
  std::ranges::move(held_, std::back_inserter(actions.events));
  held_.clear();
  // the reply of the previous attempt
  if (!reply && !attempts_.empty()) reply = std::move(last_reply_);
  std::shared_ptr<const Reply> shared;
  if (reply) {
    reply->request_id = plan_.request_id;
    reply->agent_version = plan_.agent_version;
    reply->added = std::move(added_);
    reply->selection = selection_;
    reply->warnings.insert(reply->warnings.begin(), warnings_.begin(), warnings_.end());
    reply->warnings.insert(reply->warnings.begin(), skipped_.begin(), skipped_.end());
    reply->warnings.insert(reply->warnings.begin(), plan_.warnings.begin(), plan_.warnings.end());
    warn_of_usage(error != nullptr, *reply);
    reply->attempts = std::move(attempts_);
    reply->metadata = wire::metadata_of(*reply);
    shared = std::move(reply);
  }
  if (!error) {
    actions.events.push_back({.type = EventType::done, .reply = std::move(shared)});
    return;
  }
  if (shared && shared->attempts.size() > 1)
    error->message += " (attempt " + std::to_string(shared->attempts.size()) + ")";
  error->reply = std::move(shared);
  actions.events.push_back(
      {.type = EventType::error, .error = std::make_shared<const Error>(std::move(*error))});
}

void Call::reserved(Micros now, bool hard, Actions& actions, std::vector<std::string> warnings) {
  const Choice& choice = models_[at_];
  warnings_ = std::move(warnings);
  warnings_.insert(warnings_.end(), choice.warnings.begin(), choice.warnings.end());
  for (const std::string& name : choice.added)
    if (std::ranges::find(added_, name) == added_.end()) added_.push_back(name);
  limited_ = limited_ || hard;
  end_wait(actions);
  relay(now, actions, [&](Attempt& attempt) { attempt.reserved(now, actions); });
}

bool Call::plan_again(Micros now, Actions& actions) {
  if (attempt_ && attempt_->is_reserving() && plans_++ < plans_max) return true;
  refused(now,
          Error{.code = Code::busy,
                .message = "the rules of the ledger changed while the call was planned, " +
                           std::to_string(plans_max) + " times; nothing was sent",
                .advice = "try again",
                .retryable = true},
          actions);
  return false;
}

void Call::leave_out(Micros now, const std::vector<LedgerView::Cooldown>& cooling,
                     const Planner& planner, Actions& actions) {
  if (!attempt_ || !attempt_->is_reserving())
    return refused(now, Error{.code = Code::cancelled}, actions); // the call ended meanwhile
  planner.leave_out(models_[at_], cooling);
  ask(actions);
}

void Call::planned(Micros now, std::vector<Choice> choices, Actions& actions,
                   std::shared_ptr<const Selection> selection) {
  if (!attempt_ || !attempt_->is_reserving())
    return refused(now, Error{.code = Code::cancelled}, actions); // the call ended meanwhile
  const bool is_other = choices.front().model != models_[at_].model;
  models_.resize(at_);
  std::ranges::move(choices, std::back_inserter(models_));
  if (selection) selection_ = std::move(selection);
  if (usage_refused_) leave_usage_out();
  if (is_other) return begin(now, actions); // nothing was reserved for the attempt before
  attempt_->priced(models_[at_].prices);
  ask(actions);
}

std::vector<Choice> Call::choices_left() const {
  return {models_.begin() + static_cast<std::ptrdiff_t>(at_), models_.end()};
}

void Call::refused(Micros now, Error why, Actions& actions, const std::string& waits_for) {
  if (waits_for.empty() || !plan_.budget_wait_us || !attempt_ || !attempt_->is_reserving()) {
    end_wait(actions);
    return relay(now, actions, [&](Attempt& attempt) { attempt.refused(std::move(why)); });
  }
  if (!budget_) {
    budget_.emplace(now, *plan_.budget_wait_us, begun_, plan_.deadline_us);
    actions.notices.push_back({.type = NoticeType::waits,
                               .request_id = plan_.request_id,
                               .model = models_[at_].model,
                               .budget = waits_for});
  }
  budget_->refused(now, waits_for, std::move(why));
  actions.queue = waits_for;
  wait(now, actions);
}

void Call::given(Micros now, Actions& actions) {
  relay(now, actions, [&](Attempt& attempt) { attempt.given(now, actions); });
}
void Call::head(Micros now, ResponseHead head, Actions& actions) {
  relay(now, actions, [&](Attempt& attempt) { attempt.head(now, std::move(head), actions); });
}
void Call::bytes(Micros now, std::string_view bytes, Actions& actions) {
  relay(now, actions, [&](Attempt& attempt) { attempt.bytes(now, bytes, actions); });
}
void Call::paused() {
  if (attempt_) attempt_->paused();
}
void Call::resumed(Micros now, Actions& actions) {
  relay(now, actions, [&](Attempt& attempt) { attempt.resumed(now, actions); });
}
void Call::ended(Micros now, const TransferEnd& outcome, Actions& actions) {
  relay(now, actions, [&](Attempt& attempt) { attempt.ended(now, outcome, actions); });
}
void Call::booked(Micros now, Actions& actions) {
  relay(now, actions, [&](Attempt& attempt) { attempt.booked(); });
}

void Call::timer(Micros now, Actions& actions) {
  if (budget_ && !budget_->is_asking()) return wait(now, actions);
  if (!wait_until_)
    return relay(now, actions, [&](Attempt& attempt) { attempt.timer(now, actions); });
  if (now < *wait_until_) {
    actions.wake_at = wait_until_;
    return;
  }
  wait_until_.reset();
  begin(now, actions);
}

void Call::cancel(Micros now, Actions& actions) {
  if (budget_ && !budget_->is_asking()) return refused(now, budget_->cancelled(), actions);
  if (!wait_until_)
    return relay(now, actions, [&](Attempt& attempt) { attempt.cancel(now, actions); });
  wait_until_.reset(); // between two attempts: there is no attempt to stop
  last_error_->message =
      "the call was cancelled before another attempt; the last one: " + last_error_->message;
  last_error_->code = Code::cancelled;
  last_error_->advice.clear();
  last_error_->retryable = false;
  finish(std::move(last_error_), std::move(last_reply_), actions);
}

} // namespace wayfare::call
