// What the fuzz targets check with. A check that fails ends the process, so that the fuzzer keeps
// the input.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <wayfare/error.hpp>

#include "base/json.hpp"
#include "base/json_text.hpp"

namespace fuzz {

[[noreturn]] inline void fail(std::string_view what, std::string_view detail = {}) {
  const std::string text =
      "a check failed: " + std::string(what) + "\n" + std::string(detail) + "\n";
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::abort();
}

inline void check(bool holds, std::string_view what, std::string_view detail = {}) {
  if (!holds) fail(what, detail);
}

inline void check_equal(std::string_view one, std::string_view other, std::string_view what) {
  if (one != other) fail(what, "  one: " + std::string(one) + "\n  other: " + std::string(other));
}

inline void check_json(std::string_view text, std::string_view what) {
  wayfare::json::Document document;
  if (!document.parse(text)) fail(std::string(what) + " is not JSON: " + document.error(), text);
}

inline void check_utf8(std::string_view text, std::string_view what) {
  check(wayfare::json::is_utf8(text), std::string(what) + " is not UTF-8", text);
}

// Of an error: it has a cause, and its texts are single lines.
inline void check_error(const wayfare::Error& error) {
  check(error.code != wayfare::Code::ok && error.code != wayfare::Code::internal,
        "an error has no cause", error.message);
  check(!error.message.empty(), "an error has no message");
  for (const std::string& line : {error.message, error.advice, error.provider, error.limit}) {
    check_utf8(line, "a text of an error");
    for (const char c : line)
      check(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F,
            "a text of an error has several lines", line);
  }
}

// The input, cut at the first line that is only "---". Without such a line all of it is `second`.
struct Parts {
  bool are_two = false;
  std::string_view first, second;
};
inline Parts parts_of(std::string_view input) {
  constexpr std::string_view line = "\n---\n";
  const auto at = input.find(line);
  if (at == input.npos) return {.second = input};
  return {true, input.substr(0, at), input.substr(at + line.size())};
}

// Gives the input byte by byte, as the choices of a target. At its end every choice is 0.
class Choices {
 public:
  explicit Choices(std::string_view input) : rest_(input) {}

  bool is_empty() const { return rest_.empty(); }
  unsigned next() { // 0 to 255
    if (rest_.empty()) return 0;
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }
  unsigned below(unsigned count) { return next() % count; }
  std::string_view text(std::size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }

 private:
  std::string_view rest_;
};

} // namespace fuzz
