// What the ledger holds: entries, sums of them, budgets and blocks. core/LEDGER.md tells what the
// file promises.
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
};
template <>
inline constexpr auto fields_of<Entry> = record(
    "Entry", "One attempt, as the ledger holds it.",
    field("entry", &Entry::entry, "The id of the attempt: 26 characters that sort by time."),
    field("state", &Entry::state, "How far the attempt has come."),
    field("reserved", &Entry::reserved, "When it was reserved, before it was sent."),
    field("booked", &Entry::booked,
          "When its end was booked. Without an end: when it was reserved."),
    inlined(&Entry::charge_to),
    field("requested_model", &Entry::requested_model, "The model that was asked for."),
    base<Billing>,
    field("request_id", &Entry::request_id, "The request's own id.", Shape::null_if_empty),
    field("prompt_tokens", &Entry::prompt_tokens, "See Usage."),
    field("completion_tokens", &Entry::completion_tokens, "See Usage."),
    field("cached_tokens", &Entry::cached_tokens, "See Usage."),
    field("cache_write_tokens", &Entry::cache_write_tokens, "See Usage."),
    field("reasoning_tokens", &Entry::reasoning_tokens, "See Usage."),
    field("error", &Entry::error, "Why the attempt failed.", Shape::null_if_empty),
    field("status", &Entry::status, "The HTTP status of the answer.", Shape::null_if_empty),
    field("total_us", &Entry::total_us, "Microseconds from the call to the last byte."),
    field("correction", &Entry::correction,
          "Whether the cost and the counts are to be added to the earlier row of the same entry."));

struct EntryPage {
  std::vector<Entry> entries;
  std::string next;
};
template <>
inline constexpr auto fields_of<EntryPage> =
    record("EntryPage", "Some entries of the ledger.",
           field("entries", &EntryPage::entries, "The entries, in their order."),
           field("next", &EntryPage::next,
                 "What `after` is for the page behind this one. Without it this page is the last.",
                 Shape::null_if_empty));

enum class Dimension : std::uint8_t { day, app, agent, model, provider, key, user, tag, run };
template <>
inline constexpr auto values_of<Dimension> = enumeration<Dimension>(
    "Dimension", "What calls are grouped by.",
    {
        {Dimension::day, "day", "The day in UTC, by the time of the reservation."},
        {Dimension::app, "app", "The app of charge_to."},
        {Dimension::agent, "agent", "The agent of charge_to."},
        {Dimension::model, "model", "The model that served."},
        {Dimension::provider, "provider", "The provider that served."},
        {Dimension::key, "key", "The API key."},
        {Dimension::user, "user", "The user of charge_to."},
        {Dimension::tag, "tag",
         "A tag of charge_to. Only calls with a tag are counted, and each of several tags counts "
         "the whole call."},
        {Dimension::run, "run", "The run of charge_to."},
    });

struct UsageRow {
  std::optional<std::string> day, app, agent, model, provider, key, user, tag, run;
  std::int64_t calls = 0, unknown = 0;
  std::int64_t prompt_tokens = 0, completion_tokens = 0, cached_tokens = 0, cache_write_tokens = 0,
               reasoning_tokens = 0;
  Amount cost, held;
};
template <>
inline constexpr auto fields_of<UsageRow> = record(
    "UsageRow", "Sums over calls. A dimension that was not asked for is not known.",
    field("day", &UsageRow::day, "The day in UTC, such as 2026-11-23."),
    field("app", &UsageRow::app, "The app."), field("agent", &UsageRow::agent, "The agent."),
    field("model", &UsageRow::model, "The model that served."),
    field("provider", &UsageRow::provider, "The provider that served."),
    field("key", &UsageRow::key, "The first 12 hexadecimal digits of the API key's SHA-256."),
    field("user", &UsageRow::user, "The user."), field("tag", &UsageRow::tag, "The tag."),
    field("run", &UsageRow::run, "The run."),
    field("calls", &UsageRow::calls, "Attempts that were sent or may have been sent."),
    field("unknown", &UsageRow::unknown, "Those of them whose cost is not known."),
    field("prompt_tokens", &UsageRow::prompt_tokens, "The sum of the known counts."),
    field("completion_tokens", &UsageRow::completion_tokens, "The sum of the known counts."),
    field("cached_tokens", &UsageRow::cached_tokens, "The sum of the known counts."),
    field("cache_write_tokens", &UsageRow::cache_write_tokens, "The sum of the known counts."),
    field("reasoning_tokens", &UsageRow::reasoning_tokens, "The sum of the known counts."),
    field("cost", &UsageRow::cost, "US dollars: the sum of the known costs."),
    field("held", &UsageRow::held,
          "US dollars: what attempts without an end may cost at most, where that is known."));

struct Scope {
  std::string app{}, agent{}, user{}, run{}, tag{}, key{}, model{};

  bool operator==(const Scope&) const = default;
};
template <>
inline constexpr auto fields_of<Scope> = record(
    "Scope",
    "The calls that a budget or a block is about: those that match every part that is given. Each "
    "part has at most 128 bytes.",
    field("app", &Scope::app, "The app of charge_to.", Shape::null_if_empty),
    field("agent", &Scope::agent, "The agent of charge_to.", Shape::null_if_empty),
    field("user", &Scope::user, "The user of charge_to.", Shape::null_if_empty),
    field("run", &Scope::run, "The run of charge_to.", Shape::null_if_empty),
    field("tag", &Scope::tag, "One of the tags of charge_to.", Shape::null_if_empty),
    field("key", &Scope::key, "The first 12 or more hexadecimal digits of the API key's SHA-256.",
          Shape::null_if_empty),
    field("model", &Scope::model, "The model that was asked for.", Shape::null_if_empty));

enum class Window : std::uint8_t { hour, day, week, month, lifetime };
template <>
inline constexpr auto values_of<Window> =
    enumeration<Window>("Window", "The period of a budget, in UTC.",
                        {
                            {Window::hour, "hour", "An hour."},
                            {Window::day, "day", "A day."},
                            {Window::week, "week", "A week. It begins on Monday."},
                            {Window::month, "month", "A month."},
                            {Window::lifetime, "lifetime", "It never ends."},
                        });

enum class BudgetMode : std::uint8_t { hard, soft };
template <>
inline constexpr auto values_of<BudgetMode> = enumeration<BudgetMode>(
    "BudgetMode", "What a budget does with a call that may cost more than is left.",
    {
        {BudgetMode::hard, "hard",
         "The call is refused with budget_exceeded. What is spent and what is reserved never pass "
         "the limit together."},
        {BudgetMode::soft, "soft", "The call is sent, and its reply has a warning."},
    });

struct Budget {
  std::string name;
  Amount limit, spent, reserved, left, excess;
  std::optional<Time> resets_at;
  BudgetMode mode = BudgetMode::hard;
  Window window = Window::day;
  std::optional<Amount> assume;
  std::string value;
  Scope scope;
};
template <>
inline constexpr auto fields_of<Budget> = record(
    "Budget", "A budget in its present window. Amounts are US dollars.",
    field("name", &Budget::name, "The name of the budget."),
    field("limit", &Budget::limit, "What the calls of a window may cost."),
    field("spent", &Budget::spent, "What the calls of this window have cost."),
    field("reserved", &Budget::reserved, "What is held for calls whose cost is not known yet."),
    field("left", &Budget::left,
          "The limit less both. Below zero where the limit was set below what is spent, a cost "
          "passed its bound, or the budget is soft."),
    field("excess", &Budget::excess,
          "The part of the costs above what was held for them, and of a limit that was set below "
          "what was spent."),
    field("resets_at", &Budget::resets_at,
          "When the window ends. Without it the window never ends."),
    field("mode", &Budget::mode, "What the budget does with a call that may cost more."),
    field("window", &Budget::window, "The period."),
    field("assume", &Budget::assume, "What a call without a bound holds."),
    field("value", &Budget::value, "The value of the part of the scope that is `*`.",
          Shape::null_if_empty),
    inlined(&Budget::scope));

struct Block {
  Scope scope;
};
template <>
inline constexpr auto fields_of<Block> =
    record("Block", "The calls that are refused.", inlined(&Block::scope));

struct Reconciled {
  std::int64_t looked_up = 0, settled = 0, given_up = 0, unknown = 0;
  Amount cost, charged;
  std::string trouble;
};
template <>
inline constexpr auto fields_of<Reconciled> = record(
    "Reconciled", "What came of looking up the costs that are not known.",
    field("looked_up", &Reconciled::looked_up, "Attempts that the server was asked about."),
    field("settled", &Reconciled::settled, "Those of them whose cost the server told."),
    field("given_up", &Reconciled::given_up,
          "Attempts that were given up: they are charged at the bound that was held for them, or "
          "stay without a cost where they had none."),
    field("unknown", &Reconciled::unknown,
          "Attempts of the ledger whose cost stays unknown: they are younger than a day, or were "
          "sent to another server or with another key."),
    field("cost", &Reconciled::cost, "US dollars: the costs that the server told."),
    field("charged", &Reconciled::charged, "US dollars: what the attempts given up are charged."),
    field("trouble", &Reconciled::trouble, "Why it ended early.", Shape::null_if_empty));

struct Verification {
  bool ok = false;
  std::int64_t entries = 0, pending = 0;
  std::vector<std::string> problems;
};
template <>
inline constexpr auto fields_of<Verification> = record(
    "Verification", "Whether the ledger is whole.",
    field("ok", &Verification::ok, "Whether no problem was found."),
    field("entries", &Verification::entries, "Rows that were read."),
    field("pending", &Verification::pending, "Rows of attempts without an end that were read."),
    field("problems", &Verification::problems, "A line for each problem, at most 100."));

struct Pruned {
  std::int64_t entries = 0, windows = 0;
};
template <>
inline constexpr auto fields_of<Pruned> =
    record("Pruned", "What was deleted.", field("entries", &Pruned::entries, "Entries."),
           field("windows", &Pruned::windows, "Windows of budgets."));

} // namespace wayfare
