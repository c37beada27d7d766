#include "base/json_text.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>

namespace wayfare::json {

// The length of the well-formed UTF-8 sequence at the start of `text`, or 0. See Unicode 15, table
// 3-7.
static std::size_t sequence(std::string_view text) noexcept {
  const auto byte = [&](std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u;
  };
  const auto tail = [&](std::size_t at, unsigned low = 0x80, unsigned high = 0xBF) {
    return byte(at) >= low && byte(at) <= high;
  };
  const unsigned head = byte(0);
  if (head < 0x80) return 1;
  if (head >= 0xC2 && head <= 0xDF) return tail(1) ? 2 : 0;
  if (head >= 0xE0 && head <= 0xEF) {
    // no overlong forms, no surrogates
    const unsigned low = head == 0xE0 ? 0xA0 : 0x80, high = head == 0xED ? 0x9F : 0xBF;
    return tail(1, low, high) && tail(2) ? 3 : 0;
  }
  if (head >= 0xF0 && head <= 0xF4) {
    const unsigned low = head == 0xF0 ? 0x90 : 0x80, high = head == 0xF4 ? 0x8F : 0xBF;
    return tail(1, low, high) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    std::uint64_t words[4] = {};
    constexpr std::uint64_t high = 0x8080808080808080u;
    for (; text.size() >= sizeof words; text.remove_prefix(sizeof words)) {
      std::memcpy(words, text.data(), sizeof words);
      if (((words[0] | words[1] | words[2] | words[3]) & high) != 0) break;
    }
    for (; text.size() >= 8; text.remove_prefix(8)) {
      std::memcpy(words, text.data(), 8);
      if ((words[0] & high) != 0) break;
    }
    if (text.empty()) break;
    const std::size_t length = sequence(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD"; // U+FFFD

// The code unit of the escape "\uXXXX" at the start of `text`. Nothing if there is no such escape.
std::optional<char16_t> code_unit(std::string_view text) noexcept {
  if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return std::nullopt;
  std::uint16_t unit = 0;
  const auto read = std::from_chars(text.data() + 2, text.data() + 6, unit, 16);
  return read.ptr == text.data() + 6 ? std::optional<char16_t>(unit) : std::nullopt;
}
bool is_second_half(char16_t unit) noexcept { return unit >= 0xDC00 && unit <= 0xDFFF; }

// The length of a number that JSON does not have, at the start of `text`. 0 if there is none.
std::size_t no_number(std::string_view text) noexcept {
  for (const std::string_view name : {"NaN", "Infinity", "-Infinity", "-NaN"})
    if (text.starts_with(name)) return name.size();
  return 0;
}

void append_control(std::string& out, unsigned char c) {
  static constexpr char hex[] = "0123456789abcdef";
  out += "\\u00";
  out += hex[c >> 4];
  out += hex[c & 15];
}

} // namespace

bool is_first_half(char16_t unit) noexcept { return unit >= 0xD800 && unit <= 0xDBFF; }

bool append_pair(std::string& out, char16_t first, char16_t second) {
  if (!is_first_half(first) || !is_second_half(second)) return false;
  const std::uint32_t point = 0x10000u + ((first - 0xD800u) << 10u) + (second - 0xDC00u);
  out += static_cast<char>(0xF0u | (point >> 18u));
  for (const unsigned shift : {12u, 6u, 0u})
    out += static_cast<char>(0x80u | ((point >> shift) & 0x3Fu));
  return true;
}

bool is_cut_short(std::string_view text) noexcept {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == text.npos || (text[begin] != '{' && text[begin] != '[')) return false;
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t at = begin; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string && text.substr(at).starts_with("\\u0000")) return false; // garbage, repaired
    if (in_string && c == '\\')
      ++at;
    else if (c == '"')
      in_string = !in_string;
    else if (!in_string && (c == '{' || c == '['))
      ++depth;
    else if (!in_string && (c == '}' || c == ']') && --depth == 0)
      return false;
  }
  return true;
}

std::string repaired(std::string_view text, char16_t* lone_half) {
  std::string out;
  out.reserve(text.size());
  bool in_string = false;
  char16_t half = 0;
  int halves = 0;
  while (!text.empty()) {
    const auto c = static_cast<unsigned char>(text.front());
    std::size_t taken = 1;
    if (in_string && c == '\\') {
      const auto unit = code_unit(text);
      const bool whole_pair = is_first_half(unit.value_or(0)) && unit &&
                              is_second_half(code_unit(text.substr(6)).value_or(0));
      const bool escapes_ascii = text.size() > 1 && static_cast<unsigned char>(text[1]) < 0x80;
      taken = whole_pair ? 12 : unit ? 6 : escapes_ascii ? 2 : 1;
      if (!whole_pair && unit && (is_first_half(*unit) || is_second_half(*unit))) {
        out += replacement;
        half = *unit;
        ++halves;
      } else {
        out += text.substr(0, taken);
      }
    } else if (in_string && c < 0x20) {
      append_control(out, c);
    } else if (const std::size_t length = sequence(text); length == 0) {
      out += replacement;
    } else if (const std::size_t name = in_string ? 0 : no_number(text)) {
      out += "null";
      taken = name;
    } else {
      taken = length;
      out += text.substr(0, taken);
      if (c == '"') in_string = !in_string;
    }
    text.remove_prefix(taken);
  }
  if (lone_half) *lone_half = halves == 1 ? half : u'\0';
  return out;
}

// The number of characters at the start that need no escape: printable ASCII without the quote and
// the backslash.
static std::size_t plain_run(std::string_view text) noexcept {
  std::size_t at = 0;
  constexpr std::uint64_t each = 0x0101010101010101, high = 0x80 * each;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data() + at, 8);
    // Sets the high bit of the first zero byte, and maybe of bytes after it.
    const auto zeros = [](std::uint64_t x) { return (x - each) & ~x; };
    const std::uint64_t controls = eight - 0x20 * each,
                        others = zeros(eight ^ '"' * each) | zeros(eight ^ '\\' * each);
    if (((eight | controls | others) & high) != 0) break;
  }
  const auto is_plain = [](unsigned char c) {
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
  };
  while (at < text.size() && is_plain(text[at])) ++at;
  return at;
}

void append_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t run = plain_run(text);
    out.append(text.substr(0, run));
    text.remove_prefix(run);
    if (text.empty()) break;
    const auto c = static_cast<unsigned char>(text.front());
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c < 0x20) {
      append_control(out, c);
    } else if (const std::size_t length = sequence(text)) {
      out.append(text.substr(0, length));
      text.remove_prefix(length);
      continue;
    } else {
      out += replacement;
    }
    text.remove_prefix(1);
  }
  out += '"';
}

std::string quoted(std::string_view text) {
  std::string out;
  append_string(out, text);
  return out;
}

} // namespace wayfare::json
