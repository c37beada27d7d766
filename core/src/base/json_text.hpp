// Text as JSON writes it, and UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace wayfare::json {

// Appends `text` as a JSON string, quotes included. Bytes that are not UTF-8 become U+FFFD.
void append_string(std::string& out, std::string_view text);
std::string quoted(std::string_view text);

// The text with U+FFFD in the place of bytes that are not UTF-8 and of halves of surrogate pairs,
// and with escapes for control characters inside of strings. What is right stays as it is.
std::string repaired(std::string_view text);

// Whether `text` is well-formed UTF-8.
bool is_utf8(std::string_view text) noexcept;

} // namespace wayfare::json
