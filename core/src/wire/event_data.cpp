#include "wire/event_data.hpp"

#include <algorithm>

namespace wayfare::wire {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::string_view(" \t\r\n").find(text.front()) != text.npos)
    text.remove_prefix(1);
  while (!text.empty() && std::string_view(" \t\r\n").find(text.back()) != text.npos)
    text.remove_suffix(1);
  return text;
}

bool is_end(std::string_view data) {
  if (data.size() < 6 || data.size() > 16) return false;
  if (data.starts_with("data:")) data = trimmed(data.substr(5));
  return data == "[DONE]" || data == "[done]" || data == "\"[DONE]\"";
}

bool begins_like_json(std::string_view text) {
  if (text.front() != '[') return text.front() == '{';
  const auto second = std::min(text.find_first_not_of(" \t\r\n", 1), text.size());
  const char letter = second < text.size() ? static_cast<char>(text[second] | 0x20) : '[';
  return letter < 'a' || letter > 'z';
}

} // namespace wayfare::wire
