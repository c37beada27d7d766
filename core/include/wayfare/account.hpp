// The account: what the server tells about an API key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <wayfare/fields.hpp>
#include <wayfare/money.hpp>

namespace wayfare {

struct KeyInfo {
  std::string label;
  std::optional<Amount> limit, limit_remaining;
  std::string limit_reset;
  std::optional<bool> counts_byok;
  std::optional<Amount> usage, usage_daily, usage_weekly, usage_monthly, byok_usage;
  std::optional<bool> is_free_tier, is_management_key;
  std::optional<Time> expires_at;
  std::optional<std::int64_t> free_requests_used, free_requests_limit;
  std::optional<Amount> credits_bought, credits_used;
};
// Source: GET /key and GET /credits of the server.
template <>
inline constexpr auto fields_of<KeyInfo> = record(
    "KeyInfo",
    "What the server tells about an API key. A value that the server does not tell is not known. "
    "Amounts are US dollars.",
    field("label", &KeyInfo::label,
          "The server's label of the key. It shows the first and the last characters of the key.",
          Shape::null_if_empty),
    field("limit", &KeyInfo::limit,
          "The most that the key may spend in one period. Not known for a key without a limit."),
    field("limit_remaining", &KeyInfo::limit_remaining, "What is left of the limit."),
    field("limit_reset", &KeyInfo::limit_reset,
          "The period of the limit: daily, weekly or monthly. Null if the limit is for ever.",
          Shape::null_if_empty),
    field("counts_byok", &KeyInfo::counts_byok,
          "Whether the limit counts the costs that a provider bills you directly."),
    field("usage", &KeyInfo::usage, "What the key has spent."),
    field("usage_daily", &KeyInfo::usage_daily, "What it has spent on this day in UTC."),
    field("usage_weekly", &KeyInfo::usage_weekly, "What it has spent since Monday in UTC."),
    field("usage_monthly", &KeyInfo::usage_monthly, "What it has spent in this month in UTC."),
    field("byok_usage", &KeyInfo::byok_usage,
          "The costs that providers have billed you directly for calls of the key."),
    field("is_free_tier", &KeyInfo::is_free_tier, "Whether the account has never bought credits."),
    field("is_management_key", &KeyInfo::is_management_key,
          "Whether the key manages other keys. Such a key cannot make calls."),
    field("expires_at", &KeyInfo::expires_at,
          "When the key ends. Not known for a key without end."),
    field("free_requests_used", &KeyInfo::free_requests_used,
          "The requests to free models on this day."),
    field("free_requests_limit", &KeyInfo::free_requests_limit,
          "The most requests to free models on a day."),
    field("credits_bought", &KeyInfo::credits_bought,
          "The credits that the account has bought. The server tells them to some keys only."),
    field("credits_used", &KeyInfo::credits_used, "The credits that the account has used."));

// ---- The operation.

struct GetKeyInfo {
  using Result = KeyInfo;
  std::string key{};
};
// Source: GET /key and GET /credits of the server.
template <>
inline constexpr auto fields_of<GetKeyInfo> =
    record("key_info",
           "Asks the server about a key: its limits, what it has used, and when it ends. The "
           "figures lag by minutes behind the calls. Only for OpenRouter.",
           field("key", &GetKeyInfo::key,
                 "The name of a key in the option `keys`. Else the option `api_key`."));

} // namespace wayfare
