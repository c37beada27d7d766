// The contents of the ledger: entries and their sums. core/LEDGER.md lists the guarantees of the
// file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <wayfare/billing.hpp>
#include <wayfare/error.hpp>
#include <wayfare/fields.hpp>
#include <wayfare/money.hpp>
#include <wayfare/request.hpp>

namespace wayfare {

struct Entry : Billing {
  std::string entry;
  State state = State::reserved;
  Time reserved{}, booked{};
  ChargeTo charge_to;
  std::string requested_model;
  std::string request_id;
  std::optional<std::int64_t> prompt_tokens, completion_tokens, cached_tokens, cache_write_tokens,
      reasoning_tokens;
  Code error = Code::ok;
  std::int32_t status = 0;
  std::int64_t total_us = 0;
  bool correction = false;
  std::string reason;
  std::optional<std::int64_t> agent_version;
  std::optional<std::int64_t> first_us;
  std::string server;
};
template <>
inline constexpr auto fields_of<Entry> = record(
    "Entry", "One attempt in the ledger.",
    field("entry", &Entry::entry, "The id of the attempt: 26 characters that sort by time."),
    field("state", &Entry::state, "The state of the attempt."),
    field("reserved", &Entry::reserved,
          "When the attempt was reserved. The request is sent after that."),
    field("booked", &Entry::booked,
          "When the end of the attempt was booked. If it has not ended: when it was reserved."),
    inlined(&Entry::charge_to),
    field("requested_model", &Entry::requested_model, "The model that the request named."),
    base<Billing>,
    field("request_id", &Entry::request_id, "The id that the caller gave the request.",
          Shape::null_if_empty),
    field("prompt_tokens", &Entry::prompt_tokens, "See Usage."),
    field("completion_tokens", &Entry::completion_tokens, "See Usage."),
    field("cached_tokens", &Entry::cached_tokens, "See Usage."),
    field("cache_write_tokens", &Entry::cache_write_tokens, "See Usage."),
    field("reasoning_tokens", &Entry::reasoning_tokens, "See Usage."),
    field("error", &Entry::error, "The cause of the failure.", Shape::null_if_empty),
    field("status", &Entry::status, "The HTTP status of the answer.", Shape::null_if_empty),
    field("total_us", &Entry::total_us,
          "Microseconds from the start of the call to the last byte of the answer."),
    field("correction", &Entry::correction,
          "Whether this row corrects an earlier row of the same entry. Add its cost and its counts "
          "to those of the earlier row."),
    field("reason", &Entry::reason, "Why a person gave the cost, with the operation settle.",
          Shape::null_if_empty),
    field("agent_version", &Entry::agent_version,
          "The version of the agent that served. Null if the call named no agent."),
    field("first_us", &Entry::first_us,
          "Microseconds from the start of the request to the first piece of content. Null if the "
          "answer was not streamed, or if no content came."),
    field("server", &Entry::server, "The base URL of the server to which the request went."));

struct EntryPage {
  std::vector<Entry> entries;
  std::string next;
};
template <>
inline constexpr auto fields_of<EntryPage> =
    record("EntryPage", "A page of ledger entries.",
           field("entries", &EntryPage::entries, "The entries, in the order of the query."),
           field("next", &EntryPage::next,
                 "The value of `after` for the following page. Null on the last page.",
                 Shape::null_if_empty));

struct Unknown {
  std::string entry;
  State state = State::unknown;
  Time reserved{}, since{};
  ChargeTo charge_to;
  std::string model, request_id, generation_id;
  std::optional<Amount> cost, bound;
  Amount held;
  bool is_looked_up = false;
  std::optional<Time> gives_up_at;
  std::string refused_figures;
};
template <>
inline constexpr auto fields_of<Unknown> = record(
    "Unknown", "An attempt that has ended and whose cost or upstream cost is not known.",
    field("entry", &Unknown::entry, "The id of the attempt, for the operation settle."),
    field("state", &Unknown::state,
          "`unknown` if the attempt may have been billed. `settled` if it has ended well and the "
          "server did not tell what it costs."),
    field("reserved", &Unknown::reserved, "When the attempt was reserved."),
    field("since", &Unknown::since, "Since when the cost is unknown: the end of the attempt."),
    inlined(&Unknown::charge_to),
    field("model", &Unknown::model,
          "The model that served. The requested model if the server did not name one."),
    field("request_id", &Unknown::request_id, "The id that the caller gave the request.",
          Shape::null_if_empty),
    field("generation_id", &Unknown::generation_id, "The server's id of the call.",
          Shape::null_if_empty),
    field("cost", &Unknown::cost,
          "US dollars: the cost, if only the upstream cost is not known. See is_byok of an entry."),
    field("bound", &Unknown::bound,
          "US dollars: the most that the attempt can cost. Null if it has no bound."),
    field("held", &Unknown::held,
          "US dollars that budgets hold for the attempt. If they hold different amounts, this is "
          "the highest one."),
    field("looked_up", &Unknown::is_looked_up,
          "Whether wayfare asks the server for the cost. It does so if the server told an id of "
          "the call."),
    field("gives_up_at", &Unknown::gives_up_at,
          "When wayfare gives up, unless it learns the cost before. From then on an `unknown` "
          "attempt is charged at its bound, or stays without a cost if it has none. A `settled` "
          "attempt stays without a cost. Null if wayfare has given up already: then only the "
          "operation settle ends it."),
    field("refused_figures", &Unknown::refused_figures,
          "The figures that cannot be right in the answer and in what the server told later: their "
          "names with what the server said. See the field of an entry.",
          Shape::json | Shape::null_if_empty));

struct UnknownPage {
  std::vector<Unknown> unknown;
  std::string next;
};
template <>
inline constexpr auto fields_of<UnknownPage> =
    record("UnknownPage", "A page of attempts whose cost is not known.",
           field("unknown", &UnknownPage::unknown, "The attempts, the oldest first."),
           field("next", &UnknownPage::next,
                 "The value of `after` for the following page. Null on the last page.",
                 Shape::null_if_empty));

enum class Dimension : std::uint8_t {
  day,
  app,
  agent,
  model,
  provider,
  key,
  user,
  tag,
  run,
  hour,
  week,
  month,
  requested_model,
  agent_version,
};
template <>
inline constexpr auto values_of<Dimension> = enumeration<Dimension>(
    "Dimension", "A dimension by which calls are grouped.",
    {
        {Dimension::day, "day", "The day, by the time of the reservation."},
        {Dimension::app, "app", "The app of charge_to."},
        {Dimension::agent, "agent", "The agent of charge_to."},
        {Dimension::model, "model", "The model that served."},
        {Dimension::provider, "provider", "The provider that served."},
        {Dimension::key, "key", "The API key."},
        {Dimension::user, "user", "The user of charge_to."},
        {Dimension::tag, "tag",
         "A tag of charge_to. Calls without a tag are not counted. A call with several tags counts "
         "in full for each tag."},
        {Dimension::run, "run", "The run of charge_to."},
        {Dimension::hour, "hour", "The hour, by the time of the reservation."},
        {Dimension::week, "week", "The week from Monday on, by the time of the reservation."},
        {Dimension::month, "month", "The month, by the time of the reservation."},
        {Dimension::requested_model, "requested_model", "The model that the request named."},
        {Dimension::agent_version, "agent_version",
         "The version of the agent: empty for calls that named no agent."},
    });

struct UsageRow {
  std::optional<std::string> day, app, agent, model, provider, key, user, tag, run, hour, week,
      month, requested_model, agent_version;
  std::int64_t calls = 0, unknown = 0;
  std::int64_t prompt_tokens = 0, completion_tokens = 0, cached_tokens = 0, cache_write_tokens = 0,
               reasoning_tokens = 0;
  Amount cost, held;
  std::int64_t byok_calls = 0, upstream_unknown = 0;
  Amount upstream_cost;
  bool saturated = false;
};
template <>
inline constexpr auto fields_of<UsageRow> = record(
    "UsageRow", "Sums over calls. A dimension is null if the query did not group by it.",
    field("day", &UsageRow::day, "The day, such as 2026-11-23."),
    field("app", &UsageRow::app, "The app."), field("agent", &UsageRow::agent, "The agent."),
    field("model", &UsageRow::model, "The model that served."),
    field("provider", &UsageRow::provider, "The provider that served."),
    field("key", &UsageRow::key, "The first 12 hexadecimal digits of the API key's SHA-256."),
    field("user", &UsageRow::user, "The user."), field("tag", &UsageRow::tag, "The tag."),
    field("run", &UsageRow::run, "The run."),
    field("hour", &UsageRow::hour,
          "The begin of the hour, such as 2026-11-23T09:00:00Z, or 2026-11-23T10:00:00+01:00 in "
          "the time zone of the query."),
    field("week", &UsageRow::week, "The Monday of the week, such as 2026-11-23."),
    field("month", &UsageRow::month, "The month, such as 2026-11."),
    field("requested_model", &UsageRow::requested_model, "The model that the request named."),
    field("agent_version", &UsageRow::agent_version, "The version of the agent."),
    field("calls", &UsageRow::calls, "The attempts that were sent or may have been sent."),
    field("unknown", &UsageRow::unknown, "The attempts among `calls` whose cost is not known."),
    field("prompt_tokens", &UsageRow::prompt_tokens, "The sum of the known counts."),
    field("completion_tokens", &UsageRow::completion_tokens, "The sum of the known counts."),
    field("cached_tokens", &UsageRow::cached_tokens, "The sum of the known counts."),
    field("cache_write_tokens", &UsageRow::cache_write_tokens, "The sum of the known counts."),
    field("reasoning_tokens", &UsageRow::reasoning_tokens, "The sum of the known counts."),
    field("cost", &UsageRow::cost, "US dollars: the sum of the known costs."),
    field("held", &UsageRow::held,
          "US dollars: the most that attempts without an end may cost, as far as it is known."),
    field("byok_calls", &UsageRow::byok_calls,
          "The attempts among `calls` that used your own key of the provider (BYOK)."),
    field("upstream_unknown", &UsageRow::upstream_unknown,
          "The attempts among `byok_calls` whose upstream cost is not known."),
    field("upstream_cost", &UsageRow::upstream_cost,
          "US dollars: the sum of the known costs that providers bill you directly. It is not part "
          "of `cost`."),
    field("saturated", &UsageRow::saturated,
          "Whether a sum of this row is too large to be told: above 9223372.036854775807 US "
          "dollars. Such a sum stays at the largest number, and the true one is higher."));

struct Reconciled {
  std::int64_t looked_up = 0, settled = 0, given_up = 0, unknown = 0;
  Amount cost, charged;
  std::string trouble;
  bool saturated = false;
};
template <>
inline constexpr auto fields_of<Reconciled> = record(
    "Reconciled", "The result of looking up unknown costs.",
    field("looked_up", &Reconciled::looked_up,
          "The attempts about which wayfare asked the server."),
    field("settled", &Reconciled::settled,
          "The attempts among `looked_up` whose cost the server told."),
    field("given_up", &Reconciled::given_up,
          "The attempts that were given up. Each is charged at the bound that was held for it. An "
          "attempt without a bound stays without a cost."),
    field("unknown", &Reconciled::unknown,
          "The attempts whose cost stays unknown: they are younger than a day, or were sent to "
          "another server or with another key."),
    field("cost", &Reconciled::cost, "US dollars: the costs that the server told."),
    field("charged", &Reconciled::charged,
          "US dollars: the charges for the attempts that were given up."),
    field("saturated", &Reconciled::saturated,
          "Whether `cost` or `charged` is too large to be told. See UsageRow."),
    field("trouble", &Reconciled::trouble, "Why the lookups stopped early.", Shape::null_if_empty));

struct Verification {
  bool ok = false;
  std::int64_t entries = 0, pending = 0;
  std::vector<std::string> problems;
};
template <>
inline constexpr auto fields_of<Verification> = record(
    "Verification", "The result of checking the ledger.",
    field("ok", &Verification::ok, "Whether no problem was found."),
    field("entries", &Verification::entries, "The number of rows that were read."),
    field("pending", &Verification::pending,
          "The number of rows that were read of attempts without an end."),
    field("problems", &Verification::problems, "One line for each problem, at most 100 lines."));

struct Pruned {
  std::int64_t entries = 0, windows = 0;
};
template <>
inline constexpr auto fields_of<Pruned> =
    record("Pruned", "The numbers of deleted rows.",
           field("entries", &Pruned::entries, "Deleted entries."),
           field("windows", &Pruned::windows, "Deleted windows of budgets."));

} // namespace wayfare
