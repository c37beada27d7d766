// Reads JSON. Only this file and its source use RapidJSON. A document keeps its text, so that any
// value can be returned byte for byte. Numbers stay text, so that no amount passes through a
// double.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wayfare::json {

inline constexpr int max_depth = 128;
// The most values in one text. Each value takes about 40 bytes.
inline constexpr std::size_t values_max = std::size_t{8} << 20;

enum class Kind : std::uint8_t { missing, null, boolean, number, string, array, object };

class Document;

// A view into a Document, valid until its next parse(). A lookup in a missing value gives a missing
// value, so that lookups can be chained.
class Value {
 public:
  Value() = default;

  Kind kind() const noexcept;
  bool exists() const noexcept { return kind() != Kind::missing; }
  // False for a missing value.
  bool is_null() const noexcept { return kind() == Kind::null; }
  bool is_object() const noexcept { return kind() == Kind::object; }
  bool is_array() const noexcept { return kind() == Kind::array; }
  bool is_string() const noexcept { return kind() == Kind::string; }
  bool is_true() const noexcept;

  // The decoded characters of a string; "" for any other value.
  std::string_view string() const noexcept;
  // The value of a whole number that fits in 64 bits. Nothing for any other value.
  std::optional<std::int64_t> integer() const noexcept;
  // The half of a surrogate pair for which a repaired string begins or ends with U+FFFD: a second
  // half at its beginning, or a first half at its end. 0 for any other value.
  char16_t lone_half() const noexcept;
  // The characters of a number; "" for any other value.
  std::string_view number() const noexcept;
  // The characters of the value in the source.
  std::string_view raw() const noexcept;
  // The offsets of the begin and the end of raw() in the source.
  std::size_t begin_offset() const noexcept;
  std::size_t end_offset() const noexcept;

  Value operator[](std::string_view key) const noexcept; // the first member with this name
  std::size_t size() const noexcept; // the number of items of an array or object

  // Walks an array's elements or an object's members: for (Value v = a.first(); v.exists(); v =
  // v.next()) … v.key()
  Value first() const noexcept;
  Value next() const noexcept;
  std::string_view key() const noexcept;

 private:
  friend class Document;
  Value(const Document* document, std::uint32_t at) : document_(document), at_(at) {}
  const Document* document_ = nullptr;
  std::uint32_t at_ = 0;
};

// A parser and its result. Reuse it for many texts: after the first few texts it allocates nothing,
// unless a text is large.
class Document {
 public:
  // Reads one JSON value that only white space may follow. `text` must live as long as the document
  // is used. Returns false if `text` is not JSON, is not UTF-8, is deeper than max_depth, has more
  // than values_max values, or is 4 GiB long. error() then gives the cause in one line.
  bool parse(std::string_view text);

  // Like parse(), for a text from a server. If the text is refused, repairs its encoding with
  // repaired() and reads it once more. The values are then those of the repaired text.
  bool parse_repaired(std::string_view text);

  // Like parse_repaired(), but anything may follow the value: rest() is what does.
  bool parse_beginning(std::string_view text);
  std::string_view rest() const noexcept { return rest_; }
  // Gives back the memory that a large text took, and forgets that text. Does nothing after a text
  // of common size.
  void shrink() noexcept {
    if (text_.capacity() + mended_.capacity() > text_kept || nodes_.capacity() > nodes_kept)
      std::exchange(*this, Document()); // an assignment would keep the memory of the texts
  }
  Value root() const noexcept { return nodes_.empty() ? Value() : Value(this, 0); }
  // A name that an object of the text has twice, at any depth. Readers differ in which of the two
  // they take. Nothing where there is none.
  std::optional<std::string_view> repeated_name() const;
  // Whether an object of the text has a member with that name, at any depth.
  bool has_name(std::string_view name) const noexcept;
  const std::string& error() const noexcept { return error_; }
  // Whether the text was refused because it ended too soon, as far as one can tell.
  bool is_cut_short() const noexcept;
  bool is_empty() const noexcept { return source_.empty(); }
  // whether the text was repaired
  bool is_repaired() const noexcept { return is_repaired_; }
  // The one half of a surrogate pair that the repair replaced by U+FFFD. 0: none, or several.
  char16_t lone_half() const noexcept { return is_repaired_ ? lone_half_ : u'\0'; }

 private:
  friend class Value;
  friend struct Builder;
  struct Node {
    std::uint32_t begin = 0, end = 0; // offsets in the source
    // The size of a string's characters. They begin in text_ after the opening quote.
    std::uint32_t text_size = 0;
    std::uint32_t key = 0, key_size = 0;          // the key of a member, in text_
    std::uint32_t next = 0, first = 0, count = 0; // next, first: indices of nodes; 0: none
    Kind kind = Kind::missing;
    bool truth = false;
  };
  // So much of the memory is kept from one text to the next.
  static constexpr std::size_t text_kept = std::size_t{1} << 20, nodes_kept = std::size_t{1} << 14;

  bool read();
  bool refuse(std::string why);
  std::string_view key_of(std::uint32_t node) const noexcept {
    return {text_.data() + nodes_[node].key, nodes_[node].key_size};
  }

  std::string_view source_;
  std::string mended_; // the repaired source, if it was repaired
  bool is_repaired_ = false;
  char16_t lone_half_ = 0;
  std::size_t failed_at_ = 0;     // where in source_ it is no JSON
  std::string_view rest_;         // what follows the value
  bool numbers_stood_in_ = false; // numbers in text_ were replaced
  std::vector<Node> nodes_;
  // During the parse: the enclosing values, and their latest children.
  std::vector<std::uint32_t> open_, last_;
  std::string text_;
  std::string error_;
};

} // namespace wayfare::json
