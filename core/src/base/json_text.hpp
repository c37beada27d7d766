// JSON strings and UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace wayfare::json {

// Appends `text` as a JSON string, quotes included. Bytes that are not UTF-8 become U+FFFD.
void append_string(std::string& out, std::string_view text);
std::string quoted(std::string_view text);

// Replaces bytes that are not UTF-8 and halves of surrogate pairs by U+FFFD, and escapes control
// characters inside strings. All else stays as it is.
std::string repaired(std::string_view text);

// Whether `text` is well-formed UTF-8.
bool is_utf8(std::string_view text) noexcept;

} // namespace wayfare::json
