// What a client can be asked to do, and what comes of it. Each operation is a struct: its members
// are the arguments, `Result` is what Client::run() gives for it, and the name in its table is what
// other languages call it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <wayfare/fields.hpp>
#include <wayfare/ledger.hpp>
#include <wayfare/model.hpp>
#include <wayfare/reply.hpp>
#include <wayfare/request.hpp>

namespace wayfare {

// ---- Calls.

struct Chat {
  using Result = Reply;
  Request request{};
  std::optional<bool> stream{};
};
template <>
inline constexpr auto fields_of<Chat> = record(
    "chat", "Sends a chat completion.", inlined(&Chat::request),
    field("stream", &Chat::stream,
          "Whether the answer comes in pieces. The body's own `stream` must not say otherwise, and "
          "decides where this is left out."));

struct Select {
  using Result = Selection;
  Request request{};
};
template <>
inline constexpr auto fields_of<Select> =
    record("select",
           "Tells which models a chat with the same arguments would try, and why. Nothing is sent.",
           inlined(&Select::request));

struct ListModels {
  using Result = ModelList;
};
template <>
inline constexpr auto fields_of<ListModels> = record(
    "models",
    "Tells the models that can be asked for, with their prices. The server's list is kept on the "
    "disk and shared by the processes of the machine. It is fetched at the first need, and again "
    "in the background when it is no longer fresh. While the server cannot be reached the kept "
    "list is used. Where none was ever fetched, this waits for the network, at most 10 seconds. "
    "Then five models that are built in stand in for the list.");

// ---- Reports of the ledger.

struct UsageQuery {
  using Result = std::vector<UsageRow>;
  std::vector<Dimension> by{};
  std::optional<Time> since{}, until{};
};
template <>
inline constexpr auto fields_of<UsageQuery> = record(
    "usage",
    "Sums over the calls of all processes that share the ledger. Sums are kept by day, so a report "
    "costs the same for any number of calls. Only a report by run, and one by user or tag with "
    "other dimensions than day, app and model, reads the entries.",
    field("by", &UsageQuery::by, "The dimensions. There is a row for each combination."),
    field("since", &UsageQuery::since,
          "The first midnight in UTC, by the time of the reservation."),
    field("until", &UsageQuery::until, "The midnight in UTC at which the report ends."));

struct EntryQuery {
  using Result = EntryPage;
  std::optional<Time> since{}, until{};
  std::string after{};
  std::int32_t limit = 1000;
};
template <>
inline constexpr auto fields_of<EntryQuery> = record(
    "entries",
    "The entries of the ledger in the order in which their ends were booked, then those without an "
    "end.",
    field("since", &EntryQuery::since, "The first time of booking."),
    field("until", &EntryQuery::until, "The time of booking at which the report ends."),
    field("after", &EntryQuery::after, "The `next` of the page before."),
    field("limit", &EntryQuery::limit, "The most entries of a page: 1 to 10000."));

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
};
template <>
inline constexpr auto fields_of<SetBudget> = record(
    "budget",
    "Makes a budget, or changes it: what is left out stays as it is. Gives the budget as it stands "
    "then, or nothing where it was deleted. A budget begins with what its window has spent and "
    "holds already. If any part of a scope is given, the parts that are given are the whole scope. "
    "One part, but not the tag, may be `*`: each of its values has a window of its own.",
    field("name", &SetBudget::name, "The name, at most 128 bytes.", Shape::required),
    field("limit", &SetBudget::limit,
          "US dollars. A new budget needs it. It may be below what is spent."),
    field("window", &SetBudget::window, "The period. A new budget needs it."),
    field("mode", &SetBudget::mode,
          "What to do with a call that may cost more than is left: hard, unless given."),
    field("assume", &SetBudget::assume,
          "US dollars that a call without a bound holds. Without it a hard budget refuses such a "
          "call with no_bound."),
    field("delete", &SetBudget::remove, "Takes the budget away."), inlined(&SetBudget::scope));

struct ListBudgets {
  using Result = std::vector<Budget>;
};
template <>
inline constexpr auto fields_of<ListBudgets> =
    record("budgets", "The budgets in their present windows, by name.");

// The result of an operation that gives nothing.
struct Done {};

struct BlockCalls {
  using Result = Done;
  Scope scope{};
};
template <>
inline constexpr auto fields_of<BlockCalls> = record(
    "block", "Refuses the calls that match with `blocked`, from now on and in every process.",
    inlined(&BlockCalls::scope));

struct UnblockCalls {
  using Result = Done;
  Scope scope{};
};
template <>
inline constexpr auto fields_of<UnblockCalls> =
    record("unblock", "Lifts the block of the same scope.", inlined(&UnblockCalls::scope));

struct ListBlocks {
  using Result = std::vector<Block>;
};
template <>
inline constexpr auto fields_of<ListBlocks> = record("blocks", "The blocks.");

struct AcceptClock {
  using Result = Done;
  bool accept = false;
};
template <>
inline constexpr auto fields_of<AcceptClock> =
    record("clock",
           "Accepts the wall clock after a jump, for which hard budgets refuse calls with `clock`.",
           field("accept", &AcceptClock::accept, "Must be true.", Shape::required));

// ---- Care of the ledger.

struct Reconcile {
  using Result = Reconciled;
};
// Source: GET /generation of the server.
template <>
inline constexpr auto fields_of<Reconcile> = record(
    "reconcile",
    "Asks the server about every attempt whose cost is not known and that was sent to this base "
    "URL with one of this client's keys. Books what the server tells. An attempt that the server "
    "does not know a day later, or cannot be asked about, is given up: it is charged at the bound "
    "that was held for it, or stays without a cost. This also runs in the background from the "
    "first call on: 15 seconds, 1, 3, 10 and 60 minutes after the end of an attempt, then every "
    "hour.");

struct Verify {
  using Result = Verification;
};
template <>
inline constexpr auto fields_of<Verify> = record(
    "verify",
    "Looks whether the ledger is whole: SQLite's own integrity; no attempt has ended twice; the "
    "sums by day, user and tag are those of the entries; every window of a budget is there and has "
    "the sums of its holds and costs; no hard limit is passed but by `excess`. What was pruned is "
    "not judged. It reads all entries at one moment and holds up no call, but other reports of "
    "this process wait for it.");

struct Backup {
  using Result = Done;
  std::string path{};
};
template <>
inline constexpr auto fields_of<Backup> = record(
    "backup",
    "Copies the ledger as it is at one moment, while others write to it. The copy is a private "
    "file (0600), synced and put in its place in one step. It replaces an earlier copy, but no "
    "other file and no ledger in use. It is a ledger of its own with the same `uuid`. Attempts "
    "without an end are unknown in it once it is opened. One backup of a ledger runs at a time.",
    field("path", &Backup::path, "The path of the copy.", Shape::path | Shape::required));

struct Prune {
  using Result = Pruned;
  Time before{};
};
template <>
inline constexpr auto fields_of<Prune> = record(
    "prune",
    "Deletes the entries that were booked before a time, and the windows of budgets that ended "
    "before it. It works in small steps that let others in. The sums stay: `usage` tells the same, "
    "but for what it reads from the entries. The newest entry stays, and every entry whose cost is "
    "still looked up. A prune that was broken off goes on with the next one. The file does not "
    "shrink: its pages are used again.",
    field("before", &Prune::before, "The time. It must not lie in the future.", Shape::required));

using Operation = std::variant<Chat, Select, ListModels, UsageQuery, EntryQuery, SetBudget,
                               ListBudgets, BlockCalls, UnblockCalls, ListBlocks, AcceptClock,
                               Reconcile, Verify, Backup, Prune>;

// What an operation ends with. That of a chat is in Event::reply.
using OperationResult = std::variant<Done, Selection, ModelList, std::vector<UsageRow>, EntryPage,
                                     std::optional<Budget>, std::vector<Budget>, std::vector<Block>,
                                     Reconciled, Verification, Pruned>;

} // namespace wayfare
