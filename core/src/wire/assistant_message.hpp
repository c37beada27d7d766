// Puts the assistant message together from the deltas of a stream. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <wayfare/event.hpp>
#include <wayfare/reply.hpp>

#include "base/json.hpp"
#include "wire/content.hpp"
#include "wire/growing_text.hpp"
#include "wire/pieces.hpp"
#include "wire/reasoning.hpp"
#include "wire/tool_calls.hpp"

namespace wayfare::wire {

class AssistantMessage {
 public:
  // Adds one delta of a stream. Appends an event for each piece of text, reasoning, refusal and
  // tool call in it.
  void add(json::Value delta, std::vector<Event>& events);

  // Adds a delta that is known to contain only this text.
  void add_text(std::string_view piece, std::vector<Event>& events) {
    grow(content_.add_text(piece, events));
  }

  // Adds a whole message, or in a stream one that has all that came so far.
  void add_whole(json::Value message, std::vector<Event>& events);

  // No more will come. Appends the events of what was held back.
  void finish(std::vector<Event>& events);

  // Appends events for all of it: of a message whose own events nobody got.
  void tell(std::vector<Event>& events) const;

  // The message to send back, as JSON. Keys that no delta had are left out.
  std::string message() const;

  // The tool calls. A call without arguments has "{}".
  std::vector<ToolCall> tool_calls() const { return calls_.calls(); }

  // Moves the text, the reasoning and the refusal into the reply. Call it last.
  void take(Reply& reply);
  bool empty() const noexcept { return content_.empty() && reasoning_.empty() && calls_.empty(); }
  // The approximate number of bytes in the message. The caller limits it.
  std::size_t size() const noexcept { return size_; }

 private:
  // The JSON of the items of a list.
  struct Items {
    std::vector<std::string> texts;
    std::unordered_multimap<std::size_t, std::size_t> places; // of texts, by their hashes
    bool has(std::string_view text) const;
    void add(std::string_view text);
  };

  void add_any(json::Value message, Sent how, std::vector<Event>& events);
  void add_member(json::Value member, Sent how);
  void add_items(Items& items, json::Value list, bool each_once);
  void grow(std::int64_t bytes) noexcept { size_ += static_cast<std::size_t>(bytes); }

  Content content_;
  Reasoning reasoning_;
  ToolCalls calls_;
  Items annotations_, images_;
  Pieces more_; // the members with other names
  std::size_t size_ = 0;
  bool had_delta_ = false;
};

} // namespace wayfare::wire
