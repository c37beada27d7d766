#include "call/retry.hpp"

#include <algorithm>

namespace wayfare::call {

Remedy remedy_of(const Error& error) noexcept {
  switch (error.code) {
    // Nothing was sent: it says nothing about the model.
    case Code::dns:
    case Code::connect:
    case Code::connect_timeout:
    case Code::connection_lost: return {.again = true};
    // The model or its provider failed, for now.
    case Code::request_timeout:
    case Code::rate_limited:
    case Code::server_error:
    case Code::provider_failed:
    case Code::overloaded:
    case Code::provider_timeout:
    case Code::payment_required: // a cheaper model may pass; the transient kind passes by itself
    case Code::first_byte_timeout:
    case Code::idle_timeout:
    case Code::stream_broken: return {.again = error.retryable, .other = true};
    // This model cannot or will not.
    case Code::not_found:
    case Code::moderated:
    case Code::context_exceeded:
    case Code::request_too_large:
    case Code::malformed: return {.other = true};
    // A provider's own 400 says nothing about another's.
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
  if (has_content || state == State::reserved) return {}; // it would come twice; it is not booked
  if (left.time <= 0 || (left.limited && state == State::unknown)) return {};
  if (remedy.other && left.model) return {.kind = Step::Kind::next};
  if (!remedy.again || left.retries <= 0) return {};
  const Micros asked =
      error.retry_after ? std::chrono::microseconds(*error.retry_after).count() : 0;
  const Micros wait = asked + jitter(left.waits, chance);
  if (asked > wait_max || wait >= left.time) return {};
  return {.kind = Step::Kind::again, .wait = wait};
}

} // namespace wayfare::call
