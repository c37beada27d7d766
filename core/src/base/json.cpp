#include "base/json.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
#include <optional>
#include <stdexcept>
#include <utility>

#include "base/json_text.hpp"

// Our own namespace, so that a host with another RapidJSON links without a clash. Asserts throw
// rather than abort.
#define RAPIDJSON_NAMESPACE wayfare_rapidjson
#define RAPIDJSON_NAMESPACE_BEGIN namespace wayfare_rapidjson {
#define RAPIDJSON_NAMESPACE_END }
#define RAPIDJSON_ASSERT(x) \
  if (!(x)) throw std::logic_error("rapidjson: " #x)
#define RAPIDJSON_NOEXCEPT_ASSERT(x)
#if defined(__SSE2__)
// With SSE2, RapidJSON scans 16 bytes at a time and reads up to 15 bytes after the end.
// Document::read has room for them.
#define RAPIDJSON_SSE2
#endif
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

namespace wayfare::json {

namespace rj = wayfare_rapidjson;

namespace {

constexpr std::size_t padding = 16; // the bytes after the text that may be read

// The end of the number that begins at `at`.
std::size_t number_end(std::string_view text, std::size_t at) {
  while (at < text.size() &&
         std::string_view("0123456789+-.eE").find(text[at]) != std::string_view::npos)
    ++at;
  return at;
}

// Whether the text has a character of 0x18 to 0x1F, which JSON has nowhere. With SSE2, RapidJSON
// takes those from 0x1A on in a string.
bool has_overlooked_control(std::string_view text) noexcept {
  constexpr std::uint64_t each = 0x0101010101010101, high = 0x80 * each;
  for (; text.size() >= 8; text.remove_prefix(8)) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data(), 8);
    const std::uint64_t others = (eight & 0xF8 * each) ^ 0x18 * each; // zero for such a character
    if (((others - each) & ~others & high) != 0) return true;
  }
  return std::ranges::any_of(text, [](unsigned char c) { return (c & 0xF8) == 0x18; });
}

// Whether the text is a number in JSON's grammar.
bool is_number(std::string_view text) {
  std::size_t at = 0;
  const auto take = [&](std::string_view any_of) {
    return at < text.size() && any_of.find(text[at]) != any_of.npos && ++at != 0;
  };
  const auto digits = [&] {
    const std::size_t from = at;
    while (take("0123456789")) {}
    return at > from;
  };
  take("-");
  if (!take("0") && !digits()) return false;
  if (take(".") && !digits()) return false;
  if (take("eE")) {
    take("+-");
    if (!digits()) return false;
  }
  return at == text.size();
}

// RapidJSON refuses numbers that do not fit in a double. So each number is replaced by "1" and
// blanks, with the same length. The document takes numbers from the original text.
void stand_in_for_numbers(char* begin, std::size_t size) {
  const std::string_view text(begin, size);
  bool in_string = false;
  for (std::size_t at = 0; at < size; ++at) {
    if (in_string && text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      in_string = !in_string;
    } else if (!in_string && (text[at] == '-' || (text[at] >= '0' && text[at] <= '9'))) {
      const std::size_t end = number_end(text, at);
      if (is_number(text.substr(at, end - at))) {
        begin[at] = '1';
        std::fill(begin + at + 1, begin + end, ' ');
      }
      at = end - 1;
    }
  }
}

} // namespace

// Turns the calls of RapidJSON's reader into nodes. For a string or a number the stream stands
// before the value, for all other values after it.
struct Builder {
  using Node = Document::Node;
  Document& document;
  rj::InsituStringStream& stream; // not const, because Tell() is not const
  std::string fault;              // the cause for which it stopped the reader
  std::uint32_t key = 0, key_size = 0;

  // Adds the node of the value at [begin, end), after its previous sibling. Returns null if there
  // are too many nodes.
  Node* add(Kind kind, std::size_t begin, std::size_t end) {
    auto& nodes = document.nodes_;
    if (nodes.size() == values_max) {
      fault = "more than " + std::to_string(values_max) + " values";
      return nullptr;
    }
    const auto at = static_cast<std::uint32_t>(nodes.size());
    if (!document.open_.empty()) {
      Node& parent = nodes[document.open_.back()];
      if (parent.count++ == 0)
        parent.first = at;
      else
        nodes[document.last_.back()].next = at;
      document.last_.back() = at;
    }
    Node& node = nodes.emplace_back();
    node.kind = kind;
    node.begin = static_cast<std::uint32_t>(begin);
    node.end = static_cast<std::uint32_t>(end);
    node.key = key;
    node.key_size = key_size;
    key = key_size = 0;
    return &node;
  }
  std::uint32_t place_of(const char* text) const {
    return static_cast<std::uint32_t>(text - document.text_.data());
  }

  // The end in the source of a string whose characters begin at `at` and have `size` decoded bytes.
  std::size_t string_end(std::size_t at, std::size_t size) const {
    const std::string_view source = document.source_;
    // true for nearly all strings
    const bool plain = std::memchr(source.data() + at, '\\', size) == nullptr;
    if (plain && source[at + size] == '"') return at + size + 1;
    while (source[at] != '"') at += source[at] == '\\' ? 2 : 1;
    return at + 1;
  }

  bool Null() { return add(Kind::null, stream.Tell() - 4, stream.Tell()) != nullptr; }
  bool Bool(bool truth) {
    Node* node = add(Kind::boolean, stream.Tell() - (truth ? 4 : 5), stream.Tell());
    if (node) node->truth = truth;
    return node != nullptr;
  }
  bool RawNumber(const char* text, rj::SizeType size, bool) {
    const std::size_t begin = place_of(text);
    return add(Kind::number, begin,
               document.numbers_stood_in_ ? number_end(document.source_, begin) : begin + size) !=
           nullptr;
  }
  // RapidJSON decodes a string in place, so its characters begin after the opening quote.
  bool String(const char* text, rj::SizeType size, bool) {
    const std::uint32_t at = place_of(text);
    Node* node = add(Kind::string, at - 1, string_end(at, size));
    if (!node) return false;
    node->text_size = size;
    return node->end - at - 1 == size || is_well_formed({text, size}, at - 1);
  }
  bool Key(const char* text, rj::SizeType size, bool) {
    key = place_of(text);
    key_size = size;
    return is_well_formed({text, size}, key - 1);
  }
  // RapidJSON refuses the first half of a surrogate pair without the second half, but not the
  // second half without the first.
  bool is_well_formed(std::string_view text, std::size_t at) {
    if (text.find('\xED') == text.npos || is_utf8(text)) return true;
    fault = "half a surrogate pair in the string at byte " + std::to_string(at);
    return false;
  }
  bool StartObject() { return open(Kind::object); }
  bool StartArray() { return open(Kind::array); }
  bool EndObject(rj::SizeType) { return close(); }
  bool EndArray(rj::SizeType) { return close(); }
  bool open(Kind kind) {
    if (document.open_.size() >= static_cast<std::size_t>(max_depth)) {
      fault = "nested deeper than " + std::to_string(max_depth) + " levels";
      return false;
    }
    if (!add(kind, stream.Tell() - 1, 0)) return false;
    document.open_.push_back(static_cast<std::uint32_t>(document.nodes_.size() - 1));
    document.last_.push_back(0);
    return true;
  }
  bool close() {
    document.nodes_[document.open_.back()].end = static_cast<std::uint32_t>(stream.Tell());
    document.open_.pop_back();
    document.last_.pop_back();
    return true;
  }
  // Never called, because numbers come as text.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }
};

bool Document::refuse(std::string why) {
  nodes_.clear();
  error_ = std::move(why);
  return false;
}

bool Document::parse(std::string_view text) {
  source_ = text;
  numbers_stood_in_ = is_repaired_ = false;
  rest_ = {};
  failed_at_ = 0;
  error_.clear();
  if (text.size() > std::numeric_limits<std::uint32_t>::max()) return refuse("longer than 4 GiB");
  if (!is_utf8(text)) return refuse("not UTF-8");
  return read();
}

bool Document::parse_repaired(std::string_view text) {
  if (parse(text)) return true;
  std::string why = error_;
  std::string mended = repaired(text, &lone_half_);
  if (mended == text) return false;
  mended_ = std::move(mended);
  if (!parse(mended_)) return refuse(std::move(why));
  is_repaired_ = true;
  return true;
}

bool Document::parse_beginning(std::string_view text) {
  if (parse_repaired(text)) return true;
  const std::string_view rest = rest_;
  if (rest.empty()) return false;
  const bool is_mended = source_.data() == mended_.data();
  if (!parse(source_.substr(0, source_.size() - rest.size()))) return false;
  is_repaired_ = is_mended;
  rest_ = rest;
  return true;
}

bool Document::is_cut_short() const noexcept {
  constexpr std::size_t longest = 12; // of what may be cut in two: a pair of escapes
  const std::string_view rest = source_.substr(failed_at_);
  const bool is_stray = rest.starts_with("\xEF\xBF\xBD"); // bytes outside a string, repaired
  return !error_.empty() && rest.size() <= longest && !is_stray && json::is_cut_short(source_);
}

bool Document::read() {
  nodes_.clear();
  open_.clear();
  last_.clear();
  // The number of values in most texts. Without it the vectors would grow in several steps.
  constexpr std::size_t few = 64;
  if (nodes_.capacity() == 0) nodes_.reserve(few), open_.reserve(8), last_.reserve(8);
  text_.reserve(source_.size() + padding);
  text_.assign(source_);
  text_.append(padding, '\0');
  if (numbers_stood_in_) stand_in_for_numbers(text_.data(), source_.size());

  rj::InsituStringStream stream(text_.data());
  Builder builder{*this, stream, {}};
  // Not the iterative reader: the builder limits the depth, and so the recursion.
  rj::Reader reader;
  const rj::ParseResult result =
      reader.Parse<rj::kParseInsituFlag | rj::kParseNumbersAsStringsFlag>(stream, builder);
  if (result && stream.Tell() == source_.size())
    return !has_overlooked_control(source_) || refuse("a control character in a string");
  if (result || result.Code() == rj::kParseErrorDocumentRootNotSingular)
    rest_ = source_.substr(result ? stream.Tell() : result.Offset());
  if (result) return refuse("a NUL after the value at byte " + std::to_string(stream.Tell()));
  if (!builder.fault.empty()) return refuse(std::move(builder.fault));
  if (result.Code() == rj::kParseErrorNumberTooBig && !numbers_stood_in_) {
    numbers_stood_in_ = true;
    return read();
  }
  failed_at_ = result.Offset();
  std::string why = rj::GetParseError_En(result.Code());
  if (why.ends_with('.')) why.pop_back();
  return refuse(std::move(why) + " at byte " + std::to_string(result.Offset()));
}

Kind Value::kind() const noexcept {
  return document_ ? document_->nodes_[at_].kind : Kind::missing;
}
bool Value::is_true() const noexcept {
  return kind() == Kind::boolean && document_->nodes_[at_].truth;
}

std::string_view Value::string() const noexcept {
  if (kind() != Kind::string) return {};
  const auto& node = document_->nodes_[at_];
  return {document_->text_.data() + node.begin + 1, node.text_size};
}

char16_t Value::lone_half() const noexcept {
  const char16_t half = document_ ? document_->lone_half() : u'\0';
  if (half == 0) return half;
  constexpr std::string_view replacement = "\xEF\xBF\xBD";
  return is_first_half(half) ? (string().ends_with(replacement) ? half : u'\0')
                             : (string().starts_with(replacement) ? half : u'\0');
}

std::string_view Value::number() const noexcept {
  return kind() == Kind::number ? raw() : std::string_view();
}

std::optional<std::int64_t> Value::integer() const noexcept {
  const std::string_view text = number();
  std::int64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || failed != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

std::string_view Value::raw() const noexcept {
  if (!document_) return {};
  return document_->source_.substr(begin_offset(), end_offset() - begin_offset());
}
std::size_t Value::begin_offset() const noexcept {
  return document_ ? document_->nodes_[at_].begin : 0;
}
std::size_t Value::end_offset() const noexcept {
  return document_ ? document_->nodes_[at_].end : 0;
}

Value Value::operator[](std::string_view name) const noexcept {
  if (kind() != Kind::object) return {};
  const Document::Node* const nodes = document_->nodes_.data();
  const char* const text = document_->text_.data();
  for (std::uint32_t at = nodes[at_].first; at != 0; at = nodes[at].next)
    if (nodes[at].key_size == name.size() &&
        std::memcmp(text + nodes[at].key, name.data(), name.size()) == 0)
      return Value(document_, at);
  return {};
}

std::size_t Value::size() const noexcept { return document_ ? document_->nodes_[at_].count : 0; }

Value Value::first() const noexcept {
  if (!document_ || document_->nodes_[at_].first == 0) return {};
  return Value(document_, document_->nodes_[at_].first);
}
Value Value::next() const noexcept {
  if (!document_ || document_->nodes_[at_].next == 0) return {};
  return Value(document_, document_->nodes_[at_].next);
}
std::string_view Value::key() const noexcept {
  if (!document_) return {};
  const auto& node = document_->nodes_[at_];
  return {document_->text_.data() + node.key, node.key_size};
}

std::optional<std::string_view> Document::repeated_name() const {
  constexpr std::uint32_t few = 16;
  std::vector<std::string_view> names; // of an object with many members
  for (const Node& node : nodes_) {
    if (node.kind != Kind::object || node.count < 2) continue;
    if (node.count <= few) {
      for (std::uint32_t one = node.first; one != 0; one = nodes_[one].next)
        for (std::uint32_t other = nodes_[one].next; other != 0; other = nodes_[other].next)
          if (key_of(one) == key_of(other)) return key_of(one);
      continue;
    }
    names.clear();
    for (std::uint32_t one = node.first; one != 0; one = nodes_[one].next)
      names.push_back(key_of(one));
    std::ranges::sort(names);
    if (const auto twice = std::ranges::adjacent_find(names); twice != names.end()) return *twice;
  }
  return std::nullopt;
}

bool Document::has_name(std::string_view name) const noexcept {
  for (std::uint32_t at = 0; at < nodes_.size(); ++at)
    if (nodes_[at].key_size == name.size() && key_of(at) == name) return true;
  return false;
}

} // namespace wayfare::json
