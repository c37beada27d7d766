// Budgets and blocks: what calls may cost, and which calls are stopped.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <wayfare/fields.hpp>
#include <wayfare/money.hpp>

namespace wayfare {

struct Scope {
  std::string app{}, agent{}, user{}, run{}, tag{}, key{}, model{};

  bool operator==(const Scope&) const = default;
};
template <>
inline constexpr auto fields_of<Scope> = record(
    "Scope",
    "The calls to which a budget or a block applies: the calls that match every given part. Each "
    "part has at most 128 bytes. A part that is given without a value is refused.",
    field("app", &Scope::app, "The app of charge_to.", Shape::null_if_empty | Shape::never_empty),
    field("agent", &Scope::agent, "The agent of charge_to.",
          Shape::null_if_empty | Shape::never_empty),
    field("user", &Scope::user, "The user of charge_to.",
          Shape::null_if_empty | Shape::never_empty),
    field("run", &Scope::run, "The run of charge_to.", Shape::null_if_empty | Shape::never_empty),
    field("tag", &Scope::tag, "One of the tags of charge_to.",
          Shape::null_if_empty | Shape::never_empty),
    field("key", &Scope::key, "The first 12 or more hexadecimal digits of the API key's SHA-256.",
          Shape::null_if_empty | Shape::never_empty),
    field("model", &Scope::model, "The model that the request named.",
          Shape::null_if_empty | Shape::never_empty));

enum class Window : std::uint8_t { hour, day, week, month, lifetime };
template <>
inline constexpr auto values_of<Window> =
    enumeration<Window>("Window", "The period of a budget, in UTC.",
                        {
                            {Window::hour, "hour", "An hour."},
                            {Window::day, "day", "A day."},
                            {Window::week, "week", "A week, beginning on Monday."},
                            {Window::month, "month", "A month."},
                            {Window::lifetime, "lifetime", "A window that never ends."},
                        });

enum class BudgetMode : std::uint8_t { hard, soft };
template <>
inline constexpr auto values_of<BudgetMode> = enumeration<BudgetMode>(
    "BudgetMode", "The action of a budget when a call may cost more than is left.",
    {
        {BudgetMode::hard, "hard",
         "The call is refused with budget_exceeded. The sum of spent and reserved never exceeds "
         "the limit and its override."},
        {BudgetMode::soft, "soft", "The call is sent. Its reply has a warning."},
    });

enum class BudgetByok : std::uint8_t { count, ignore };
template <>
inline constexpr auto values_of<BudgetByok> = enumeration<BudgetByok>(
    "BudgetByok", "What a budget does with the costs that a provider bills you directly (BYOK).",
    {
        {BudgetByok::count, "count",
         "The budget counts them beside the costs that the server bills. An amount that the server "
         "did not tell keeps its hold."},
        {BudgetByok::ignore, "ignore", "The budget counts only the costs that the server bills."},
    });

enum class BudgetMissing : std::uint8_t { refuse, share };
template <>
inline constexpr auto values_of<BudgetMissing> = enumeration<BudgetMissing>(
    "BudgetMissing",
    "What a budget with `*` in its scope does with a call that has no value for that part.",
    {
        {BudgetMissing::refuse, "refuse", "The call is refused with `invalid`."},
        {BudgetMissing::share, "share", "All such calls share one window."},
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
  BudgetByok byok = BudgetByok::count;
  BudgetMissing missing = BudgetMissing::refuse;
  std::int64_t unknown = 0;
  Amount extra;
  std::optional<Time> extra_until;
  std::vector<std::int32_t> thresholds;
  std::optional<Time> start, empty_by;
};
template <>
inline constexpr auto fields_of<Budget> = record(
    "Budget", "A budget in its current window. Amounts are US dollars.",
    field("name", &Budget::name, "The name of the budget."),
    field("limit", &Budget::limit, "The most that the calls of one window may cost."),
    field("spent", &Budget::spent, "The cost of the calls in this window."),
    field("reserved", &Budget::reserved,
          "The amount that is held for calls whose cost is not known yet."),
    field("left", &Budget::left,
          "The limit and its override, minus spent and reserved. Below zero if the limit was set "
          "too low, an override has ended, a cost exceeded its bound, or the budget is soft."),
    field("excess", &Budget::excess,
          "The amount by which costs exceeded the amounts that were held for them, or by which the "
          "limit was set below the amount already spent."),
    field("resets_at", &Budget::resets_at, "When the window ends. Null if the window never ends."),
    field("mode", &Budget::mode, "The action when a call may cost more than is left."),
    field("window", &Budget::window, "The period of the budget."),
    field("assume", &Budget::assume, "The amount that a call without a bound holds."),
    field("value", &Budget::value, "The value that this window has for the `*` in the scope.",
          Shape::null_if_empty),
    inlined(&Budget::scope),
    field("byok", &Budget::byok, "Whether the budget counts upstream costs."),
    field("missing", &Budget::missing, "The action for a call without a value for the `*`."),
    field("unknown", &Budget::unknown,
          "The calls among those that hold `reserved` that have ended and whose cost is not "
          "known."),
    field("override", &Budget::extra,
          "The amount that overrides add to the limit now. See the operation override."),
    field("override_until", &Budget::extra_until,
          "When the first of these overrides ends. Null if there is none."),
    field("thresholds", &Budget::thresholds,
          "Shares of the limit in percent. See the operation crossings."),
    field("start", &Budget::start, "When the window began. Null if the window never ends."),
    field("empty_by", &Budget::empty_by,
          "When nothing is left, if the calls go on to cost as much as they did on average since "
          "the window began: the present if nothing is left now. Null if the window ends before, "
          "if it never ends, or if nothing was spent."));

struct Crossing {
  std::string name, value;
  std::optional<Time> start;
  std::int32_t percent = 0;
  Time crossed{};
  Amount limit, spent;
};
template <>
inline constexpr auto fields_of<Crossing> = record(
    "Crossing", "The first time that a window of a budget had spent a share of the limit.",
    field("name", &Crossing::name, "The name of the budget."),
    field("value", &Crossing::value, "The value that the window has for the `*` in the scope.",
          Shape::null_if_empty),
    field("start", &Crossing::start, "When the window began. Null if the window never ends."),
    field("percent", &Crossing::percent, "The share, in percent of the limit."),
    field("crossed", &Crossing::crossed, "When it was recorded, in the time of the ledger."),
    field("limit", &Crossing::limit, "US dollars: the limit then, without overrides."),
    field("spent", &Crossing::spent, "US dollars: what the window had spent then."));

struct Block {
  Scope scope;
};
template <>
inline constexpr auto fields_of<Block> =
    record("Block", "A block: all calls that match it are refused.", inlined(&Block::scope));

} // namespace wayfare
