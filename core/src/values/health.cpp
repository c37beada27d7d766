#include "values/health.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace wayfare {

namespace {

// As in call/retry, but only where the model or its provider is to blame.
bool blames_model(const Error& error) {
  switch (error.code) {
    case Code::rate_limited:
    case Code::request_timeout:
    case Code::server_error:
    case Code::provider_failed:
    case Code::overloaded:
    case Code::provider_timeout:
    case Code::first_byte_timeout:
    case Code::idle_timeout:
    case Code::content_timeout:
    case Code::stream_broken: return true;
    case Code::malformed: return error.retryable; // cut short or empty
    default: return false;
  }
}

bool is_unreachable(const Error& error) {
  constexpr std::array codes{Code::dns, Code::connect, Code::connect_timeout, Code::tls,
                             Code::connection_lost};
  return std::ranges::find(codes, error.code) != codes.end();
}

bool cools(const Health& health) { return health.until_us != 0; }

// The clock may have gone back since.
bool is_within(std::int64_t then_us, std::int64_t now_us, std::int64_t span_us) {
  return now_us >= then_us && now_us - then_us <= span_us;
}

void cool(Health& health, std::string_view uid, std::int64_t now_us, std::int64_t span_us) {
  if (!cools(health)) {
    health.since_us = now_us;
    health.entry = uid;
  }
  health.until_us = std::max(health.until_us, now_us + span_us);
}

void fail(Health& health, std::string_view uid, const Outcome& outcome, std::int64_t now_us) {
  const bool was_probe = health.probe == uid;
  if (was_probe) health.probe.clear();
  ++health.failures;
  const std::int64_t first_us = health.before_us; // of three
  health.before_us = std::exchange(health.failed_us, now_us);
  health.provider = outcome.provider;
  if (outcome.retry_after_us > 0)
    return cool(health, uid, now_us, std::min(outcome.retry_after_us, retry_after_most_us));
  const bool is_enough =
      health.failures >= failures_to_cool && is_within(first_us, now_us, failures_within_us);
  // Those that were on their way already tell nothing new.
  if (cools(health) ? !was_probe : !is_enough) return;
  health.span_us = cools(health)
                       ? std::clamp(2 * health.span_us, cooldown_first_us, cooldown_most_us)
                       : cooldown_first_us;
  cool(health, uid, now_us, health.span_us);
}

} // namespace

Outcome outcome_of(const Error* error, bool has_other_servers) {
  if (!error) return {.told = Told::serves};
  if (!blames_model(*error) && !(has_other_servers && is_unreachable(*error))) return {};
  const auto wait = error->retry_after.value_or(std::chrono::milliseconds(0));
  return {.told = Told::fails,
          .retry_after_us = std::chrono::microseconds(wait).count(),
          .provider = error->provider};
}

std::string health_name(std::string_view model) {
  constexpr std::array<std::string_view, 4> same{":nitro", ":floor", ":exacto", ":online"};
  std::string name(model);
  for (std::size_t at = name.find(':'); at != name.npos;) {
    const std::size_t end = std::min(name.find(':', at + 1), name.size());
    if (std::ranges::find(same, std::string_view(name).substr(at, end - at)) != same.end())
      name.erase(at, end - at);
    else
      at = end;
    if (at >= name.size()) break;
  }
  return name;
}

Standing standing_of(const Health& health, std::int64_t now_us) {
  if (!cools(health) || is_forgotten(health, now_us)) return Standing::well;
  // further ahead than any cool-down: the clock has gone back
  const bool is_ahead = health.until_us - now_us > retry_after_most_us;
  return now_us < health.until_us && !is_ahead ? Standing::cooling : Standing::due;
}

bool is_probed(const Health& health, std::int64_t now_us) {
  return !health.probe.empty() && is_within(health.probing_us, now_us, probe_us - 1);
}

bool is_forgotten(const Health& health, std::int64_t now_us) {
  if (cools(health)) return now_us - health.until_us > forgotten_us;
  return !is_within(health.failed_us, now_us, failures_within_us);
}

std::optional<Health> after(std::optional<Health> known, const Ended& ended, const Outcome& outcome,
                            std::int64_t now_us) {
  if (known && is_forgotten(*known, now_us)) known.reset();
  const bool was_probe = known && known->probe == ended.uid;
  switch (outcome.told) {
    case Told::nothing:
      if (was_probe) known->probe.clear();
      return known;
    case Told::serves: {
      // An answer that was asked for before the cool-down tells nothing about the time since.
      const bool is_old = known && cools(*known) && ended.reserved_us < known->since_us;
      return is_old && !was_probe ? known : std::nullopt;
    }
    case Told::fails: break;
  }
  Health health = known.value_or(Health{});
  health.error = ended.error;
  health.status = ended.status;
  fail(health, ended.uid, outcome, now_us);
  return health;
}

Cooling cooling_of(const Health& health, std::int64_t now_us) {
  constexpr std::int64_t look_us = 1'000'000;
  const bool probing = standing_of(health, now_us) == Standing::due;
  return {.until_us = health.until_us,
          .wait_us = probing ? look_us : health.until_us - now_us,
          .probing = probing,
          .failures = health.failures,
          .error = health.error,
          .status = health.status,
          .provider = health.provider};
}

} // namespace wayfare
