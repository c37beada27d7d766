// Rate limits: how many requests and tokens calls may send within a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <wayfare/budget.hpp>
#include <wayfare/fields.hpp>
#include <wayfare/ledger.hpp>

namespace wayfare {

struct RateLimit {
  std::string name;
  std::optional<std::int64_t> requests, tokens;
  std::int64_t per = 60;
  std::string value;
  Scope scope;
  std::int64_t used_requests = 0, used_tokens = 0;
};
template <>
inline constexpr auto fields_of<RateLimit> = record(
    "RateLimit", "A rate limit, and what counts in it now.",
    field("name", &RateLimit::name, "The name of the rate limit."),
    field("requests", &RateLimit::requests, "The most requests within the time."),
    field("tokens", &RateLimit::tokens, "The most tokens within the time."),
    field("per", &RateLimit::per, "The time in seconds."),
    field("value", &RateLimit::value, "The value for the `*` in the scope.", Shape::null_if_empty),
    inlined(&RateLimit::scope),
    field("used_requests", &RateLimit::used_requests, "The requests that count now."),
    field("used_tokens", &RateLimit::used_tokens, "The tokens that count now."));

struct SetRateLimit {
  using Result = std::optional<RateLimit>;
  std::string name{};
  std::optional<std::int64_t> requests{}, tokens{}, per{};
  bool remove = false;
  Scope scope{};
};
template <>
inline constexpr auto fields_of<SetRateLimit> = record(
    "rate_limit",
    "Makes or changes a rate limit: the most requests and tokens that calls of all processes of "
    "the ledger may send within any such time. Each attempt counts: retries and fallbacks too. "
    "Tokens count when the attempt is reserved, as a quarter of the bytes of the prompt and the "
    "most tokens that the answer may have, else 512. The tokens that the server tells take their "
    "place. "
    "What counts leaves the limit at most a sixtieth of the time late. A change keeps the values "
    "that are left out. If any part of a scope is given, the given parts replace the whole scope, "
    "and all counts begin anew. One part, but not the tag, may be `*`: then each value of that "
    "part has a limit of its own, and so have the calls without a value. Gives the rate limit "
    "after the change, or nothing if it was deleted.",
    field("name", &SetRateLimit::name, "The name, at most 128 bytes.", Shape::required),
    field("requests", &SetRateLimit::requests,
          "The most requests: 1 to 1000000000. A new one needs this or `tokens`."),
    field("tokens", &SetRateLimit::tokens, "The most tokens: 1 to 1000000000000."),
    field("per", &SetRateLimit::per, "The time in seconds: 1 to 86400. A new one without it: 60."),
    field("delete", &SetRateLimit::remove, "Deletes the rate limit."),
    inlined(&SetRateLimit::scope));

struct ListRateLimits {
  using Result = std::vector<RateLimit>;
};
template <>
inline constexpr auto fields_of<ListRateLimits> =
    record("rate_limits", "Lists the rate limits with what counts in them now, by name.");

} // namespace wayfare
