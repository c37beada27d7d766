// Puts the assistant message together from the deltas of a stream. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <wayfare/event.hpp>
#include <wayfare/reply.hpp>

#include "base/json.hpp"
#include "wire/content.hpp"
#include "wire/growing_text.hpp"
#include "wire/pieces.hpp"
#include "wire/places.hpp"
#include "wire/reasoning.hpp"
#include "wire/room.hpp"
#include "wire/tool_calls.hpp"

namespace wayfare::wire {

class AssistantMessage {
 public:
  // Adds one delta of a stream. Appends an event for each piece of text, reasoning, refusal and
  // tool call in it. What is kept takes its room.
  void add(json::Value delta, Room& room, std::vector<Event>& events);

  // Adds a delta that is known to contain only this text.
  void add_text(std::string_view piece, Room& room, std::vector<Event>& events) {
    content_.add_text(piece, room, events);
  }

  // Adds a whole message, or in a stream one that has all that came so far.
  void add_whole(json::Value message, Room& room, std::vector<Event>& events);

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

 private:
  // The JSON of the items of a list.
  struct Items {
    std::vector<std::string> texts;
    Places places; // of texts
    bool has(std::string_view text) const;
  };

  void add_any(json::Value message, Sent how, Room& room, std::vector<Event>& events);
  void add_member(json::Value member, Sent how, Room& room);
  static void add_items(Items& items, json::Value list, bool each_once, Room& room);

  Content content_;
  Reasoning reasoning_;
  ToolCalls calls_;
  Items annotations_, images_;
  Pieces more_; // the members with other names
  bool had_delta_ = false;
};

} // namespace wayfare::wire
