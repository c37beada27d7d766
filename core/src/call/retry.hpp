// Decides whether another attempt follows a failed attempt. Pure. The table in remedy_of() is the
// policy.
#pragma once

#include <cstdint>
#include <optional>

#include <wayfare/error.hpp>
#include <wayfare/ledger.hpp>

#include "call/attempt.hpp"

namespace wayfare::call {

// Which attempts can help after an error: `again` with the same model, `other` with another model,
// `server` at another server alone.
struct Remedy {
  bool again = false, other = false, server = false;
};
Remedy remedy_of(const Error& error) noexcept;

// The remaining options of a call after a failed attempt.
struct Left {
  bool model = false;  // there is another model
  bool server = false; // there is another server
  int retries = 0;     // retries of the last model
  int waits = 0;       // the number of waits so far
  // A hard budget or a max_cost applies: no attempt may follow an attempt that may have been
  // billed.
  bool limited = false;
  bool answered = false; // the answer had ended well, though an error came with it
  // The server refused what wayfare had added and can leave out, for the first time in the call:
  // stream_options, or providers in provider.ignore.
  bool refused_addition = false;
  Micros time = 0; // the time until the deadline
};

struct Step {
  // without_addition: the same model without what the server refused
  // next_server: the first model of the next server
  enum class Kind : std::uint8_t {
    give_up,
    again,
    next,
    next_server,
    without_addition
  } kind = Kind::give_up;
  Micros wait = 0; // the wait before the next attempt
};

inline constexpr Micros wait_first = 500'000, wait_max = 60'000'000;

// An attempt without the addition follows a refusal of it, whatever retries are left, after the
// time that the server asks for. Else, if the model failed and there is another model, that model
// is tried at once. If the server cannot be reached or does not accept the key and there is another
// server, that one is asked at once. Otherwise the same model is tried again after a wait. The wait
// is the time that the server asks for plus a random part ("full jitter") of a time that grows by
// half with each wait, from wait_first to wait_max. If the server asks for more than wait_max or
// more than the remaining time, no attempt follows, and the error tells how long the server asks to
// wait. What was paid is not bought once more: no attempt follows a settled one whose answer had
// ended well. `chance` is a uniform random number.
Step decide(const Error& error, State state, bool has_content, const Left& left,
            std::uint64_t chance);

} // namespace wayfare::call
