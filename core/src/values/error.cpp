#include <wayfare/error.hpp>

namespace wayfare {

std::string_view name(Code code) noexcept {
  switch (code) {
    case Code::ok: return "ok";
    case Code::forked: return "forked";
    case Code::closed: return "closed";
    case Code::full: return "full";
    case Code::no_memory: return "no_memory";
    case Code::busy: return "busy";
    case Code::invalid: return "invalid";
    case Code::unsupported: return "unsupported";
    case Code::key_missing: return "key_missing";
    case Code::key_malformed: return "key_malformed";
    case Code::max_cost: return "max_cost";
    case Code::no_model: return "no_model";
    case Code::bad_request: return "bad_request";
    case Code::unauthorized: return "unauthorized";
    case Code::payment_required: return "payment_required";
    case Code::forbidden: return "forbidden";
    case Code::not_found: return "not_found";
    case Code::request_timeout: return "request_timeout";
    case Code::request_too_large: return "request_too_large";
    case Code::rate_limited: return "rate_limited";
    case Code::server_error: return "server_error";
    case Code::provider_failed: return "provider_failed";
    case Code::overloaded: return "overloaded";
    case Code::provider_timeout: return "provider_timeout";
    case Code::moderated: return "moderated";
    case Code::context_exceeded: return "context_exceeded";
    case Code::dns: return "dns";
    case Code::connect: return "connect";
    case Code::tls: return "tls";
    case Code::connect_timeout: return "connect_timeout";
    case Code::first_byte_timeout: return "first_byte_timeout";
    case Code::idle_timeout: return "idle_timeout";
    case Code::deadline: return "deadline";
    case Code::connection_lost: return "connection_lost";
    case Code::stream_broken: return "stream_broken";
    case Code::malformed: return "malformed";
    case Code::too_large: return "too_large";
    case Code::cancelled: return "cancelled";
    case Code::ledger_unavailable: return "ledger_unavailable";
    case Code::ledger_foreign: return "ledger_foreign";
    case Code::ledger_too_new: return "ledger_too_new";
    case Code::ledger_too_old: return "ledger_too_old";
    case Code::not_booked: return "not_booked";
    case Code::ledger_replaced: return "ledger_replaced";
    case Code::budget_exceeded: return "budget_exceeded";
    case Code::blocked: return "blocked";
    case Code::no_bound: return "no_bound";
    case Code::clock: return "clock";
    case Code::internal: return "internal";
  }
  return ""; // a number that is no code
}

Error error_of(Code code) {
  switch (code) {
    case Code::forked:
      return {.code = code,
              .message = "the client was used before this process was forked",
              .advice = "open a new one in the child"};
    case Code::closed:
      return {.code = code, .message = "the client is closed", .advice = "open another"};
    case Code::full:
      return {.code = code,
              .message = "max_open_calls calls are open",
              .advice = "let some end, or raise max_open_calls",
              .retryable = true};
    case Code::no_memory:
      return {.code = code, .message = "out of memory", .advice = "free some", .retryable = true};
    case Code::busy:
      return {.code = code,
              .message = "another thread waits for this call",
              .advice = "let one thread take a call's events"};
    case Code::cancelled: return {.code = code, .message = "the call was given up before its end"};
    default:
      return {.code = Code::internal,
              .message = "unexpected code " + std::to_string(static_cast<std::int32_t>(code))};
  }
}

Error Error::invalid(std::string message, std::string advice) {
  return Error{.code = Code::invalid, .message = std::move(message), .advice = std::move(advice)};
}

static std::string one_line(const Error& error) {
  std::string line(name(error.code));
  line += ": " + error.message;
  if (!error.advice.empty()) line += "; " + error.advice;
  return line;
}

Exception::Exception(Error error) : std::runtime_error(one_line(error)), error_(std::move(error)) {}

} // namespace wayfare
