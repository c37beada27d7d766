#include "call/retry.hpp"

#include <algorithm>

namespace wayfare::call {

Remedy remedy_of(const Error& error) noexcept {
  switch (error.code) {
    // The network failed: this tells nothing about the model.
    case Code::dns:
    case Code::connect:
    case Code::connect_timeout:
    case Code::connection_lost: return {.again = true, .server = true};
    // A person has to mend this. Until then, another server may serve.
    case Code::tls:
    case Code::unauthorized:
    case Code::forbidden: return {.server = true};
    // The model or its provider failed, and may recover.
    case Code::request_timeout:
    case Code::rate_limited:
    case Code::server_error:
    case Code::provider_failed:
    case Code::overloaded:
    case Code::provider_timeout:
    // a cheaper model may be affordable; a 402 for calls in flight passes by itself
    case Code::payment_required:
    case Code::first_byte_timeout:
    case Code::idle_timeout:
    case Code::content_timeout:
    case Code::stream_broken: return {.again = error.retryable, .other = true};
    // This model cannot serve the request, or refuses it.
    case Code::not_found:
    case Code::moderated:
    case Code::context_exceeded:
    case Code::request_too_large: return {.other = true};
    // An answer that is cut short or empty may come whole the next time.
    case Code::malformed: return {.again = error.retryable, .other = true};
    // A 400 from one provider tells nothing about other providers.
    case Code::bad_request: return {.other = !error.provider.empty()};
    default: return {};
  }
}

namespace {

Micros jitter(int waits, std::uint64_t chance) {
  Micros most = wait_first;
  for (; waits > 0 && most < wait_max; --waits) most += most / 2;
  return static_cast<Micros>(chance % static_cast<std::uint64_t>(std::min(most, wait_max) + 1));
}

} // namespace

Step decide(const Error& error, State state, bool has_content, const Left& left,
            std::uint64_t chance) {
  const Remedy remedy = remedy_of(error);
  // content would come twice; a reserved attempt is not booked
  if (has_content || state == State::reserved) return {};
  if (state == State::settled && left.answered) return {}; // it is paid
  if (left.time <= 0 || (left.limited && state == State::unknown)) return {};
  const Micros asked =
      error.retry_after ? std::chrono::microseconds(*error.retry_after).count() : 0;
  if (left.refused_addition && state == State::voided && asked <= wait_max && asked < left.time)
    return {.kind = Step::Kind::without_addition, .wait = asked};
  if (remedy.other && left.model) return {.kind = Step::Kind::next};
  if (remedy.server && left.server) return {.kind = Step::Kind::next_server};
  if (!remedy.again || left.retries <= 0) return {};
  const Micros wait = asked + jitter(left.waits, chance);
  if (asked > wait_max || wait >= left.time) return {};
  return {.kind = Step::Kind::again, .wait = wait};
}

} // namespace wayfare::call
