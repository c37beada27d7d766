// Figures that a server told and that are not believed, with what it said. They become one text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"

namespace wayfare {

class RefusedFigures {
 public:
  // The most bytes of one figure. A longer number is cut. Of a longer text only the size is kept,
  // since it would be cut in the middle of a key, which then nobody finds.
  static constexpr std::size_t text_max = 256;
  // The most bytes of text(). What does not fit is left out.
  static constexpr std::size_t all_max = 512;

  enum class Place : bool { last, first };
  // Keeps what the server said for a figure, in place of what it said before.
  void keep(std::string_view name, json::Value said, Place place = Place::last);
  // The server has told a figure of that name that is believed.
  void forget(std::string_view name);
  // Takes over those that were told later.
  void take(const RefusedFigures& later);
  // Adds those of a text() that were told earlier.
  void add_earlier(std::string_view text);

  // Name and text of each.
  const std::vector<std::pair<std::string, std::string>>& all() const noexcept { return all_; }
  // A JSON object: {"cost":"1e30"}. Empty where there is none.
  std::string text() const;

 private:
  bool has(std::string_view name) const;
  std::vector<std::pair<std::string, std::string>> all_;
};

} // namespace wayfare
