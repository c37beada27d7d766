// A shortcut for streams: most events differ from the one before in the text of their delta alone,
// and need not be parsed again. What it gives is what the long way gives, or nothing: a test holds
// the two against each other. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace wayfare::wire {

class RepeatedDelta {
 public:
  // The text of the delta of `data`, where all else of the event is as in the one that was
  // remembered. Valid until the next call, or the next use of `scratch`.
  std::optional<std::string_view> text_of(std::string_view data, json::Document& scratch);

  // `data` was read by `read`. It is remembered where nothing but the text of its delta tells
  // anything.
  void remember(std::string_view data, const json::Document& read);
  void forget() { last_.clear(); }

 private:
  std::string last_;                // empty: none
  std::size_t begin_ = 0, end_ = 0; // the characters of the delta's text in it
  std::string quoted_;
};

} // namespace wayfare::wire
