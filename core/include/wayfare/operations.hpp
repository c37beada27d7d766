// The operations of a client. Each operation is a struct. Its members are the arguments. `Result`
// is the type that Client::run() returns for it. Other languages call the operation by the name in
// its table.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <wayfare/account.hpp>
#include <wayfare/agent.hpp>
#include <wayfare/budget.hpp>
#include <wayfare/caching.hpp>
#include <wayfare/cooldown.hpp>
#include <wayfare/fields.hpp>
#include <wayfare/ledger.hpp>
#include <wayfare/model.hpp>
#include <wayfare/notice.hpp>
#include <wayfare/performance.hpp>
#include <wayfare/rate_limit.hpp>
#include <wayfare/replay.hpp>
#include <wayfare/reply.hpp>
#include <wayfare/request.hpp>
#include <wayfare/versions.hpp>

namespace wayfare {

// The result of an operation that gives nothing.
struct Done {};

// ---- Calls.

struct Chat {
  using Result = Reply;
  Request request{};
  std::optional<bool> stream{};
};
template <>
inline constexpr auto fields_of<Chat> =
    record("chat", "Sends a chat completion.", inlined(&Chat::request),
           field("stream", &Chat::stream,
                 "Whether the answer comes in pieces. It must agree with `stream` in the body, if "
                 "the body has it. If it is left out, the body decides."));

struct Select {
  using Result = Selection;
  Request request{};
};
template <>
inline constexpr auto fields_of<Select> =
    record("select",
           "Tells which models a chat with the same arguments would try, and why. Sends nothing to "
           "a model.",
           inlined(&Select::request));

// ---- Reports of the ledger.

struct UsageQuery {
  using Result = std::vector<UsageRow>;
  std::vector<Dimension> by{};
  std::optional<Time> since{}, until{};
  std::string time_zone{};
};
template <>
inline constexpr auto fields_of<UsageQuery> = record(
    "usage",
    "Sums the calls of all processes that share the ledger. The ledger keeps sums by day in UTC, "
    "so the time for most reports does not depend on the number of calls. Some reports read the "
    "entries, and do not count entries that were pruned: a report by hour, run, requested_model or "
    "agent_version, a report in a time zone, and a report by user or tag together with dimensions "
    "other than day, week, month, app and model.",
    field("by", &UsageQuery::by,
          "The dimensions. The result has one row for each combination of their values."),
    field("since", &UsageQuery::since,
          "When the report begins. The time of the reservation counts. It must be a midnight in "
          "UTC, unless the report reads the entries."),
    field("until", &UsageQuery::until, "When the report ends: as `since`."),
    field("time_zone", &UsageQuery::time_zone,
          "The time zone of hours, days, weeks and months: a name such as Europe/Berlin, which the "
          "time zone files of the system must have, or an offset such as +02:00. Else UTC."));

struct EntryQuery {
  using Result = EntryPage;
  std::optional<Time> since{}, until{};
  std::string after{};
  std::int32_t limit = 1000;
  std::string entry{}, request_id{}, app{}, agent{}, user{}, run{}, tag{}, model{};
  std::optional<State> state{};
  bool newest = false;
};
template <>
inline constexpr auto fields_of<EntryQuery> =
    record("entries",
           "Gives the entries of the ledger in the order in which their ends were booked. The "
           "entries without an end follow. The filters choose entries that match all of them. A "
           "filter that is given without a value is refused.",
           field("since", &EntryQuery::since, "The earliest time of booking."),
           field("until", &EntryQuery::until,
                 "The time of booking at which the report ends. It is not included."),
           field("after", &EntryQuery::after, "The `next` of the previous page."),
           field("limit", &EntryQuery::limit, "The most entries on a page: 1 to 10000."),
           field("entry", &EntryQuery::entry, "The id of an attempt.", Shape::never_empty),
           field("request_id", &EntryQuery::request_id, "The id that the caller gave the request.",
                 Shape::never_empty),
           field("app", &EntryQuery::app, "The app of charge_to.", Shape::never_empty),
           field("agent", &EntryQuery::agent, "The agent of charge_to.", Shape::never_empty),
           field("user", &EntryQuery::user, "The user of charge_to.", Shape::never_empty),
           field("run", &EntryQuery::run, "The run of charge_to.", Shape::never_empty),
           field("tag", &EntryQuery::tag, "One of the tags of charge_to.", Shape::never_empty),
           field("model", &EntryQuery::model, "The model that the request named, or that served.",
                 Shape::never_empty),
           field("state", &EntryQuery::state, "The state of the attempt."),
           field("newest", &EntryQuery::newest,
                 "Gives the newest entries first. Entries without an end then come before all "
                 "others, the newest first."));

struct ListUnknown {
  using Result = UnknownPage;
  std::string after{};
  std::int32_t limit = 1000;
};
template <>
inline constexpr auto fields_of<ListUnknown> = record(
    "unknown",
    "Lists the attempts that have ended and whose cost or upstream cost is not known, the oldest "
    "first. Budgets hold an amount for each until its cost is known.",
    field("after", &ListUnknown::after, "The `next` of the previous page."),
    field("limit", &ListUnknown::limit, "The most attempts on a page: 1 to 10000."));

struct SettleCost {
  using Result = Done;
  std::string entry{};
  std::optional<Amount> cost{}, upstream_cost{};
  std::string reason{};
};
template <>
inline constexpr auto fields_of<SettleCost> = record(
    "settle",
    "Books a cost that a person has found out, such as from the server's bill. The attempt must be "
    "one that the operation unknown lists. An `unknown` attempt ends as settled. An attempt that "
    "was booked without a cost gets a correction. Budgets then count the cost and no longer hold "
    "the bound. The entry has the cost_source `manual`.",
    field("entry", &SettleCost::entry, "The id of the attempt.", Shape::required),
    field("cost", &SettleCost::cost,
          "US dollars that the server bills. Leave it out only if the cost is known and the "
          "upstream cost is not."),
    field("reason", &SettleCost::reason, "Why, in 1 to 256 bytes. The entry has it.",
          Shape::required),
    field("upstream_cost", &SettleCost::upstream_cost,
          "US dollars that the provider bills you directly (BYOK). Leave it out if the attempt did "
          "not use your own key of the provider."));

// ---- Limits. They hold in every process of the ledger from the moment when the operation ends.

struct SetBudget {
  using Result = std::optional<Budget>;
  std::string name{};
  std::optional<Amount> limit{};
  std::optional<Window> window{};
  std::optional<BudgetMode> mode{};
  std::optional<Amount> assume{};
  bool remove = false;
  Scope scope{};
  std::optional<BudgetByok> byok{};
  std::optional<BudgetMissing> missing{};
  std::optional<std::vector<std::int32_t>> thresholds{};
};
template <>
inline constexpr auto fields_of<SetBudget> = record(
    "budget",
    "Makes or changes a budget. A change keeps the values that are left out. Gives the budget "
    "after the change, or nothing if it was deleted. A new budget counts the costs and the holds "
    "that its window already has. If any part of a scope is given, the given parts replace the "
    "whole scope. One part, but not the tag, may be `*`: then each value of that part has a window "
    "of its own.",
    field("name", &SetBudget::name, "The name, at most 128 bytes.", Shape::required),
    field("limit", &SetBudget::limit,
          "US dollars. Required for a new budget. It may be below the amount already spent."),
    field("window", &SetBudget::window, "The period. Required for a new budget."),
    field("mode", &SetBudget::mode,
          "The action when a call may cost more than is left. A new budget without it is hard."),
    field("assume", &SetBudget::assume,
          "US dollars that a call without a bound holds. If it is not set, a hard budget refuses "
          "such a call with no_bound."),
    field("delete", &SetBudget::remove, "Deletes the budget."), inlined(&SetBudget::scope),
    field("byok", &SetBudget::byok,
          "Whether the budget counts the costs that a provider bills you directly. A new budget "
          "without it counts them."),
    field("missing", &SetBudget::missing,
          "The action for a call without a value for the `*`. A new budget without it refuses the "
          "call."),
    field("thresholds", &SetBudget::thresholds,
          "At most 8 shares of the limit in percent, from 1 to 1000. When a window has spent such "
          "a share for the first time, the ledger records it. Amounts that are held do not count. "
          "An empty list takes the shares away."));

struct OverrideBudget {
  using Result = Budget;
  std::string name{};
  Amount amount{};
  std::optional<Time> until{};
};
template <>
inline constexpr auto fields_of<OverrideBudget> = record(
    "override",
    "Adds an amount to the limit of a budget until a time, in each window of the budget that is "
    "open meanwhile. Several overrides add up. An amount of 0 ends all overrides of the budget "
    "now. What was spent above the limit stays spent. So after the end calls are refused, until "
    "the window ends or the limit is raised. Gives the budget with its override.",
    field("name", &OverrideBudget::name, "The name of the budget.", Shape::required),
    field("amount", &OverrideBudget::amount, "US dollars.", Shape::required),
    field("until", &OverrideBudget::until,
          "When the override ends, in the time of the ledger. It must lie in the future. Required "
          "unless the amount is 0."));

struct ListBudgets {
  using Result = std::vector<Budget>;
};
template <>
inline constexpr auto fields_of<ListBudgets> =
    record("budgets", "Lists the budgets in their current windows, by name.");

struct ListCrossings {
  using Result = std::vector<Crossing>;
  std::optional<Time> since{};
  std::int32_t limit = 1000;
};
template <>
inline constexpr auto fields_of<ListCrossings> = record(
    "crossings",
    "Lists the shares of limits that windows of budgets have spent, in the order in which they "
    "were recorded. A window records each share once, whichever process spends it. What a window "
    "has recorded goes when the window goes: by `prune`, or when the scope, the period or `byok` "
    "of the budget changes.",
    field("since", &ListCrossings::since, "The earliest time of a crossing."),
    field("limit", &ListCrossings::limit, "The most crossings: 1 to 10000."));

struct BlockCalls {
  using Result = Done;
  Scope scope{};
  bool everything = false;
};
template <>
inline constexpr auto fields_of<BlockCalls> =
    record("block",
           "Refuses all calls that match, with the error `blocked`. The block holds in every "
           "process from now on.",
           inlined(&BlockCalls::scope),
           field("everything", &BlockCalls::everything,
                 "Refuses every call. Give either this or a part of the scope."));

struct UnblockCalls {
  using Result = Done;
  Scope scope{};
  bool everything = false;
};
template <>
inline constexpr auto fields_of<UnblockCalls> =
    record("unblock", "Lifts the block that has exactly this scope.", inlined(&UnblockCalls::scope),
           field("everything", &UnblockCalls::everything, "Lifts the block of every call."));

struct ListBlocks {
  using Result = std::vector<Block>;
};
template <>
inline constexpr auto fields_of<ListBlocks> = record("blocks", "Lists the blocks.");

struct EndCooldown {
  using Result = Done;
  std::string model{};
  std::string provider{};
};
template <>
inline constexpr auto fields_of<EndCooldown> = record(
    "end_cooldown",
    "Ends the cool-downs of a model and of its providers at once, in all processes of the "
    "ledger.",
    field("model", &EndCooldown::model, "The model.", Shape::required),
    field("provider", &EndCooldown::provider,
          "Ends the cool-down of this provider alone. Its name or its slug.", Shape::never_empty));

struct AcceptClock {
  using Result = Done;
  bool accept = false;
};
template <>
inline constexpr auto fields_of<AcceptClock> =
    record("clock",
           "Accepts the wall clock after a jump. Until then hard budgets refuse calls with the "
           "error `clock`.",
           field("accept", &AcceptClock::accept, "Must be true.", Shape::required));

// ---- Care of the ledger.

struct Reconcile {
  using Result = Reconciled;
};
// Source: GET /generation of the server.
template <>
inline constexpr auto fields_of<Reconcile> = record(
    "reconcile",
    "Looks up unknown costs. Asks the server about every attempt whose cost is not known, if it "
    "was sent to this base URL with one of this client's keys. Books the costs that the server "
    "tells. An attempt is given up if the server does not know it a day later, or if the server "
    "cannot be asked about it. It is then charged at the bound that was held for it, or stays "
    "without a cost. The lookups also run in the background from the first call on: 15 seconds, 1, "
    "3, 10 and 60 minutes after the end of an attempt, then every hour.");

struct Verify {
  using Result = Verification;
};
template <>
inline constexpr auto fields_of<Verify> = record(
    "verify",
    "Checks the ledger: SQLite's own integrity check; no attempt has ended twice; the sums "
    "by day, user and tag equal those of the entries; every window of a budget exists and "
    "equals the sums of its holds and costs; no hard limit is exceeded, except by `excess` and "
    "by an override. "
    "Pruned entries are not checked. It reads a snapshot of all entries and delays no call, "
    "but other reports of this process wait for it.");

struct Mend {
  using Result = Verification;
};
template <>
inline constexpr auto fields_of<Mend> =
    record("mend",
           "Repairs what `verify` finds in sums and budgets: makes the sums by day and the windows "
           "of budgets again from the entries, makes the indexes again, and drops the triggers of "
           "other programs. Entries stay as they are. Days whose entries were pruned keep their "
           "sums. Gives what `verify` finds afterwards. It reads all entries in one transaction, "
           "so all calls of the ledger wait meanwhile.");

struct Backup {
  using Result = Done;
  std::string path{};
};
template <>
inline constexpr auto fields_of<Backup> =
    record("backup",
           "Copies a snapshot of the ledger while others write to the ledger. The copy is a "
           "private file (0600). It is synced and then renamed to its path in one step. It "
           "replaces an earlier copy, but no other file and no ledger in use. The copy is itself a "
           "ledger, with the same `uuid`. When it is opened, its attempts without an end become "
           "unknown. Only one backup of a ledger runs at a time.",
           field("path", &Backup::path, "The path of the copy.", Shape::path | Shape::required));

struct Prune {
  using Result = Pruned;
  Time before{};
};
template <>
inline constexpr auto fields_of<Prune> = record(
    "prune",
    "Deletes the entries that were booked before a time, and the windows of budgets that ended "
    "before it. It works in small steps, and other writers go on between them. The sums by day "
    "stay: only the `usage` reports that read the entries change. The newest entry stays, and "
    "every entry whose cost is still looked up. The next prune continues a prune that was "
    "interrupted. The file does not shrink, but its pages are used again.",
    field("before", &Prune::before, "The time. It must not lie in the future.", Shape::required));

// ---- What goes on.

struct Watch {
  using Result = Done;
  WatchOf of = WatchOf::client;
};
template <>
inline constexpr auto fields_of<Watch> = record(
    "watch",
    "Gives an event with a notice for each thing that happens to the calls of this client, or of "
    "every client of the process: an attempt has ended, a call is tried again, tries another model "
    "or waits for a budget, a cost was looked up, a budget has spent a share of its limit, a model "
    "or a provider begins to cool down. It goes on until it is cancelled, and then ends with "
    "`done`, or until this client is closed. It never delays a call: if nobody takes the notices, "
    "the oldest are dropped beyond 1024, and the next notice tells how many. A client may have 64 "
    "of them.",
    field("of", &Watch::of, "Whose calls are watched."));

using Operation =
    std::variant<Chat, Select, ListModels, UsageQuery, EntryQuery, SetBudget, ListBudgets,
                 BlockCalls, UnblockCalls, ListBlocks, AcceptClock, Reconcile, Verify, Mend, Backup,
                 Prune, ListUnknown, SettleCost, OverrideBudget, ListCrossings, ListVersions,
                 ListDefaultModels, GetKeyInfo, Watch, CreateAgent, EditAgent, GetAgent, ListAgents,
                 AgentHistory, ArchiveAgent, RestoreAgent, ExportAgents, ImportAgents, ExplainEntry,
                 ListEndpoints, Replay, ListCooldowns, EndCooldown, SetRateLimit, ListRateLimits,
                 PerformanceQuery, CachingQuery>;

// The result of an operation other than a chat. The result of a chat is in Event::reply.
using OperationResult =
    std::variant<Done, Selection, ModelList, std::vector<UsageRow>, EntryPage,
                 std::optional<Budget>, std::vector<Budget>, std::vector<Block>, Reconciled,
                 Verification, Pruned, UnknownPage, Budget, std::vector<Crossing>, Versions,
                 std::vector<DefaultModel>, KeyInfo, Agent, AgentPage, Imported, Explanation,
                 EndpointList, Replayed, std::vector<Cooldown>, std::optional<RateLimit>,
                 std::vector<RateLimit>, std::vector<PerformanceRow>, Caching>;

} // namespace wayfare
