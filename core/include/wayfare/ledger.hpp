// What was booked, and how to ask for it. The file, its schema and its promises are told in
// core/ARCHITECTURE.md.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <wayfare/money.hpp>

namespace wayfare {

using Time = std::chrono::sys_time<std::chrono::microseconds>; // UTC

// What a reservation and a booked end survive. Every mode survives the kill of any process at any
// moment.
enum class Durability : std::uint8_t {
  // default: nothing is sent before its reservation is synced to the disk; ends are synced within
  // 100 ms
  reserve,
  power,   // the end of a call is synced too before it is seen
  process, // nothing is waited for: a power cut may lose the last bookings
};

enum class State : std::uint8_t {
  reserved, // committed before it was sent, and no end seen yet: it may have been sent
  settled,  // its end is known, and its cost where the server told one
  voided,   // known not to have been sent, or not to have been billed; "void" in text
  // it may have been billed: cancelled, lost, timed out, or its process died; looked up for a day
  unknown,
};
std::string_view name(State state) noexcept; // "reserved", "settled", "void", "unknown"

// Where a cost comes from.
enum class CostSource : std::uint8_t {
  none,       // there is no cost: unknown
  response,   // usage.cost of the response
  generation, // total_cost of GET /generation, which was asked later
  bound,      // what it could cost at most: it was not learned in a day what it did cost
  // tokens at the prices of the server's models list: of a server that is not OpenRouter and told
  // no cost, where the call needed
  computed,
  // that list (a policy, a max_cost, a hard budget) and the list prices all of it; what else the
  // server charges is not in it
};
std::string_view name(CostSource source) noexcept;

// One attempt. Costs are in US dollars; counts are the provider's.
struct Entry {
  std::string entry; // 26 characters, the same as Reply::entry
  State state = State::reserved;
  Time reserved{};
  Time booked{}; // of its end; of the reservation while there is none
  std::string app, agent, user, run;
  std::vector<std::string> tags;
  std::string requested_model;
  std::string model; // that served, else the requested one
  std::string provider;
  std::string generation_id;
  std::string request_id;
  std::optional<std::int64_t> prompt_tokens, completion_tokens, cached_tokens, cache_write_tokens,
      reasoning_tokens;
  std::optional<Amount> cost;
  CostSource cost_source = CostSource::none;
  // Of `cost`, what the tokens' prices do not explain: web search, file parsing, server tools;
  // below zero where it was a discount. It is the cost less what the response says that prompt and
  // completion cost at the endpoint that served; nothing where it does not say, or the call was
  // paid to the provider (BYOK).
  std::optional<Amount> non_token_cost;
  std::string finish_reason;
  std::string error; // the code's name; empty where the call succeeded
  int status = 0;
  std::int64_t total_us = 0;
  // of the same `entry` before it: this cost, and these counts, are to be added to that
  bool correction = false;
};

// Entries in the order in which their ends were booked, then those without an end. `since` and
// `until` go by Entry::booked, half-open, either may be left out. A page holds at most `limit` (1
// to 10,000) rows; `after` continues behind EntryPage::next.
struct EntryQuery {
  std::optional<Time> since, until;
  std::string after;
  int limit = 1000;
};
struct EntryPage {
  std::vector<Entry> entries;
  std::string next; // empty: that was all
};

// Sums of calls by any of "day", "app", "agent", "model", "provider", "key", "user", "tag", "run".
// `since` and `until` go by the time of the reservation, half-open, and must lie on UTC midnights:
// sums are kept by day, so that a report costs the same over any number of calls; but those by run,
// and by user or tag beside other names than day, app and model, read the entries. By tag come the
// calls that have one; of several, each counts the call whole.
struct UsageQuery {
  std::vector<std::string> by;
  std::optional<Time> since, until;
};
struct UsageRow {
  // values in the order of the query; a day as "2026-11-23"; "key" as the first 12 hex digits of
  // its SHA-256
  std::vector<std::string> by;
  std::int64_t calls = 0;   // attempts that were or may have been sent
  std::int64_t unknown = 0; // of them: those whose cost is not known
  // known ones
  std::int64_t prompt_tokens = 0, completion_tokens = 0, cached_tokens = 0, cache_write_tokens = 0,
               reasoning_tokens = 0;
  Amount cost; // sum of the known costs
  Amount held; // sum of what calls without an end may cost at most, where that is known
};

// Which calls a budget or a block is about: those that match all of it; empty parts match every
// call. At most 128 bytes each.
struct Scope {
  std::string app, agent, user, run; // of ChargeTo
  std::string tag;                   // one of the call's tags
  // the first 12 or more hex digits of the API key's SHA-256, as UsageRow::by has them
  std::string key;
  std::string model; // as asked for

  bool operator==(const Scope&) const = default;
  using Part = std::pair<std::string_view, std::string Scope::*>;
  static constexpr std::array<Part, 7> parts();
};
constexpr std::array<Scope::Part, 7> Scope::parts() {
  return {Part{"app", &Scope::app}, {"agent", &Scope::agent}, {"user", &Scope::user},
          {"run", &Scope::run},     {"tag", &Scope::tag},     {"key", &Scope::key},
          {"model", &Scope::model}};
}

// in UTC; a week begins on Monday
enum class Window : std::uint8_t { hour, day, week, month, lifetime };
std::string_view name(Window window) noexcept;

enum class BudgetMode : std::uint8_t {
  // a call that may cost more than is left is refused; spent and reserved never pass the limit
  hard,
  soft, // it is sent, and its reply warns
};
std::string_view name(BudgetMode mode) noexcept;

// Makes the budget `name`, or changes it: what is left out stays as it is. A new one needs a limit
// and a window. It begins with what its window has spent and holds already; a limit below that is
// allowed. Where any of `scope` is given, that is the whole scope; one part of it (but not the tag)
// may be "*": each value, none included, has a window of its own.
struct Budget {
  std::string name; // at most 128 bytes
  std::optional<Amount> limit;
  std::optional<Window> window;
  std::optional<BudgetMode> mode; // else hard
  Scope scope;
  // held by calls that may cost anything, which a hard budget refuses otherwise
  std::optional<Amount> assume;
  bool remove = false; // in place of all of these
};
struct BudgetQuery {};

// A budget in its present window.
struct BudgetState {
  std::string name;
  Amount limit, spent, reserved;
  // below zero where a limit was set below what is spent, a cost passed its bound, or the budget is
  // soft
  Amount left;
  // of costs above what was held for them, and of limits set below what was spent
  Amount excess;
  std::optional<Time> resets_at; // nothing: never
  BudgetMode mode = BudgetMode::hard;
  Window window = Window::day;
  Scope scope;
  std::string value; // of the part that is "*"
  std::optional<Amount> assume;
};

// Refuses the calls of a scope with `blocked`, at once in every process, or with `remove` no
// longer. The same scope lifts it.
struct Block {
  Scope scope;
  bool remove = false;
};
struct BlockQuery {};

// Books that the wall clock is right after a jump, and lets ledger time go on from it.
struct AcceptClock {
  bool accept = false;
};

// What came of asking the server, now, about every attempt whose cost is not known, and that was
// sent to this base URL with one of this client's keys. Those that the server does not know a day
// later, and those it cannot be asked about, are given up: charged at the bound that was held for
// them, or left without a cost where they had none. This goes on in the background as well, from a
// client's first call on: 15 s, 1, 3, 10 and 60 min after the end, then each hour. Source: GET
// /generation.
struct ReconcileQuery {};
struct Reconciled {
  std::int64_t looked_up = 0; // attempts that the server was asked about
  std::int64_t settled = 0;   // those whose cost it told
  std::int64_t given_up = 0;
  // those of the ledger that stay so: younger than a day, or of another server or key
  std::int64_t unknown = 0;
  Amount cost;         // of the settled
  Amount charged;      // to those that were given up
  std::string trouble; // why the pass ended early; empty where it went through
};

// Looks whether the ledger is whole: SQLite's own integrity; no attempt ended twice; sums by day,
// user and tag equal to the entries; each window there, and its sums equal to its holds and costs;
// no hard limit passed but by what `excess` tells. What was pruned is not judged: a window that
// began before that by the sums by day, where these tell its scope, else not. Reads all of the
// entries, at one moment, and holds up no call; but other reports of this process wait for it.
struct Verify {};
struct Verification {
  std::int64_t entries = 0, pending = 0; // rows that were read
  std::vector<std::string> problems;     // one line each, at most 100; none: it is whole
  bool ok() const noexcept { return problems.empty(); }
};

// Copies the ledger, as it is at one moment, while others go on to write it. The copy is a ledger
// of its own, private (0600), put in its place in one step and synced; it takes the place of an
// earlier copy, but of no other file, nor of a ledger in use. It is the same ledger at an earlier
// time, with the same `uuid` in meta. What had no end then is unknown there, once it is opened. One
// at a time of a ledger.
struct Backup {
  std::string path; // absolute, or meant from the working folder of now
};

// Deletes the entries that were booked before a time, and the windows of budgets that ended before
// it, in small steps that let others in. The sums stay: `usage` is as before, but for what it reads
// from the entries (see UsageQuery). The newest entry stays too, and those that may still cost
// something: that are looked up, or have a bound and no cost. What was begun and broken off goes on
// with the next. The file does not shrink: its pages are used again.
struct Prune {
  Time before; // not in the future
};
struct Pruned {
  std::int64_t entries = 0, windows = 0;
};

// What can be done with the ledger besides reports of calls.
using Order =
    std::variant<Budget, BudgetQuery, Block, BlockQuery, AcceptClock, Verify, Backup, Prune>;

} // namespace wayfare
