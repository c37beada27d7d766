// The reasoning of an answer: its text, under the names that servers give it, and its details.
// Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <wayfare/event.hpp>

#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "wire/growing_text.hpp"
#include "wire/pieces.hpp"
#include "wire/places.hpp"
#include "wire/room.hpp"

namespace wayfare::wire {

class Reasoning {
 public:
  // Adds what a delta or a message has, and appends the events.
  void add(json::Value delta, Sent how, Room& room, std::vector<Event>& events);
  // Adds reasoning that stands in a part of the content, which keeps it: a text, or a list of
  // objects that have texts.
  void add_thoughts(json::Value thoughts, Room& room, std::vector<Event>& events);

  // Whether a member of the message with this name is read here.
  static bool is_own(std::string_view key) noexcept;
  bool empty() const noexcept { return text_.empty(); }
  // Writes the members of the message, by the names by which they came.
  void write(json::ObjectWriter& message) const;
  void finish(std::vector<Event>& events);
  std::string take();

 private:
  void add_text(json::Value piece, Room& room, std::string& told);
  void add_thoughts(json::Value thoughts, Room& room, std::string& told);
  void add_details(json::Value details, Room& room);
  std::optional<std::size_t> continued(json::Value piece, std::size_t in_this_list) const;
  void tell(std::string_view piece, std::vector<Event>& events);

  GrowingText text_;
  std::vector<std::pair<std::string, GrowingText>> named_; // by name, as they came
  std::vector<Pieces> details_;
  Places indexed_;   // of details_ with an index, by type and index
  Places encrypted_; // of details_ with data, by type and data
  // The text has come under a name or in the content, so that details only repeat it.
  bool is_told_ = false;
};

} // namespace wayfare::wire
