// Whether a failed attempt is followed by another one. Pure; the table is the policy.
#pragma once

#include <cstdint>
#include <optional>

#include <wayfare/error.hpp>
#include <wayfare/ledger.hpp>

#include "call/attempt.hpp"

namespace wayfare::call {

// What another attempt can help against: `again` the same model, `other` another one.
struct Remedy {
  bool again = false, other = false;
};
Remedy remedy_of(const Error& error) noexcept;

// What is left to a call whose attempt has failed.
struct Left {
  bool model = false; // another model
  int retries = 0;    // of the last one
  int waits = 0;      // that were made
  // a hard budget or max_cost applies: no attempt after one that may have been billed
  bool limited = false;
  Micros time = 0; // until the deadline
};

struct Step {
  enum class Kind : std::uint8_t { give_up, again, next } kind = Kind::give_up;
  Micros wait = 0; // before it
};

inline constexpr Micros wait_first = 500'000, wait_max = 60'000'000;

// Another model is taken at once where there is one and the failure is the model's; else the same
// one is tried again, after what the server asked for and a drawn part ("full jitter") of a wait
// that grows by half each time, from wait_first to wait_max. A server that asks for more than
// wait_max, or for more than the deadline leaves, is not waited for: the error then says how long
// it asks. `chance` is evenly drawn.
Step decide(const Error& error, State state, bool has_content, const Left& left,
            std::uint64_t chance);

} // namespace wayfare::call
