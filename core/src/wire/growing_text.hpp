// A text that comes in pieces. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.hpp"
#include "base/json_text.hpp"

namespace wayfare::wire {

// How a part of a message came: as a piece; or in a message that has all so far, beside pieces; or
// in such a message without pieces beside it, where a text that does not begin with what is known
// must be a piece.
enum class Sent : std::uint8_t { piece, so_far, alone };

// Returns what a text adds to what is known.
inline std::string_view news_of(std::string_view sent, std::string_view known, Sent how) {
  if (how == Sent::piece) return sent;
  if (sent.starts_with(known)) return sent.substr(known.size());
  return how == Sent::alone ? sent : std::string_view();
}

// Some servers cut a text inside a character, and the two halves of a surrogate pair come in two
// pieces. The first half is held back until the next piece, and the two become one character.
class GrowingText {
 public:
  // Appends the piece. Returns what was appended, which is valid until the next call.
  std::string_view add(std::string_view piece) {
    const std::size_t before = text_.size();
    if (half_ != 0 && !piece.empty()) finish();
    text_ += piece;
    return std::string_view(text_).substr(before);
  }
  std::string_view add(json::Value piece) {
    return half_ == 0 && piece.lone_half() == 0 ? add(piece.string()) : add_cut(piece);
  }
  std::string_view add(json::Value text, Sent how) {
    return how == Sent::piece || empty() ? add(text) : add(news_of(text.string(), text_, how));
  }
  // No more pieces will come: a half that was held back becomes U+FFFD, which is returned.
  std::string_view finish() {
    const std::size_t before = text_.size();
    if (std::exchange(half_, u'\0') != 0) text_ += replacement;
    return std::string_view(text_).substr(before);
  }

  const std::string& text() const noexcept { return text_; }
  std::string take() {
    finish();
    return std::move(text_);
  }
  bool empty() const noexcept { return text_.empty() && half_ == 0; }

 private:
  static constexpr std::string_view replacement = "\xEF\xBF\xBD"; // U+FFFD

  std::string_view add_cut(json::Value value) {
    const std::size_t before = text_.size();
    std::string_view piece = value.string();
    if (piece.empty()) return {};
    const char16_t half = value.lone_half();
    if (half_ != 0 && json::append_pair(text_, half_, half)) {
      half_ = 0;
      piece.remove_prefix(replacement.size());
    } else if (finish(); json::is_first_half(half)) {
      half_ = half;
      piece.remove_suffix(replacement.size());
    }
    text_ += piece;
    return std::string_view(text_).substr(before);
  }

  std::string text_;
  char16_t half_ = 0; // held back; 0: none
};

// Adds a piece to a text that is sent in pieces by some servers, whole and repeatedly by others:
// the name of a tool. Returns what was appended.
inline std::string grow(std::string& known, std::string_view piece) {
  if (piece.starts_with(known)) piece.remove_prefix(known.size()); // all of it, once more
  known += piece;
  return std::string(piece);
}

} // namespace wayfare::wire
