// The reasoning of an answer: its text, under the names that servers give it, and its details.
// Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <wayfare/event.hpp>

#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "wire/growing_text.hpp"
#include "wire/pieces.hpp"

namespace wayfare::wire {

class Reasoning {
 public:
  // Adds what a delta or a message has, and appends the events. Returns by how many bytes it has
  // grown.
  std::int64_t add(json::Value delta, Sent how, std::vector<Event>& events);
  // Adds reasoning that stands in a part of the content, which keeps it.
  std::int64_t add_text(json::Value piece, std::vector<Event>& events);

  // Whether a member of the message with this name is read here.
  static bool is_own(std::string_view key) noexcept;
  bool empty() const noexcept { return text_.empty(); }
  // Writes the members of the message, by the names by which they came.
  void write(json::ObjectWriter& message) const;
  void finish(std::vector<Event>& events);
  std::string take();

 private:
  std::int64_t add_details(json::Value details);
  Pieces* continued(json::Value piece, std::size_t in_this_list);
  void tell(std::string_view piece, std::vector<Event>& events);

  GrowingText text_;
  std::vector<std::pair<std::string, GrowingText>> named_; // by name, as they came
  std::vector<Pieces> details_;
  // The text has come under a name or in the content, so that details only repeat it.
  bool is_told_ = false;
};

} // namespace wayfare::wire
