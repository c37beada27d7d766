// Puts tool calls together from their pieces. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wayfare/event.hpp>
#include <wayfare/reply.hpp>

#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "wire/growing_text.hpp"
#include "wire/pieces.hpp"
#include "wire/places.hpp"
#include "wire/room.hpp"

namespace wayfare::wire {

class ToolCalls {
 public:
  // Adds the list of a delta or of a message, and appends the events. Each item of a message is a
  // call. What is kept takes its room.
  void add(json::Value list, Sent how, Room& room, std::vector<Event>& events);

  bool empty() const noexcept { return calls_.empty(); }
  // A call without arguments has "{}".
  std::vector<ToolCall> calls() const;
  // Writes the member of the message, if there are calls.
  void write(json::ObjectWriter& message) const;
  void finish(std::vector<Event>& events);

 private:
  struct Call {
    std::optional<std::int64_t> index;
    std::string id, name;
    GrowingText arguments;
    std::string object; // the arguments as JSON, if they came as an object
    bool is_custom = false;
    bool is_blank = true; // the arguments so far
    // These tell how deep the end of the arguments' text is, and whether it closes all that they
    // opened.
    int depth = 0;
    bool in_string = false, is_escaped = false, is_closed = false;
    // All else, of the call and of its function.
    Pieces more, more_of_function;

    void follow(std::string_view piece);
    std::string type() const { return is_custom ? "custom" : "function"; }
    // Whether nothing can follow the arguments.
    bool is_complete() const noexcept { return !object.empty() || (is_closed && !is_custom); }
    std::string_view arguments_so_far() const {
      return object.empty() ? std::string_view(arguments.text()) : std::string_view(object);
    }
  };
  struct Piece; // what is read of an item of a list

  Call* known(const Piece& piece, std::size_t in_this_list);
  Call* begun(const Piece& piece, Room& room); // null where there is no room
  static bool begins_another(const Call& call, const Piece& piece);
  void add_to(Call& call, const Piece& piece, Sent how, Room& room, std::vector<Event>& events);

  std::vector<Call> calls_;
  Places by_index_, by_id_; // of calls_
  bool is_full_ = false;    // a call was left out, and its pieces may follow
};

} // namespace wayfare::wire
