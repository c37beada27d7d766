// JSON strings and UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace wayfare::json {

// Appends `text` as a JSON string, quotes included. Bytes that are not UTF-8 become U+FFFD.
void append_string(std::string& out, std::string_view text);
std::string quoted(std::string_view text);

// Replaces bytes that are not UTF-8 and halves of surrogate pairs by U+FFFD, escapes control
// characters inside strings, and writes null for NaN, Infinity and -Infinity. All else stays as it
// is. `lone_half`: becomes the half of a pair that was replaced, or 0 if there was none or several.
std::string repaired(std::string_view text, char16_t* lone_half = nullptr);

// Whether the text begins an object or an array and ends before that is closed.
bool is_cut_short(std::string_view text) noexcept;

// Appends the character of a surrogate pair. False if the two are not the halves of one.
bool append_pair(std::string& out, char16_t first, char16_t second);
bool is_first_half(char16_t unit) noexcept;

// Whether `text` is well-formed UTF-8.
bool is_utf8(std::string_view text) noexcept;

} // namespace wayfare::json
