// Puts the assistant message together from the deltas of a stream. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <wayfare/event.hpp>
#include <wayfare/reply.hpp>

#include "base/json.hpp"

namespace wayfare::wire {

class AssistantMessage {
 public:
  // Adds one delta of a stream, or a whole message. Appends an event for each piece of text,
  // reasoning and tool call in it.
  void add(json::Value delta, std::vector<Event>& events);

  // Adds a delta that is known to contain only this text.
  void add_text(std::string_view piece, std::vector<Event>& events);

  // The message to send back, as JSON. Keys that no delta had are left out.
  std::string message() const;

  // The tool calls. A call without arguments has "{}".
  std::vector<ToolCall> tool_calls() const;

  // Moves the text and the reasoning into the reply. Call it last.
  void take(Reply& reply) noexcept {
    reply.text = std::move(text_);
    reply.reasoning = std::move(reasoning_);
  }
  bool empty() const noexcept { return text_.empty() && reasoning_.empty() && calls_.empty(); }
  // The approximate number of bytes in the message. The caller limits it.
  std::size_t size() const noexcept { return size_; }

 private:
  // An object that is put together from pieces. Strings with a key in `appended` are joined. For
  // all other keys the last value that is not null counts.
  struct Pieces {
    struct Field {
      std::string key;
      bool joined; // `value` has decoded characters, not JSON
      std::string value;
    };
    std::vector<Field> fields;
    void add(json::Value object, std::initializer_list<std::string_view> appended);
    std::string_view get(std::string_view key) const;
    std::string text() const;
  };
  struct Call {
    std::optional<std::int64_t> index;
    ToolCall call;
  };

  void add_reasoning_details(json::Value details);
  void add_tool_calls(json::Value calls, std::vector<Event>& events);
  Call& call_of(json::Value piece, bool first);

  std::string text_, reasoning_, refusal_;
  bool has_refusal_ = false;
  std::vector<Call> calls_;
  std::vector<Pieces> details_;
  std::vector<std::string> annotations_, images_;
  std::optional<Pieces> audio_;
  std::size_t size_ = 0;
};

} // namespace wayfare::wire
