// The reply to a call.
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
  std::string type = "function";

  bool operator==(const ToolCall&) const = default;
};
template <>
inline constexpr auto fields_of<ToolCall> = record(
    "ToolCall", "A tool call that the model asks for.",
    field("id", &ToolCall::id, "The id of the tool call. The answer of the tool must repeat it."),
    field("name", &ToolCall::name, "The name of the tool."),
    field("arguments", &ToolCall::arguments,
          "The arguments as the model wrote them: JSON text, not checked. {} if the model wrote "
          "nothing. The input, for a custom tool: any text."),
    field("type", &ToolCall::type, "function, or custom for a tool that takes any text."));

struct Timings {
  std::int64_t reserved_us = 0, headers_us = 0, first_delta_us = 0, total_us = 0;
};
template <>
inline constexpr auto fields_of<Timings> = record(
    "Timings", "Microseconds since the start of the call, by a monotonic clock.",
    field("reserved_us", &Timings::reserved_us, "When the reservation was in the ledger.",
          Shape::null_if_empty),
    field("headers_us", &Timings::headers_us, "When the status line came.", Shape::null_if_empty),
    field("first_delta_us", &Timings::first_delta_us,
          "When the first piece of text, reasoning, a refusal or a tool call came.",
          Shape::null_if_empty),
    field("total_us", &Timings::total_us, "When the last byte came.", Shape::null_if_empty));

struct Attempt {
  std::string entry;
  std::string server;
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
    "Attempt", "One HTTP request of a call. Each attempt has an entry in the ledger.",
    field("entry", &Attempt::entry, "The id of the ledger entry."),
    field("server", &Attempt::server, "The name of the server, if the route has `servers`.",
          Shape::null_if_empty),
    field("model", &Attempt::model, "The model that the request named.", Shape::null_if_empty),
    field("error", &Attempt::error, "The cause of the failure.", Shape::null_if_empty),
    field("status", &Attempt::status,
          "The HTTP status, or the error code inside an answer with status 200.",
          Shape::null_if_empty),
    field("state", &Attempt::state, "The state of the attempt."),
    field("cost", &Attempt::cost, "US dollars: the cost of the attempt. Null if it is not known."),
    field("waited_us", &Attempt::waited_us,
          "Microseconds that the call waited before this attempt, after the failure of the "
          "previous one."));

struct Reply : Billing {
  std::string text;
  std::string reasoning;
  std::string refusal;
  std::vector<ToolCall> tool_calls;
  std::string native_finish_reason;
  Usage usage;
  std::string entry;
  std::string request_id;
  std::optional<std::int64_t> agent_version;
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
    "Reply", "The whole answer to a call. Cost and usage are those of the last attempt.",
    field("text", &Reply::text, "The text of the answer."),
    field("reasoning", &Reply::reasoning,
          "The reasoning of the model, as far as the server sends it."),
    field("refusal", &Reply::refusal,
          "The model's words for why it does not answer. Servers send them apart from the text.",
          Shape::null_if_empty),
    field("tool_calls", &Reply::tool_calls, "The tool calls that the model asks for."),
    field("native_finish_reason", &Reply::native_finish_reason,
          "The provider's own word for the finish reason.", Shape::null_if_empty),
    base<Billing>, field("usage", &Reply::usage, "The token counts."),
    field("entry", &Reply::entry,
          "The id of the ledger entry of the last attempt: 26 characters that sort by time.",
          Shape::null_if_empty),
    field("request_id", &Reply::request_id, "The id that the caller gave the request.",
          Shape::null_if_empty),
    field("agent_version", &Reply::agent_version,
          "The version of the agent. Null if the call named no agent."),
    field("added", &Reply::added,
          "The names of the fields that wayfare added to the body, such as model or stream."),
    field("attempts", &Reply::attempts,
          "All attempts of the call, in order. All attempts before the last one failed."),
    field(
        "warnings", &Reply::warnings,
        "One line for each soft budget that is exceeded, for each figure of the server that was "
        "rounded or cannot be right, for names in the body that have their place elsewhere or are "
        "nearly spelled "
        "like another member, for usage that was not asked for, and for a model of the agent that "
        "is gone or has a last day."),
    field("selection", &Reply::selection,
          "The models that were considered, and the reasons. Only if the route has a policy or a "
          "max_cost."),
    field("timings", &Reply::timings, "When the parts of the answer came."),
    field("status", &Reply::status, "The HTTP status.", Shape::null_if_empty),
    field("message", &Reply::message,
          "The assistant message, to be sent back in the next request. It has what the server "
          "sent, also members that wayfare does not know.",
          Shape::json),
    field(
        "metadata", &Reply::metadata,
        "The data to store with a message in your own database: v (1), entry, request_id, "
        "generation_id, model, provider, prompt_tokens, completion_tokens, cached_tokens, "
        "cache_write_tokens, reasoning_tokens, cost (a decimal text), currency, cost_source, "
        "is_byok, upstream_cost (a decimal text), finish_reason, requested_model, first_delta_us, "
        "total_us and agent_version.",
        Shape::json),
    field("raw", &Reply::raw,
          "The body of the response. After a stream: the body that the server would have sent "
          "without streaming. A body that is not JSON is a text. Not known if nothing came.",
          Shape::json | Shape::null_if_empty));

struct ToolPiece {
  std::int32_t index = 0;
  std::string id, name, arguments;
};
template <>
inline constexpr auto fields_of<ToolPiece> = record(
    "ToolPiece", "A piece of a tool call in a stream.",
    field("index", &ToolPiece::index,
          "The index of the tool call among the tool calls of the reply."),
    field("id", &ToolPiece::id, "The id of the tool call. Only in the first piece.",
          Shape::null_if_empty),
    field("name", &ToolPiece::name,
          "The name of the tool, or its next piece. Nearly always whole and in the first piece.",
          Shape::null_if_empty),
    field("arguments", &ToolPiece::arguments, "The next piece of the arguments."));

} // namespace wayfare
