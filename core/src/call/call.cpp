#include "call/call.hpp"

#include <algorithm>
#include <utility>

#include "wire/errors.hpp"

namespace wayfare::call {

namespace {

std::string seconds(Micros us) {
  const Micros tenths = us / 100'000;
  return std::to_string(tenths / 10) + (tenths % 10 ? "." + std::to_string(tenths % 10) : "") + " s";
}

} // namespace

void Call::start(Micros now, Todo& todo) {
  started_ = now;
  phase_ = Phase::reserving;
  todo.reserve = true;
  todo.wake_at = due();
}

void Call::reserved(Micros now, Todo& todo) {
  if (phase_ == Phase::late_reserve) { // nobody waits any more, and nothing was sent
    phase_ = Phase::late_booking;
    todo.book = ending_of(State::voided, reply_of());
    todo.book->error = late_;
    return;
  }
  if (phase_ != Phase::reserving) return;
  timings_.reserved_us = now - started_;
  phase_ = Phase::sending;
  todo.send = true;
}

void Call::refused(Micros, Error why, Todo& todo) {
  if (phase_ == Phase::late_reserve) phase_ = Phase::over;
  if (phase_ != Phase::reserving) return;
  error_ = std::move(why);
  finish(todo);
  phase_ = Phase::over;
}

void Call::given(Micros now, Todo& todo) {
  if (phase_ != Phase::sending) return;
  phase_ = Phase::waiting;
  sent_ = now;
  todo.wake_at = due();
}

void Call::head(Micros now, const wire::Head& head, Todo& todo) {
  if (phase_ != Phase::sending && phase_ != Phase::waiting) return;
  phase_ = Phase::waiting; // a server may answer before it has read a byte
  if (sent_ == 0) sent_ = now;
  heard_ = now;
  has_head_ = true;
  timings_.headers_us = now - started_;
  answer_.head(head);
  if (!head.generation_id.empty()) todo.note = head.generation_id;
  todo.wake_at = due();
}

void Call::bytes(Micros now, std::string_view bytes, Todo& todo) {
  if (phase_ != Phase::waiting) return;
  heard_ = now;
  const bool good = answer_.feed(bytes, todo.events);
  if (timings_.first_delta_us == 0 && answer_.has_content()) timings_.first_delta_us = now - started_;
  if (good) return;
  todo.stop = true;
  conclude(now, answer_.end(false, todo.events), todo);
}

void Call::paused(Micros) { paused_ = true; }

void Call::resumed(Micros now, Todo& todo) {
  paused_ = false;
  heard_ = now;
  todo.wake_at = due();
}

void Call::ended(Micros now, const Outcome& outcome, Todo& todo) {
  if (phase_ != Phase::sending && phase_ != Phase::waiting) return;
  const bool whole = outcome.how == Outcome::How::whole;
  if (has_head_) { // what the server said counts for more than how the connection ended
    auto error = answer_.end(whole, todo.events);
    if (error && !whole && !outcome.detail.empty()) error->message += " (" + outcome.detail + ")";
    return conclude(now, std::move(error), todo);
  }
  conclude(now, no_answer(outcome), todo);
}

// Why not even a status line came.
Error Call::no_answer(const Outcome& outcome) const {
  const std::string detail = outcome.detail.empty() ? "" : ": " + outcome.detail;
  switch (outcome.how) {
    case Outcome::How::dns: return fail(Code::dns, "the server's name has no address" + detail, "check the base URL and the network", true);
    case Outcome::How::connect:
      return fail(Code::connect, "the server cannot be reached" + detail, "check the base URL and the network", true);
    case Outcome::How::tls: return fail(Code::tls, "TLS failed" + detail, "check the certificate, the host's name and ca_file", false);
    case Outcome::How::connect_timeout:
      return fail(Code::connect_timeout, "no connection within connect_timeout" + detail, "check the network, or raise it", true);
    case Outcome::How::whole:
    case Outcome::How::lost: break;
  }
  if (phase_ == Phase::sending)
    return fail(Code::connect, "the connection was lost before the request was sent" + detail, "try again", true);
  return fail(Code::connection_lost, "the connection was lost before an answer came" + detail, "try again; this attempt may be billed",
              true);
}

void Call::cancel(Micros now, Todo& todo) {
  switch (phase_) {
    case Phase::fresh:
    case Phase::reserving:
    case Phase::sending:
    case Phase::waiting: break;
    default: return; // too late
  }
  todo.stop = phase_ == Phase::sending || phase_ == Phase::waiting;
  conclude(now, fail(Code::cancelled, "the call was cancelled", "", false), todo);
}

// The next moment at which something is overdue. Later events move it; a timer that comes early just asks again.
Micros Call::due() const {
  if (phase_ == Phase::booking) return booking_since_ + booking_us;
  Micros due = started_ + plan_.deadline_us;
  if (phase_ == Phase::waiting && !has_head_) due = std::min(due, sent_ + plan_.first_byte_us);
  if (phase_ == Phase::waiting && has_head_ && !paused_) due = std::min(due, heard_ + plan_.idle_us);
  return due;
}

void Call::timer(Micros now, Todo& todo) {
  if (phase_ == Phase::over || phase_ == Phase::late_reserve || phase_ == Phase::late_booking || phase_ == Phase::fresh) return;
  if (now < due()) {
    todo.wake_at = due();
    return;
  }
  if (phase_ == Phase::booking) {
    Error lost = fail(Code::not_booked, "the end of the call was not booked within " + seconds(booking_us),
                      "the error's reply has the answer; check the ledger's disk; the entry stands as reserved", false);
    if (error_) lost.message += "; the call itself failed: " + error_->message;
    error_ = std::move(lost);
    finish(todo);
    phase_ = Phase::late_booking;
    return;
  }
  todo.stop = phase_ != Phase::reserving;
  conclude(now, overdue(now), todo);
}

Error Call::overdue(Micros now) const {
  if (now >= started_ + plan_.deadline_us) {
    const std::string deadline = "the deadline of " + seconds(plan_.deadline_us);
    if (phase_ != Phase::reserving) return fail(Code::deadline, deadline + " has passed", "raise route.deadline, or ask for less", true);
    return fail(Code::ledger_unavailable, "the ledger could not commit a reservation within " + deadline + "; nothing was sent",
                "check the ledger's disk and the processes that use it", true);
  }
  if (!has_head_)
    return fail(Code::first_byte_timeout, "no answer within first_byte_timeout of " + seconds(plan_.first_byte_us),
                "try again; this attempt may be billed", true);
  return fail(Code::idle_timeout, "the answer stood still for idle_timeout of " + seconds(plan_.idle_us),
              answer_.has_content() ? "the error's reply has what came" : "try again; this attempt may be billed", !answer_.has_content());
}

// What the ledger is to be told. Nothing that may have been billed is called void, and nothing is called settled on a guess.
State Call::state_of(const Reply& reply) const {
  if (phase_ != Phase::waiting) return State::voided; // never given to the network
  if (reply.cost) return State::settled;              // the bill itself, however the call ended
  if (!error_) return answer_.has_usage() || !plan_.openrouter ? State::settled : State::unknown;
  const bool refused = has_head_ && error_->status >= 300 && wire::code_of_status(error_->status) == error_->code;
  const bool nothing_done = !answer_.has_content() && !answer_.has_usage() && !wire::may_be_billed(error_->status);
  return refused && nothing_done ? State::voided : State::unknown;
}

void Call::conclude(Micros now, std::optional<Error> error, Todo& todo) {
  timings_.total_us = now - started_;
  error_ = std::move(error);
  if (phase_ == Phase::fresh || phase_ == Phase::reserving) {
    late_ = error_->code;
    const Phase next = phase_ == Phase::reserving ? Phase::late_reserve : Phase::over;
    finish(todo);
    phase_ = next;
    return;
  }
  reply_ = reply_of();
  todo.book = ending_of(state_of(*reply_), *reply_);
  phase_ = Phase::booking;
  booking_since_ = now;
  todo.wake_at = due();
}

void Call::booked(Micros, Todo& todo) {
  if (phase_ == Phase::booking) finish(todo);
  if (phase_ == Phase::booking || phase_ == Phase::late_booking) phase_ = Phase::over;
}

Ending Call::ending_of(State state, const Reply& reply) const {
  return Ending{.state = state,
                .model = reply.model,
                .provider = reply.provider,
                .generation_id = reply.generation_id,
                .finish_reason = reply.finish_reason,
                .usage = reply.usage,
                .cost = reply.cost,
                .cost_source = reply.cost_source,
                .error = error_ ? error_->code : Code{},
                .status = reply.status,
                .total_us = timings_.total_us};
}

Reply Call::reply_of() const {
  Reply reply = answer_.reply();
  if (reply.model.empty()) reply.model = plan_.model;
  reply.entry = plan_.uid.text();
  reply.request_id = plan_.request_id;
  reply.added = plan_.added;
  reply.timings = timings_;
  reply.attempts = {Attempt{reply.entry, error_ ? error_->code : Code{}}};
  reply.metadata = wire::metadata_of(reply);
  return reply;
}

void Call::finish(Todo& todo) {
  std::shared_ptr<const Reply> reply = reply_ ? std::make_shared<const Reply>(std::move(*reply_)) : nullptr;
  reply_.reset();
  if (!error_) {
    todo.events.push_back({.type = Event::Type::done, .reply = std::move(reply)});
    return;
  }
  error_->reply = reply;
  todo.events.push_back({.type = Event::Type::error, .error = std::make_shared<const Error>(*error_)});
}

Error Call::fail(Code code, std::string message, std::string advice, bool retryable) const {
  return Error{.code = code,
               .message = std::move(message),
               .advice = std::move(advice),
               .retryable = retryable,
               .status = answer_.status(),
               .generation_id = answer_.generation_id()};
}

} // namespace wayfare::call
