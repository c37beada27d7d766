// Shortens texts of servers, before they are stored or reported.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace wayfare {

// The most bytes that are kept of a name that a server tells, such as that of a model.
inline constexpr std::size_t told_name_max = 512;

// The text, or its beginning with the mark "…": at most `max` bytes, and whole characters only.
inline std::string cut_text(std::string_view text, std::size_t max = told_name_max) {
  constexpr std::string_view mark = "…";
  if (text.size() <= max) return std::string(text);
  std::size_t end = max - mark.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)).append(mark);
}

} // namespace wayfare
