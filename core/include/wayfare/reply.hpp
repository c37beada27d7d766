// The answer to a call.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <wayfare/billing.hpp>
#include <wayfare/error.hpp>
#include <wayfare/fields.hpp>
#include <wayfare/model.hpp>
#include <wayfare/money.hpp>

namespace wayfare {

struct ToolCall {
  std::string id, name, arguments;

  bool operator==(const ToolCall&) const = default;
};
template <>
inline constexpr auto fields_of<ToolCall> = record(
    "ToolCall", "A call of a tool that the model asks for.",
    field("id", &ToolCall::id, "Its id, which the answer of the tool repeats."),
    field("name", &ToolCall::name, "The name of the tool."),
    field("arguments", &ToolCall::arguments,
          "A JSON text as the model wrote it, not checked. {} where the model wrote nothing."));

struct Timings {
  std::int64_t reserved_us = 0, headers_us = 0, first_delta_us = 0, total_us = 0;
};
template <>
inline constexpr auto fields_of<Timings> = record(
    "Timings", "Microseconds since the call was made, by a monotonic clock.",
    field("reserved_us", &Timings::reserved_us, "The reservation was in the ledger.",
          Shape::null_if_empty),
    field("headers_us", &Timings::headers_us, "The status line was here.", Shape::null_if_empty),
    field("first_delta_us", &Timings::first_delta_us,
          "The first piece of text, reasoning or a tool call was here.", Shape::null_if_empty),
    field("total_us", &Timings::total_us, "The last byte was here.", Shape::null_if_empty));

struct Attempt {
  std::string entry;
  std::string model;
  Code error = Code::ok;
  std::int32_t status = 0;
  State state = State::reserved;
  std::optional<Amount> cost;
  std::int64_t waited_us = 0;

  bool operator==(const Attempt&) const = default;
};
template <>
inline constexpr auto fields_of<Attempt> = record(
    "Attempt", "One HTTP request of a call. Each has an entry in the ledger.",
    field("entry", &Attempt::entry, "The id of its entry."),
    field("model", &Attempt::model, "The model that was asked for.", Shape::null_if_empty),
    field("error", &Attempt::error, "Why it failed.", Shape::null_if_empty),
    field("status", &Attempt::status,
          "The HTTP status, or the code inside an answer of status 200.", Shape::null_if_empty),
    field("state", &Attempt::state, "How far it has come."),
    field("cost", &Attempt::cost, "US dollars."),
    field("waited_us", &Attempt::waited_us,
          "Microseconds of waiting between the failure before it and this attempt."));

struct Reply : Billing {
  std::string text;
  std::string reasoning;
  std::vector<ToolCall> tool_calls;
  std::string native_finish_reason;
  Usage usage;
  std::string entry;
  std::string request_id;
  std::vector<std::string> added;
  std::vector<Attempt> attempts;
  std::vector<std::string> warnings;
  std::shared_ptr<const Selection> selection;
  Timings timings;
  std::int32_t status = 0;
  std::string message;
  std::string metadata;
  std::string raw;
};
template <>
inline constexpr auto fields_of<Reply> = record(
    "Reply", "A whole answer. Cost and usage are those of the last attempt.",
    field("text", &Reply::text, "The answer."),
    field("reasoning", &Reply::reasoning, "The reasoning of the model, as far as it is shown."),
    field("tool_calls", &Reply::tool_calls, "The calls of tools that the model asks for."),
    field("native_finish_reason", &Reply::native_finish_reason,
          "The provider's own word for the finish reason.", Shape::null_if_empty),
    base<Billing>, field("usage", &Reply::usage, "The tokens."),
    field("entry", &Reply::entry,
          "The ledger's id of the last attempt: 26 characters that sort by time.",
          Shape::null_if_empty),
    field("request_id", &Reply::request_id, "The request's own id.", Shape::null_if_empty),
    field("added", &Reply::added, "What wayfare added to the body, such as model or stream."),
    field("attempts", &Reply::attempts,
          "All attempts of the call, in order. All but the last failed."),
    field("warnings", &Reply::warnings, "A line for each soft budget that is passed."),
    field("selection", &Reply::selection,
          "Why these models, in this order. Only where a policy or a max_cost asked for it."),
    field("timings", &Reply::timings, "Where the time went."),
    field("status", &Reply::status, "The HTTP status.", Shape::null_if_empty),
    field("message", &Reply::message,
          "The assistant's turn, to be sent back with the next request. It has the tool calls and "
          "the reasoning details, in their order.",
          Shape::json),
    field("metadata", &Reply::metadata,
          "What to keep with a message of your own: v (1), entry, request_id, generation_id, "
          "model, provider, prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens, "
          "cost (a decimal text), currency and cost_source.",
          Shape::json),
    field("raw", &Reply::raw,
          "The body of the response. After a stream: the body that would have come without "
          "streaming. Not known where nothing that can be read came.",
          Shape::json | Shape::null_if_empty));

struct ToolPiece {
  std::int32_t index = 0;
  std::string id, name, arguments;
};
template <>
inline constexpr auto fields_of<ToolPiece> =
    record("ToolPiece", "A piece of a tool call, while it streams in.",
           field("index", &ToolPiece::index, "Which of the reply's tool calls it belongs to."),
           field("id", &ToolPiece::id, "The id of the tool call. Only in its first piece.",
                 Shape::null_if_empty),
           field("name", &ToolPiece::name, "The name of the tool. Only in the first piece.",
                 Shape::null_if_empty),
           field("arguments", &ToolPiece::arguments, "The next piece of the arguments."));

} // namespace wayfare
