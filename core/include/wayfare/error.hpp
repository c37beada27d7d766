// What can go wrong: stable codes, one-line errors, and Result<T>.
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

#include <wayfare/money.hpp>

namespace wayfare {

struct Reply;

// Every code has a name (`name(Code)`) that is the same in every language, and a number that is the
// same in every version: neither is ever used again for another meaning. tests/golden/codes.txt is
// the list.
enum class Code : std::int32_t {
  ok = 0, // no error

  // The client itself.
  forked = -1,    // used in a child of the process that opened it: open a new client there
  closed = -2,    // close() was called
  full = -3,      // Options::max_open_calls calls are open: take the final events of some
  no_memory = -4, // an allocation failed
  busy = -5,      // another thread already waits for this call

  // The request, told before anything is sent.
  invalid = -10,     // a value that cannot be used; the message names it
  unsupported = -11, // understood, but this version does not do it; the message names it
  key_missing = -12, // no API key in the options or in OPENROUTER_API_KEY
  // a key that cannot work: white space, quotes, a placeholder, cut short, not OpenRouter's
  key_malformed = -13,
  max_cost = -14, // the call could cost more than Route::max_cost
  no_model = -15, // no model that the route allows can serve the request

  // What the server answered, by status or by the code inside a 200.
  bad_request = -20,       // 400, 409, 412, 422
  unauthorized = -21,      // 401
  payment_required = -22,  // 402
  forbidden = -23,         // 403
  not_found = -24,         // 404, and a model's name that is none
  request_timeout = -25,   // 408
  request_too_large = -26, // 413
  rate_limited = -27,      // 429
  server_error = -28,      // 500 and statuses without a meaning of their own
  provider_failed = -29,   // 502: the provider is down or answered nonsense
  overloaded = -30,        // 503, 529
  provider_timeout = -31,  // 504, 520, 522, 524: the provider may have done the work, and billed it
  moderated = -32,         // 403 or 400: the input was flagged
  context_exceeded = -33,  // 400: prompt and completion together are longer than the model can take

  // The way there and back.
  dns = -40,                // the host has no address
  connect = -41,            // refused or unreachable
  tls = -42,                // the certificate or the handshake
  connect_timeout = -43,    // Options::connect_timeout
  first_byte_timeout = -44, // Options::first_byte_timeout
  idle_timeout = -45,       // Options::idle_timeout
  deadline = -46,           // Route::deadline
  connection_lost = -47,    // after the request was given to the network: it may have been billed
  stream_broken = -48,      // the stream ended, or reported an error, before it was complete
  malformed = -49,          // the answer is not what the API documents
  too_large = -50,          // the answer passes a limit; the message names it

  cancelled = -60, // by cancel(), close() or the end of a Stream

  // The ledger.
  ledger_unavailable = -70, // cannot be opened, or could not commit in time: nothing was sent
  ledger_foreign = -71,     // the file is not a wayfare ledger
  ledger_too_new = -72,     // a newer wayfare wrote it
  // the answer came but its booking did not land: it stands as reserved, and Error::reply has it
  not_booked = -73,
  // its file or its WAL was moved, deleted or replaced while it was in use: nothing was sent
  ledger_replaced = -74,
  ledger_too_old = -75, // an older wayfare wrote it, whose files this one does not read

  // Limits of your own, judged where the call is reserved: nothing was sent.
  // a hard budget has less left than the call may cost; Error::budget, left and resets_at tell
  // which and until when
  budget_exceeded = -80,
  blocked = -81, // switched off by block()
  // a hard budget applies, and a part of the call may cost anything; the message names both
  no_bound = -82,
  // the clock has jumped, so that hard budgets do not know their window: accept it by the operation
  // clock
  clock = -83,

  internal = -90, // a defect in wayfare
};

// The code's name, such as "rate_limited": a static string.
std::string_view name(Code code) noexcept;

// One line on what happened (`message`), one on what to do (`advice`). Never holds a key or the
// text of a prompt; text that a server sent is quoted in the message, cut at 300 bytes.
struct Error {
  Code code = Code::internal;
  std::string message;
  std::string advice;
  bool retryable = false;    // whether the same request may succeed later
  int status = 0;            // HTTP status, or the code inside a 200; 0 where there was no answer
  std::string generation_id; // empty where none came
  std::string provider;      // that failed, where the server named one
  // whose limit it was: "account", "key", "free tier", "provider", "model"; empty where not told
  std::string limit;
  // how long the server asked to wait; counted from the answer
  std::optional<std::chrono::milliseconds> retry_after;
  // what had come before it failed; null where nothing was sent
  std::shared_ptr<const Reply> reply;

  // Of a refusal by a budget.
  std::string budget;         // its name
  std::optional<Amount> left; // in its window
  // UTC; nothing where it never does
  std::optional<std::chrono::sys_time<std::chrono::microseconds>> resets_at;

  // An `invalid` error: a value that cannot be used.
  static Error invalid(std::string message, std::string advice = {});
};

// The Error of a code that submit() or next() gave in place of an id or events; of Code::ok, that
// nothing more will come of the call.
Error error_of(Code code);

// Thrown by Result::value() alone: nothing else in this interface throws but std::bad_alloc.
class Exception : public std::runtime_error {
 public:
  explicit Exception(Error error);
  const Error& error() const noexcept { return error_; }

 private:
  Error error_;
};

// A value or an Error. A type of our own and never an alias of std::expected: a C++20 archive
// linked into a C++23 program would then disagree about it.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  // The value; throws Exception where there is none.
  T& value() & { return require(), std::get<0>(state_); }
  const T& value() const& { return require(), std::get<0>(state_); }
  T value() && { return require(), std::get<0>(std::move(state_)); }

  // Only where ok(), and only where not ok().
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
