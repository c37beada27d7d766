// The content of an answer, a text or a list of parts, and its refusal. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <wayfare/event.hpp>

#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "wire/growing_text.hpp"
#include "wire/pieces.hpp"
#include "wire/reasoning.hpp"
#include "wire/room.hpp"

namespace wayfare::wire {

class Content {
 public:
  // Each function appends the events. A list of parts may have reasoning.
  void add(json::Value content, Sent how, Reasoning& reasoning, Room& room,
           std::vector<Event>& events);
  void add_text(std::string_view piece, Room& room, std::vector<Event>& events);
  void add_refusal(json::Value refusal, Sent how, Room& room, std::vector<Event>& events);

  bool empty() const noexcept { return text_.empty() && refusal_.empty(); }
  // Writes the members of the message. A content that is empty is null if there are tool calls.
  void write(json::ObjectWriter& message, bool has_calls) const;
  void finish(std::vector<Event>& events);
  std::string take_text() { return text_.take(); }
  std::string take_refusal() { return refusal_.take(); }

 private:
  void add_part(json::Value part, bool may_continue, Reasoning& reasoning, Room& room,
                std::vector<Event>& events);
  void add_to_parts(std::string_view piece, Room& room);

  GrowingText text_, refusal_;
  std::vector<Pieces> parts_; // if a list came: all of the content
  bool has_refusal_ = false;  // the refusal is a member of the message
};

} // namespace wayfare::wire
