// The notices of the operation watch.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <wayfare/billing.hpp>
#include <wayfare/error.hpp>
#include <wayfare/fields.hpp>
#include <wayfare/money.hpp>
#include <wayfare/request.hpp>

namespace wayfare {

enum class WatchOf : std::uint8_t { client, process };
template <>
inline constexpr auto values_of<WatchOf> =
    enumeration<WatchOf>("WatchOf", "Whose calls are watched.",
                         {
                             {WatchOf::client, "client", "Those of this client."},
                             {WatchOf::process, "process",
                              "Those of every client of this process, whatever its ledger, also of "
                              "clients that are made "
                              "later. Each thing is told once."},
                         });

enum class NoticeType : std::uint8_t {
  ended,
  retry,
  fallback,
  waits,
  looked_up,
  crossing,
  setting,
  cooldown
};
template <>
inline constexpr auto values_of<NoticeType> = enumeration<NoticeType>(
    "NoticeType", "What a notice tells.",
    {
        {NoticeType::ended, "ended", "An attempt has ended, and its end is in the ledger."},
        {NoticeType::retry, "retry", "A call tries the same model again after a failure."},
        {NoticeType::fallback, "fallback", "A call tries the next model after a failure."},
        {NoticeType::waits, "waits", "A call waits for a budget or for a rate limit."},
        {NoticeType::looked_up, "looked_up",
         "A cost that was not known was looked up, or the lookup was given up. Whoever watches a "
         "client of the ledger gets it, whichever client has asked."},
        {NoticeType::crossing, "crossing",
         "A window of a budget has spent a share of its limit for the first time. Whoever watches "
         "a client of the ledger gets it. What another process has spent is told with the next "
         "attempt of this process."},
        {NoticeType::setting, "setting", "A setting of the environment was left out."},
        {NoticeType::cooldown, "cooldown",
         "A model, or a provider of it, cools down from now on, because of an attempt of the "
         "client."},
    });

struct Notice {
  NoticeType type = NoticeType::ended;
  Time time{};
  std::string text;
  std::string ledger, base_url;
  std::string entry, request_id, model, provider;
  ChargeTo charge_to;
  std::optional<State> state;
  Code error = Code::ok;
  std::int32_t status = 0;
  std::optional<Amount> cost;
  std::optional<std::int64_t> prompt_tokens, completion_tokens;
  std::optional<std::int64_t> total_us, wait_us;
  std::string budget, value, limit;
  std::optional<std::int32_t> percent;
  std::optional<Time> until;
  std::int64_t dropped = 0;
  std::string slug;
};
template <>
inline constexpr auto fields_of<Notice> = record(
    "Notice", "One thing that happened to the calls of a client. It has no prompt and no key.",
    field("type", &Notice::type, "What the notice tells."),
    field("time", &Notice::time, "When it happened."),
    field("text", &Notice::text, "The notice in one line of English."),
    field("ledger", &Notice::ledger, "The path of the ledger of the client."),
    field("base_url", &Notice::base_url,
          "The server that was asked. Null where the ledger tells the notice: a crossing.",
          Shape::null_if_empty),
    field("entry", &Notice::entry, "The id of the attempt.", Shape::null_if_empty),
    field("request_id", &Notice::request_id, "The id that the caller gave the request.",
          Shape::null_if_empty),
    field("model", &Notice::model,
          "The model that served. Of a retry or a fallback: the model that is tried now.",
          Shape::null_if_empty),
    field("provider", &Notice::provider, "The provider that served.", Shape::null_if_empty),
    inlined(&Notice::charge_to),
    field("state", &Notice::state, "The state of an attempt that has ended."),
    field("error", &Notice::error, "The cause of a failure.", Shape::null_if_empty),
    field("status", &Notice::status, "The HTTP status.", Shape::null_if_empty),
    field("cost", &Notice::cost, "US dollars: the cost of the attempt."),
    field("prompt_tokens", &Notice::prompt_tokens, "See Usage."),
    field("completion_tokens", &Notice::completion_tokens, "See Usage."),
    field("total_us", &Notice::total_us,
          "Microseconds from the start of the call to the last byte of the answer."),
    field("wait_us", &Notice::wait_us, "Microseconds until the next attempt of a retry."),
    field("budget", &Notice::budget, "The name of the budget.", Shape::null_if_empty),
    field("value", &Notice::value, "The value that the window has for the `*` in its scope.",
          Shape::null_if_empty),
    field("limit", &Notice::limit, "The name of the rate limit.", Shape::null_if_empty),
    field("percent", &Notice::percent, "The share of the limit that was spent."),
    field("until", &Notice::until, "When the cool-down ends."),
    field("dropped", &Notice::dropped,
          "How many notices before this one were dropped because nobody took them.",
          Shape::null_if_empty),
    field("slug", &Notice::slug,
          "The slug of the provider that cools down. Null: the model cools down.",
          Shape::null_if_empty));

} // namespace wayfare
