// The events of a call.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <wayfare/error.hpp>
#include <wayfare/fields.hpp>
#include <wayfare/notice.hpp>
#include <wayfare/operations.hpp>
#include <wayfare/reply.hpp>

namespace wayfare {

enum class EventType : std::uint8_t { text, reasoning, refusal, tool, usage, done, error, notice };
template <>
inline constexpr auto values_of<EventType> = enumeration<EventType>(
    "EventType", "The type of an event.",
    {
        {EventType::text, "text", "A piece of the answer."},
        {EventType::reasoning, "reasoning", "A piece of the reasoning."},
        {EventType::refusal, "refusal", "A piece of the model's words for why it does not answer."},
        {EventType::tool, "tool", "A piece of a tool call."},
        {EventType::usage, "usage", "The tokens and the cost that are known so far."},
        {EventType::done, "done", "The call has succeeded. No event follows."},
        {EventType::error, "error", "The call has failed. No event follows."},
        {EventType::notice, "notice", "A notice of the operation watch."},
    });

// One event of a call. Each server event with content becomes one Event: events are never merged.
// Every call ends with exactly one `done` or `error`. The ledger has the end of the call before
// that event comes.
struct Event {
  EventType type = EventType::text;
  std::string text;                              // of text, reasoning and refusal
  ToolPiece tool_call;                           // of tool
  std::shared_ptr<const Reply> reply;            // of a chat's done; of usage: what has come so far
  std::shared_ptr<const OperationResult> result; // of the done of another operation
  std::shared_ptr<const Error> error;            // of error
  std::shared_ptr<const Notice> notice;          // of notice

  bool is_final() const noexcept { return type == EventType::done || type == EventType::error; }
};

// The result of Client::next().
enum class NextStatus : std::int32_t {
  nothing = 0, // no event came within the timeout
  events = 1,
  over = 2, // the final event was taken, the call was forgotten, or the id is not known
  forked = -1,
  closed = -2,
  no_memory = -4,
  busy = -5, // another thread is waiting for this call
};

} // namespace wayfare
