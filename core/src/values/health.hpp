// Whether a model, or a provider of a model, answers, as the ends of attempts tell it, and when it
// cools down. The ledger keeps it for all processes. Pure: times are those of the ledger, in
// microseconds since 1970.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wayfare/error.hpp>

namespace wayfare {

// A provider of a model, by the slug that stands for it in a request and by its name in an answer.
struct FailedProvider {
  std::string slug, name;

  bool operator==(const FailedProvider&) const = default;
};

// The end of an attempt tells this about its model.
enum class Told : std::uint8_t { nothing, serves, fails };
struct Outcome {
  Told told = Told::nothing;
  std::int64_t retry_after_us = 0; // how long the server asks to wait; 0: it did not ask
  std::string provider;            // that failed or served, where the server told it
  std::vector<std::string> before; // the providers that failed before it in the same attempt
  // The providers that failed, `provider` last, where they are to blame. None: the model is.
  std::vector<FailedProvider> failed;
  std::vector<std::string> others; // the slugs of the further providers of the model
};
// `error` is null for an attempt that ended well. A failure tells about the model if the model or
// its provider failed, and may recover. The mistakes of the caller, an account or a key without
// credits or at its limit, and the failures of this machine's network tell nothing. Of a call that
// has other servers, a server that cannot be reached tells about its model, so that later calls do
// not wait for it.
Outcome outcome_of(const Error* error, bool has_other_servers = false);

// The name under which a model cools down: without the suffixes that only choose among its
// providers or add a plugin. "m/one" for "m/one:nitro", but "m/one:free" is a model of its own.
std::string health_name(std::string_view model);

inline constexpr std::int64_t cooldown_first_us = 30'000'000, cooldown_most_us = 600'000'000,
                              retry_after_most_us = 3'600'000'000, failures_within_us = 60'000'000,
                              probe_us = 60'000'000, forgotten_us = 3'600'000'000;
inline constexpr std::int64_t failures_to_cool = 3;

// The state of a model or a provider that has failed. No Health: it has not.
struct Health {
  std::int64_t failures = 0;                 // in a row
  std::int64_t failed_us = 0, before_us = 0; // the last failure, and the one before it
  std::int64_t since_us = 0, until_us = 0;   // of the cool-down; until 0: there is none
  std::int64_t span_us = 0;                  // of the last cool-down that no Retry-After set
  Code error = Code::ok;                     // of the last failure
  std::int32_t status = 0;
  std::string provider;        // of the last failure; of a provider's own state: its name
  std::string entry;           // the attempt that began the cool-down
  std::string probe;           // the attempt that tries the model now
  std::int64_t probing_us = 0; // since when

  bool operator==(const Health&) const = default;
};

// cooling: no attempt may try the model. due: the next attempt may, as the probe.
enum class Standing : std::uint8_t { well, cooling, due };
Standing standing_of(const Health& health, std::int64_t now_us);
// Whether a probe keeps the model for itself, if its attempt has not ended.
bool is_probed(const Health& health, std::int64_t now_us);
// Whether nothing of it counts any more.
bool is_forgotten(const Health& health, std::int64_t now_us);

struct Ended { // an attempt
  std::string_view uid;
  std::int64_t reserved_us = 0;
  Code error = Code::ok;
  std::int32_t status = 0;
};
// Gives the state after the end of an attempt.
std::optional<Health> after(std::optional<Health> known, const Ended& ended, const Outcome& outcome,
                            std::int64_t now_us);

// The cool-down that keeps an attempt from its model.
struct Cooling {
  std::int64_t until_us = 0;
  std::int64_t wait_us = 0; // from now on; while a probe runs: when it is worth another look
  bool probing = false;
  std::int64_t failures = 0;
  Code error = Code::ok;
  std::int32_t status = 0;
  std::string provider;
};
Cooling cooling_of(const Health& health, std::int64_t now_us);

} // namespace wayfare
