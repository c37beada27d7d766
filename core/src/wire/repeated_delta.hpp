// A shortcut for streams. Most events differ from the previous event only in the text of their
// delta, so they need no full parse. The shortcut gives the same text as a full parse, or nothing.
// A test compares both. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace wayfare::wire {

class RepeatedDelta {
 public:
  // The text of the delta in `data`, if all else in the event is equal to the remembered event.
  // Valid until the next call, or the next use of `scratch`.
  std::optional<std::string_view> text_of(std::string_view data, json::Document& scratch);

  // Remembers the event `data` if only the text of its delta has content. `read` is its parsed
  // document.
  void remember(std::string_view data, const json::Document& read);
  void forget() { last_.clear(); }

 private:
  std::string last_;                // the remembered event; empty: none
  std::size_t begin_ = 0, end_ = 0; // the place of the delta's text in last_
  std::string quoted_;
};

} // namespace wayfare::wire
