// Errors: their codes, their one-line texts, and Result<T>.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <wayfare/fields.hpp>
#include <wayfare/money.hpp>

namespace wayfare {

struct Reply;

enum class Code : std::int32_t {
  ok = 0,

  forked = -1,
  closed = -2,
  full = -3,
  no_memory = -4,
  busy = -5,

  invalid = -10,
  unsupported = -11,
  key_missing = -12,
  key_malformed = -13,
  max_cost = -14,
  no_model = -15,
  key_not_allowed = -16,
  no_agent = -17,
  conflict = -18,

  bad_request = -20,
  unauthorized = -21,
  payment_required = -22,
  forbidden = -23,
  not_found = -24,
  request_timeout = -25,
  request_too_large = -26,
  rate_limited = -27,
  server_error = -28,
  provider_failed = -29,
  overloaded = -30,
  provider_timeout = -31,
  moderated = -32,
  context_exceeded = -33,

  dns = -40,
  connect = -41,
  tls = -42,
  connect_timeout = -43,
  first_byte_timeout = -44,
  idle_timeout = -45,
  deadline = -46,
  connection_lost = -47,
  stream_broken = -48,
  malformed = -49,
  too_large = -50,
  content_timeout = -51,
  served_otherwise = -52,

  cancelled = -60,

  ledger_unavailable = -70,
  ledger_foreign = -71,
  ledger_too_new = -72,
  not_booked = -73,
  ledger_replaced = -74,
  ledger_too_old = -75,

  budget_exceeded = -80,
  blocked = -81,
  no_bound = -82,
  clock = -83,
  cooling_down = -84,
  over_rate = -85,

  internal = -90,
};
template <>
inline constexpr auto values_of<Code> = enumeration<Code>(
    "Code",
    "The cause of an error. Later versions never give a name or its number another meaning.",
    {
        {Code::ok, "ok", "No error."},

        {Code::forked, "forked",
         "The client was used before this process was forked. Open a new client in the child."},
        {Code::closed, "closed", "The client is closed."},
        {Code::full, "full", "The number of open calls has reached the option max_open_calls."},
        {Code::no_memory, "no_memory", "An allocation failed."},
        {Code::busy, "busy", "Another thread is already waiting for this call."},

        {Code::invalid, "invalid", "A value cannot be used. The message names the value."},
        {Code::unsupported, "unsupported",
         "This version does not support a value. The message names the value."},
        {Code::key_missing, "key_missing", "No API key was found."},
        {Code::key_malformed, "key_malformed",
         "The API key cannot work: it has white space or quotes, is a placeholder, was cut short, "
         "or is not a key of OpenRouter."},
        {Code::key_not_allowed, "key_not_allowed",
         "The API key and the base URL are from different places: see the option allow_key_to."},
        {Code::max_cost, "max_cost", "The call could cost more than its max_cost."},
        {Code::no_model, "no_model", "No model that the route allows can serve the request."},
        {Code::no_agent, "no_agent", "There is no agent with this name, or it is archived."},
        {Code::conflict, "conflict",
         "An agent has changed since the version that the operation or the call is based on, or "
         "its name is taken."},

        {Code::bad_request, "bad_request", "Status 400, 409, 412 or 422."},
        {Code::unauthorized, "unauthorized", "Status 401: the API key is not accepted."},
        {Code::payment_required, "payment_required", "Status 402: there are no credits left."},
        {Code::forbidden, "forbidden", "Status 403."},
        {Code::not_found, "not_found", "Status 404, a redirect, or the model does not exist."},
        {Code::request_timeout, "request_timeout", "Status 408."},
        {Code::request_too_large, "request_too_large", "Status 413."},
        {Code::rate_limited, "rate_limited", "Status 429."},
        {Code::server_error, "server_error", "Status 500, or a status that has no other meaning."},
        {Code::provider_failed, "provider_failed",
         "Status 502: the provider is down or gave a bad answer."},
        {Code::overloaded, "overloaded", "Status 503 or 529."},
        {Code::provider_timeout, "provider_timeout",
         "Status 504, 520, 522 or 524: the provider may have done the work and billed it."},
        {Code::moderated, "moderated", "Status 400 or 403: moderation flagged the input."},
        {Code::context_exceeded, "context_exceeded",
         "Status 400: prompt and completion together are longer than the model allows."},

        {Code::dns, "dns", "The host has no address."},
        {Code::connect, "connect", "The host refused the connection or cannot be reached."},
        {Code::tls, "tls", "The certificate or the TLS handshake failed."},
        {Code::connect_timeout, "connect_timeout", "The option connect_timeout has passed."},
        {Code::first_byte_timeout, "first_byte_timeout",
         "The option first_byte_timeout has passed."},
        {Code::idle_timeout, "idle_timeout", "The option idle_timeout has passed."},
        {Code::deadline, "deadline", "The deadline of the call has passed."},
        {Code::connection_lost, "connection_lost",
         "The connection was lost after the request was sent. The call may be billed."},
        {Code::stream_broken, "stream_broken",
         "The stream ended before it was complete, or reported an error."},
        {Code::malformed, "malformed", "The answer does not have the form that the API documents."},
        {Code::too_large, "too_large", "The answer exceeds a limit. The message names the limit."},
        {Code::content_timeout, "content_timeout",
         "The option content_timeout has passed: the server sent only heartbeats."},
        {Code::served_otherwise, "served_otherwise",
         "Another model served than the one that the request named, and route.pin is true. The "
         "answer is paid and booked."},

        {Code::cancelled, "cancelled", "The call was cancelled."},

        {Code::ledger_unavailable, "ledger_unavailable",
         "The ledger cannot be opened, or could not commit in time. Nothing was sent."},
        {Code::ledger_foreign, "ledger_foreign", "The file is not a ledger of wayfare."},
        {Code::ledger_too_new, "ledger_too_new", "A newer wayfare wrote the ledger."},
        {Code::not_booked, "not_booked",
         "The answer came, but the ledger could not book it. The entry stays reserved. The error's "
         "reply has the answer."},
        {Code::ledger_replaced, "ledger_replaced",
         "The file of the ledger was moved, deleted or replaced while it was in use. Nothing was "
         "sent."},
        {Code::ledger_too_old, "ledger_too_old",
         "An older wayfare wrote the ledger in a format that this version does not read."},

        {Code::budget_exceeded, "budget_exceeded",
         "The call may cost more than a hard budget has left. Nothing was sent."},
        {Code::blocked, "blocked", "A block matches the call. Nothing was sent."},
        {Code::no_bound, "no_bound",
         "A hard budget matches the call, but a part of the call has no upper bound of its cost. "
         "The message names the budget and the part. Nothing was sent."},
        {Code::clock, "clock",
         "The clock has jumped, so the current window of a hard budget is not certain. Nothing was "
         "sent. The operation clock accepts the new time."},
        {Code::cooling_down, "cooling_down",
         "Each model that the call has left cools down, and route.cooldown is refuse. Nothing was "
         "sent to them. `retry_after` tells how long to wait."},
        {Code::over_rate, "over_rate",
         "A rate limit of the ledger has no room for the call now, or can never have it. Nothing "
         "was sent. `retry_after` tells when there is room, if no other call takes it."},

        {Code::internal, "internal", "A defect in wayfare."},
    });

struct Error {
  Code code = Code::internal;
  std::string message;
  std::string advice;
  bool retryable = false;
  int status = 0;
  std::string generation_id;
  std::string provider;
  std::string limit;
  std::optional<std::chrono::milliseconds> retry_after;
  std::string budget;
  std::optional<Amount> left;
  std::optional<Time> resets_at;
  std::optional<Amount> budget_limit, spent, reserved, needed;
  std::shared_ptr<const Reply> reply;

  // An error with the code `invalid`.
  static Error invalid(std::string message, std::string advice = {});
};
template <>
inline constexpr auto fields_of<Error> = record(
    "Error",
    "The failure of a call or an operation. No field holds an API key or the text of a prompt.",
    field("code", &Error::code, "The cause, as a word."),
    field("message", &Error::message,
          "What happened, in one line. It quotes at most 300 bytes of the server's text."),
    field("advice", &Error::advice, "What to do, in one line.", Shape::null_if_empty),
    field("retryable", &Error::retryable, "Whether the same request may succeed later."),
    field("status", &Error::status,
          "The HTTP status, or the error code inside an answer with status 200.",
          Shape::null_if_empty),
    field("generation_id", &Error::generation_id, "The server's id of the call.",
          Shape::null_if_empty),
    field("provider", &Error::provider, "The provider that failed.", Shape::null_if_empty),
    field("limit", &Error::limit,
          "The owner of the exceeded limit: account, key, free tier, provider or model. Of the "
          "code over_rate: the name of the rate limit.",
          Shape::null_if_empty),
    field("retry_after", &Error::retry_after,
          "How long the server asks to wait, how long a model still cools down, or when a rate "
          "limit has room again."),
    field("budget", &Error::budget, "The name of the budget that refused the call.",
          Shape::null_if_empty),
    field("left", &Error::left, "US dollars: the amount that this budget has left."),
    field("resets_at", &Error::resets_at, "When the window of this budget ends."),
    field("budget_limit", &Error::budget_limit, "US dollars: the limit of this budget."),
    field("spent", &Error::spent, "US dollars: the amount that this budget has spent."),
    field("reserved", &Error::reserved,
          "US dollars: the amount that is held in this budget for calls whose cost is not known."),
    field("needed", &Error::needed, "US dollars: the most that the refused call may cost."),
    field("reply", &Error::reply, "The part of the reply that came before the call failed."));

// The error for a code that submit() or next() returned. Do not pass Code::ok.
Error error_of(Code code);

// The exception that Result::value() throws. Nothing else in these headers throws, except
// std::bad_alloc.
class Exception : public std::runtime_error {
 public:
  explicit Exception(Error error);
  const Error& error() const noexcept { return error_; }

 private:
  Error error_;
};

// A value or an Error. It is not an alias of std::expected: a library built as C++20 and a program
// built as C++23 would disagree about such an alias.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  // The value. Throws Exception if there is an error.
  T& value() & { return require(), std::get<0>(state_); }
  const T& value() const& { return require(), std::get<0>(state_); }
  T value() && { return require(), std::get<0>(std::move(state_)); }

  // The value may be read only if ok(), and the error only if not ok(). Neither is checked.
  T& operator*() & { return *std::get_if<0>(&state_); }
  const T& operator*() const& { return *std::get_if<0>(&state_); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }
  const Error& error() const { return *std::get_if<1>(&state_); }

 private:
  void require() const {
    if (!ok()) throw Exception(error());
  }
  std::variant<T, Error> state_;
};

} // namespace wayfare
