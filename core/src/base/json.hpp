// JSON, read: the only place that knows RapidJSON. A document keeps the text it was read from, so
// that any value can be given back byte for byte; numbers stay text, so that no amount passes
// through a double.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wayfare::json {

inline constexpr int max_depth = 128;
// of one text: each takes some 40 bytes while it is read
inline constexpr std::size_t values_max = std::size_t{8} << 20;

enum class Kind : std::uint8_t { missing, null, boolean, number, string, array, object };

class Document;

// A view into a Document, valid until its next parse(). Looking into what is not there gives a
// missing value, so that lookups chain.
class Value {
 public:
  Value() = default;

  Kind kind() const noexcept;
  bool exists() const noexcept { return kind() != Kind::missing; }
  // also true for nothing but null itself
  bool is_null() const noexcept { return kind() == Kind::null; }
  bool is_object() const noexcept { return kind() == Kind::object; }
  bool is_array() const noexcept { return kind() == Kind::array; }
  bool is_string() const noexcept { return kind() == Kind::string; }
  bool is_true() const noexcept;

  // The decoded characters of a string; "" for anything else.
  std::string_view string() const noexcept;
  // A whole number that fits; nothing for anything else.
  std::optional<std::int64_t> integer() const noexcept;
  // A number's own characters; "" for anything else.
  std::string_view number() const noexcept;
  // The value as it stands in the source.
  std::string_view raw() const noexcept;
  // Where raw() begins and ends in the source.
  std::size_t begin_offset() const noexcept;
  std::size_t end_offset() const noexcept;

  Value operator[](std::string_view key) const noexcept; // the first with that name
  std::size_t size() const noexcept;                     // of an array or object

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

// Reused from text to text: after the first few it allocates nothing.
class Document {
 public:
  // Reads one JSON value with nothing but white space after it. `text` must outlive the document's
  // use. False where it is not JSON, not UTF-8, deeper than max_depth, of more than values_max
  // values, or 4 GiB long; error() then says so in a line.
  bool parse(std::string_view text);

  // As parse(), for what a server sent: a text that is refused is repaired once, and read again.
  // `text` need not be JSON whose encoding is right, then; the values are those of repaired(text).
  bool parse_repaired(std::string_view text);
  Value root() const noexcept { return nodes_.empty() ? Value() : Value(this, 0); }
  // A name that an object of the text has twice, at any depth. Readers differ in which of the two
  // they take. Nothing where there is none.
  std::optional<std::string_view> repeated_name() const;
  // Whether an object of the text has a member with that name, at any depth.
  bool has_name(std::string_view name) const noexcept;
  const std::string& error() const noexcept { return error_; }
  // the text was not read as it was given
  bool is_repaired() const noexcept { return is_repaired_; }

 private:
  friend class Value;
  friend struct Builder;
  struct Node {
    std::uint32_t begin = 0, end = 0; // in the source
    // of a string's characters, which begin in text_ behind its opening quote
    std::uint32_t text_size = 0;
    std::uint32_t key = 0, key_size = 0;          // in text_: of a member
    std::uint32_t next = 0, first = 0, count = 0; // indices of nodes; 0: none
    Kind kind = Kind::missing;
    bool truth = false;
  };
  bool read();
  bool refuse(std::string why);
  std::string_view key_of(std::uint32_t node) const noexcept {
    return {text_.data() + nodes_[node].key, nodes_[node].key_size};
  }

  std::string_view source_;
  std::string mended_; // the source, where it had to be repaired
  bool is_repaired_ = false;
  bool numbers_stood_in_ = false; // in text_
  std::vector<Node> nodes_;
  // of the parse: enclosing values, and their latest children
  std::vector<std::uint32_t> open_, last_;
  std::string text_;
  std::string error_;
};

} // namespace wayfare::json
