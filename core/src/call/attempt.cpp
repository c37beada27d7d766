#include "call/attempt.hpp"

#include <algorithm>
#include <utility>

#include "base/cut_text.hpp"
#include "base/json_text.hpp"
#include "call/network_error.hpp"
#include "select/cost.hpp"
#include "select/served_otherwise.hpp"
#include "wire/failed_providers.hpp"
#include "wire/refusal.hpp"
#include "wire/retry_after.hpp"

namespace wayfare::call {

std::string seconds(Micros us) {
  const Micros tenths = us / 100'000;
  return std::to_string(tenths / 10) + (tenths % 10 ? "." + std::to_string(tenths % 10) : "") +
         " s";
}

void Attempt::start(Micros now, Actions& actions) {
  started_ = now;
  phase_ = Phase::reserving;
  actions.reserve = Actions::Reserve{plan_.uid};
  actions.wake_at = due();
}

void Attempt::reserved(Micros now, Actions& actions) {
  if (phase_ == Phase::late_reserve) { // the attempt has ended, and nothing was sent
    phase_ = Phase::late_booking;
    actions.book = ending_of(State::voided, take_reply());
    actions.book->error = late_;
    actions.book->outcome = {};
    return;
  }
  if (phase_ != Phase::reserving) return;
  timings_.reserved_us = now - plan_.begun;
  sent_from_ = now;
  phase_ = Phase::sending;
  actions.send = true;
}

void Attempt::refused(Error why) {
  if (phase_ == Phase::late_reserve) phase_ = Phase::over;
  if (phase_ != Phase::reserving) return;
  result_.error = std::make_unique<Error>(std::move(why));
  tell(State::voided);
  phase_ = Phase::over;
}

void Attempt::given(Micros now, Actions& actions) {
  if (phase_ != Phase::sending) return;
  phase_ = Phase::waiting;
  sent_ = now;
  actions.wake_at = due();
}

void Attempt::head(Micros now, ResponseHead head, Actions& actions) {
  if (phase_ != Phase::sending && phase_ != Phase::waiting) return;
  phase_ = Phase::waiting; // a server may answer before it has read the request
  if (sent_ == 0) sent_ = now;
  heard_ = content_at_ = now;
  has_head_ = true;
  timings_.headers_us = now - plan_.begun;
  if (!head.generation_id.empty()) actions.note = head.generation_id;
  response_->head(std::move(head));
  actions.wake_at = due();
}

void Attempt::bytes(Micros now, std::string_view bytes, Actions& actions) {
  if (phase_ != Phase::waiting) return;
  heard_ = now;
  const bool good = response_->feed(bytes, actions.events);
  if (std::exchange(content_, response_->content()) != response_->content()) content_at_ = now;
  if (timings_.first_delta_us == 0 && response_->has_content()) {
    timings_.first_delta_us = now - plan_.begun;
    if (plan_.streamed) first_us_ = now - sent_from_;
  }
  if (response_->is_done()) actions.wake_at = due(); // earlier than the time asked for before
  const bool is_another = good && is_another_pinned();
  if (good && !is_another) return;
  actions.stop = true;
  if (is_another) return conclude(now, not_pinned(response_->model()), actions);
  conclude(now, response_->end(false, actions.events), actions);
}

std::optional<bool> Attempt::served_otherwise(std::string_view served) const {
  std::vector<std::string_view> asked;
  if (!plan_.model.empty() || plan_.other_names.empty()) asked.emplace_back(plan_.model);
  for (const OtherName& other : plan_.other_names) asked.emplace_back(other.name);
  return select::served_otherwise(served, asked, plan_.catalogue.get(), plan_.names_are_sure);
}

// Whether the server names a model that may not serve.
bool Attempt::is_another_pinned() {
  if (!plan_.pin || response_->model() == judged_) return false;
  judged_ = response_->model();
  return served_otherwise(judged_) == true;
}

Error Attempt::not_pinned(std::string_view served) const {
  constexpr std::size_t shown = 128;
  return fail(Code::served_otherwise,
              "the server served " + json::quoted(cut_text(served, shown)) +
                  ", and the request named " + json::quoted(plan_.model) + " (route.pin)",
              "the answer is paid, and the error's reply has what came of it", false);
}

void Attempt::resumed(Micros now, Actions& actions) {
  paused_ = false;
  heard_ = content_at_ = now;
  actions.wake_at = due();
}

void Attempt::ended(Micros now, const TransferEnd& outcome, Actions& actions) {
  if (phase_ != Phase::sending && phase_ != Phase::waiting) return;
  if (outcome.unsent && !has_head_) phase_ = Phase::sending;
  const bool whole = outcome.how == TransferEnd::How::whole;
  if (has_head_) { // the server's answer counts more than the end of the connection
    auto error = response_->end(whole, actions.events);
    const bool is_cut =
        error && (error->code == Code::connection_lost || error->code == Code::stream_broken);
    if (is_cut && outcome.how == TransferEnd::How::too_large) { // trailers, for example
      error->code = Code::too_large;
      error->message = outcome.detail;
      error->advice = "check the base URL";
      error->retryable = false;
    } else if (error && !whole && !outcome.detail.empty()) {
      error->message += " (" + outcome.detail + ")";
    }
    return conclude(now, std::move(error), actions);
  }
  Error error = network_error(outcome, phase_ == Phase::sending);
  conclude(now,
           fail(error.code, std::move(error.message), std::move(error.advice), error.retryable),
           actions);
}

void Attempt::cancel(Micros now, Actions& actions) {
  switch (phase_) {
    case Phase::fresh:
    case Phase::reserving:
    case Phase::sending:
    case Phase::waiting: break;
    default: return; // the attempt has ended already
  }
  actions.stop = phase_ == Phase::sending || phase_ == Phase::waiting;
  conclude(now, fail(Code::cancelled, "the call was cancelled", "", false), actions);
}

// The next time at which something is overdue. Later events move it. A timer that comes too early
// asks for this time again.
Micros Attempt::due() const {
  if (phase_ == Phase::booking) return booking_since_ + booking_us;
  Micros due = plan_.begun + plan_.deadline_us;
  if (phase_ == Phase::waiting && !has_head_) due = std::min(due, sent_ + plan_.first_byte_us);
  if (phase_ == Phase::waiting && has_head_ && !paused_)
    due = std::min(due, heard_ + (response_->is_done() ? lingering_us : plan_.idle_us));
  if (is_limited_by_content()) due = std::min(due, content_at_ + plan_.content_us);
  return due;
}

bool Attempt::is_limited_by_content() const {
  return plan_.content_us > 0 && phase_ == Phase::waiting && has_head_ && !paused_ &&
         !response_->is_done();
}

void Attempt::timer(Micros now, Actions& actions) {
  if (phase_ == Phase::over || phase_ == Phase::late_reserve || phase_ == Phase::late_booking ||
      phase_ == Phase::fresh)
    return;
  if (now < due()) {
    actions.wake_at = due();
    return;
  }
  if (phase_ == Phase::booking) {
    Error lost =
        fail(Code::not_booked, "the end of the call was not booked within " + seconds(booking_us),
             "the error's reply has the answer; check the ledger's disk; the entry stays reserved",
             false);
    if (result_.error) lost.message += "; the call itself failed: " + result_.error->message;
    result_.error = std::make_unique<Error>(std::move(lost));
    tell(State::reserved);
    phase_ = Phase::late_booking;
    return;
  }
  actions.stop = phase_ != Phase::reserving;
  // The answer is complete, only the end of the body is missing.
  if (has_head_ && response_->is_complete())
    return conclude(now, response_->end(false, actions.events), actions);
  conclude(now, overdue(now), actions);
}

Error Attempt::overdue(Micros now) const {
  if (now >= plan_.begun + plan_.deadline_us) {
    const std::string deadline = "the deadline of " + seconds(plan_.deadline_us);
    if (phase_ != Phase::reserving)
      return fail(Code::deadline, deadline + " has passed", "raise route.deadline, or ask for less",
                  true);
    return fail(
        Code::ledger_unavailable,
        "the ledger could not commit a reservation within " + deadline + "; nothing was sent",
        "check the ledger's disk and the processes that use it", true);
  }
  if (!has_head_)
    return fail(Code::first_byte_timeout,
                "no answer within first_byte_timeout of " + seconds(plan_.first_byte_us),
                "try again; this attempt may be billed", true);
  const bool heard = is_limited_by_content() && now >= content_at_ + plan_.content_us &&
                     now < heard_ + plan_.idle_us;
  return fail(heard ? Code::content_timeout : Code::idle_timeout,
              heard ? "only heartbeats came for content_timeout of " + seconds(plan_.content_us)
                    : "nothing came for idle_timeout of " + seconds(plan_.idle_us),
              response_->has_content() ? "the error's reply has the part that came"
                                       : "try again; this attempt may be billed",
              !response_->has_content());
}

// The state to book. An attempt that may have been billed is never void. An attempt is settled only
// if that is certain.
State Attempt::state_of(const Reply& reply, bool ended_well) const {
  const Error* const error = ended_well ? nullptr : result_.error.get();
  if (phase_ != Phase::waiting) return State::voided; // the network never had the request
  // the server told the cost, so it does not matter how the attempt ended
  if (reply.cost) return State::settled;
  if (!error) return response_->has_usage() || !plan_.tells_cost ? State::settled : State::unknown;
  const bool refused = has_head_ && error->status >= 300 && wire::is_refusal(error->code);
  const bool nothing_done = !response_->has_content() && !response_->has_usage() &&
                            reply.refused_figures.empty() && !wire::may_be_billed(error->status);
  return refused && nothing_done ? State::voided : State::unknown;
}

void Attempt::conclude(Micros now, std::optional<Error> error, Actions& actions) {
  ended_ = now;
  timings_.total_us = now - plan_.begun;
  if (error) result_.error = std::make_unique<Error>(std::move(*error));
  if (phase_ == Phase::fresh || phase_ == Phase::reserving) {
    late_ = result_.error->code;
    tell(State::voided);
    phase_ = phase_ == Phase::reserving ? Phase::late_reserve : Phase::over;
    return;
  }
  result_.reply = std::make_unique<Reply>(take_reply());
  const bool ended_well = !result_.error;
  if (ended_well && plan_.pin && result_.reply->served_otherwise == true)
    result_.error = std::make_unique<Error>(not_pinned(result_.reply->model));
  if (result_.error && result_.error->code == Code::served_otherwise)
    std::erase_if(actions.events,
                  [](const Event& event) { return event.type != EventType::usage; });
  result_.state = state_of(*result_.reply, ended_well);
  actions.book = ending_of(result_.state, *result_.reply);
  phase_ = Phase::booking;
  booking_since_ = now;
  actions.wake_at = due();
}

void Attempt::quantized(std::string as) {
  if (result_.reply) result_.reply->quantization = std::move(as);
}

void Attempt::booked() {
  if (phase_ == Phase::booking) tell(result_.state);
  if (phase_ == Phase::booking || phase_ == Phase::late_booking) phase_ = Phase::over;
}

void Attempt::tell(State state) {
  result_.state = state;
  told_ = true;
}

Ending Attempt::ending_of(State state, const Reply& reply) const {
  return Ending{.state = state,
                .billing = reply,
                .usage = reply.usage,
                .error = result_.error ? result_.error->code : Code::ok,
                .status = reply.status,
                .total_us = ended_ - started_,
                .first_us = first_us_,
                .outcome = outcome_with(reply)};
}

// A stream that broke does not name its provider as the one that failed, but as the one that
// served.
Outcome Attempt::outcome_with(const Reply& reply) const {
  Outcome outcome = outcome_of(result_.error.get(), plan_.has_other_servers);
  if (outcome.told == Told::fails && !outcome.provider.empty())
    outcome.before = wire::failed_before(reply.raw);
  if (outcome.told != Told::nothing && outcome.provider.empty()) outcome.provider = reply.provider;
  return outcome;
}

Reply Attempt::take_reply() {
  Reply reply = response_->take_reply();
  // Only if the planned model served: another model has other prices.
  const bool has_its_prices =
      prices_ && (plan_.has_one_price || reply.model.empty() || reply.model == plan_.model);
  if (has_its_prices && !reply.cost) {
    reply.cost = select::cost_of(*prices_, reply.usage);
    if (reply.cost) reply.cost_source = CostSource::computed;
  }
  reply.served_otherwise = served_otherwise(reply.model);
  if (plan_.pin && !reply.served_otherwise && !reply.model.empty())
    reply.warnings.push_back("whether " + json::quoted(reply.model) + ", which served, is " +
                             json::quoted(plan_.model) + " is not certain (route.pin)");
  if (reply.model.empty()) reply.model = plan_.model;
  reply.entry = plan_.uid.text();
  reply.timings = timings_;
  return reply;
}

Error Attempt::fail(Code code, std::string message, std::string advice, bool retryable) const {
  return Error{.code = code,
               .message = std::move(message),
               .advice = std::move(advice),
               .retryable = retryable,
               .status = response_->head().status,
               .generation_id = response_->head().generation_id,
               .retry_after = wire::wait_of(response_->head())};
}

} // namespace wayfare::call
