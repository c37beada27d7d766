// What was booked, and how to ask for it. The file, its schema and its promises are told in core/ARCHITECTURE.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wayfare/money.hpp>

namespace wayfare {

using Time = std::chrono::sys_time<std::chrono::microseconds>; // UTC

enum class State : std::uint8_t {
  reserved, // committed before it was sent, and no end seen yet: it may have been sent
  settled,  // its end is known, and its cost where the server told one
  voided,   // known not to have been sent, or not to have been billed; "void" in text
  unknown,  // it may have been billed: cancelled, lost, timed out, or its process died
};
std::string_view name(State state) noexcept; // "reserved", "settled", "void", "unknown"

// Where a cost comes from.
enum class CostSource : std::uint8_t {
  none,     // there is no cost: unknown
  response, // usage.cost of the response
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
  std::optional<std::int64_t> prompt_tokens, completion_tokens, cached_tokens, written_tokens, reasoning_tokens;
  std::optional<Amount> cost;
  CostSource cost_source = CostSource::none;
  std::string finish_reason;
  std::string error; // the code's name; empty where the call succeeded
  int status = 0;
  std::int64_t total_us = 0;
};

// Entries in the order in which their ends were booked, then those without an end. `since` and `until` go by Entry::booked,
// half-open, either may be left out. A page holds at most `limit` (1 to 10,000) rows; `after` continues behind EntryPage::next.
struct EntryQuery {
  std::optional<Time> since, until;
  std::string after;
  int limit = 1000;
};
struct EntryPage {
  std::vector<Entry> entries;
  std::string next; // empty: that was all
};

// Sums of calls by any of "day", "app", "agent", "model", "provider", "key". `since` and `until` go by the time of the reservation,
// half-open, and must lie on UTC midnights: sums are kept by day, so that a report costs the same over any number of calls.
struct UsageQuery {
  std::vector<std::string> by;
  std::optional<Time> since, until;
};
struct UsageRow {
  std::vector<std::string> by; // values in the order of the query; a day as "2026-11-23"; "key" as the first 12 hex digits of its SHA-256
  std::int64_t calls = 0;      // attempts that were or may have been sent
  std::int64_t unknown = 0;    // of them: those whose cost is not known
  std::int64_t prompt_tokens = 0, completion_tokens = 0, cached_tokens = 0, written_tokens = 0, reasoning_tokens = 0; // known ones
  Amount cost; // sum of the known costs
};

} // namespace wayfare
