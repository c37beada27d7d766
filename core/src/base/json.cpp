#include "base/json.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>
#include <new>
#include <stdexcept>
#include <utility>

// Our own namespace, so that a host with another RapidJSON links without a clash; asserts throw instead of aborting.
#define RAPIDJSON_NAMESPACE wayfare_rapidjson
#define RAPIDJSON_NAMESPACE_BEGIN namespace wayfare_rapidjson {
#define RAPIDJSON_NAMESPACE_END }
#define RAPIDJSON_ASSERT(x) \
  if (!(x)) throw std::logic_error("rapidjson: " #x)
#define RAPIDJSON_NOEXCEPT_ASSERT(x)
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

// Where a string, of which this is in the middle, has its next quote, backslash or control character. Up to 15 bytes beyond it are read:
// Document::parse has room for that.
static char* next_special(char* at) {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), control = _mm_set1_epi8(0x1F);
  for (;; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i special = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
                                         _mm_cmpeq_epi8(_mm_max_epu8(bytes, control), control));
    if (const auto found = static_cast<unsigned>(_mm_movemask_epi8(special))) return at + std::countr_zero(found);
  }
#else
  while (*at != '"' && *at != '\\' && static_cast<unsigned char>(*at) >= 0x20) ++at;
  return at;
#endif
}

namespace wayfare_rapidjson {

// Most strings have no escapes: they are found in one go, and stay where they are. Unlike in the reader's own way, the stream stands behind
// the string when the handler is called.
template <>
template <unsigned flags, typename Stream, typename Handler>
void GenericReader<UTF8<>, UTF8<>, CrtAllocator>::ParseString(Stream& stream, Handler& handler, bool is_key) {
  stream.Take();
  char* const begin = stream.PutBegin();
  char* const end = next_special(begin);
  std::size_t size = static_cast<std::size_t>(end - begin);
  if (*end == '"') {
    stream.src_ = end + 1;
  } else {
    ParseStringToStream<flags, UTF8<>, UTF8<>>(stream, stream);
    if (HasParseError()) return;
    size = stream.PutEnd(begin) - 1;
  }
  const bool taken =
      is_key ? handler.Key(begin, static_cast<SizeType>(size), false) : handler.String(begin, static_cast<SizeType>(size), false);
  if (!taken) RAPIDJSON_PARSE_ERROR(kParseErrorTermination, stream.Tell());
}

// Numbers are text here. The reader's own way with them refuses those that no double holds.
template <>
template <unsigned flags, typename Stream, typename Handler>
void GenericReader<UTF8<>, UTF8<>, CrtAllocator>::ParseNumber(Stream& stream, Handler& handler) {
  const std::size_t begin = stream.Tell();
  const auto is_digit = [&] { return stream.Peek() >= '0' && stream.Peek() <= '9'; };
  const auto digits = [&] {
    if (!is_digit()) return false;
    while (is_digit()) stream.Take();
    return true;
  };
  const auto accept = [&](char c) { return stream.Peek() == c && stream.Take() == c; };
  accept('-');
  if (!accept('0') && !digits()) RAPIDJSON_PARSE_ERROR(kParseErrorValueInvalid, stream.Tell());
  if (accept('.') && !digits()) RAPIDJSON_PARSE_ERROR(kParseErrorNumberMissFraction, stream.Tell());
  if (accept('e') || accept('E')) {
    if (!accept('+')) accept('-');
    if (!digits()) RAPIDJSON_PARSE_ERROR(kParseErrorNumberMissExponent, stream.Tell());
  }
  if (!handler.RawNumber(nullptr, static_cast<SizeType>(stream.Tell() - begin), false))
    RAPIDJSON_PARSE_ERROR(kParseErrorTermination, begin);
}

} // namespace wayfare_rapidjson

namespace wayfare::json {

namespace rj = wayfare_rapidjson;

// Turns the reader's calls into nodes. The stream tells where in the source each value stands.
struct Builder {
  using Node = Document::Node;
  Document& document;
  rj::InsituStringStream& stream; // its Tell() is not const
  std::string fault;              // why it stopped the reader
  std::uint32_t key = 0, key_size = 0;

  // The node of a value that begins at `begin`, linked behind its elder sibling; null where there are too many.
  Node* add(Kind kind, std::size_t begin) {
    auto& nodes = document.nodes_;
    if (nodes.size() == values_max) return fault = "more than " + std::to_string(values_max) + " values", nullptr;
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
    node.end = static_cast<std::uint32_t>(stream.Tell());
    node.key = key;
    node.key_size = key_size;
    key = key_size = 0;
    return &node;
  }
  std::uint32_t place_of(const char* text) const { return static_cast<std::uint32_t>(text - document.text_.data()); }

  bool Null() { return add(Kind::null, stream.Tell() - 4) != nullptr; }
  bool Bool(bool truth) {
    Node* node = add(Kind::boolean, stream.Tell() - (truth ? 4 : 5));
    if (node) node->truth = truth;
    return node != nullptr;
  }
  bool RawNumber(const char*, rj::SizeType size, bool) { return add(Kind::number, stream.Tell() - size) != nullptr; }
  // A string is decoded where it stands, so that its characters begin behind its opening quote.
  bool String(const char* text, rj::SizeType size, bool) {
    const std::uint32_t at = place_of(text);
    Node* node = add(Kind::string, at - 1);
    if (!node) return false;
    node->text_size = size;
    return node->end - at - 1 == size || is_well_formed({text, size});
  }
  bool Key(const char* text, rj::SizeType size, bool) {
    key = place_of(text);
    key_size = size;
    return stream.Tell() - key - 1 == size || is_well_formed({text, size});
  }
  // The reader refuses the first half of a surrogate pair without the second, but not the second without the first.
  bool is_well_formed(std::string_view text) {
    if (text.find('\xED') == text.npos || is_utf8(text)) return true;
    return fault = "half a surrogate pair in a string before byte " + std::to_string(stream.Tell()), false;
  }
  bool StartObject() { return open(Kind::object); }
  bool StartArray() { return open(Kind::array); }
  bool EndObject(rj::SizeType) { return close(); }
  bool EndArray(rj::SizeType) { return close(); }
  bool open(Kind kind) {
    if (document.open_.size() >= static_cast<std::size_t>(max_depth))
      return fault = "nested deeper than " + std::to_string(max_depth) + " levels", false;
    if (!add(kind, stream.Tell() - 1)) return false;
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
  // Numbers come as text, so these are never called.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }
};

bool Document::parse(std::string_view text) {
  source_ = text;
  nodes_.clear();
  open_.clear();
  last_.clear();
  error_.clear();
  if (text.size() > std::numeric_limits<std::uint32_t>::max()) return error_ = "longer than 4 GiB", false;

  if (!is_utf8(text)) return error_ = "not UTF-8", false;
  constexpr std::size_t few = 64; // values, as most texts have: else they would be moved five times until there is room
  if (nodes_.capacity() == 0) nodes_.reserve(few), open_.reserve(8), last_.reserve(8);
  text_.reserve(text.size() + 16);
  text_.assign(text);
  text_.append(16, '\0');
  rj::InsituStringStream stream(text_.data());
  Builder builder{*this, stream};
  // Not the iterative reader: the builder bounds the depth, and with it the recursion.
  rj::Reader reader;
  const rj::ParseResult result = reader.Parse<rj::kParseInsituFlag>(stream, builder);
  if (result && stream.Tell() == text.size()) return true;
  nodes_.clear();
  if (result) return error_ = "a NUL behind the value at byte " + std::to_string(stream.Tell()), false;
  if (!builder.fault.empty()) return error_ = std::move(builder.fault), false;
  error_ = rj::GetParseError_En(result.Code());
  if (error_.ends_with('.')) error_.pop_back();
  error_ += " at byte " + std::to_string(result.Offset());
  return false;
}

Kind Value::kind() const noexcept { return document_ ? document_->nodes_[at_].kind : Kind::missing; }
bool Value::is_true() const noexcept { return kind() == Kind::boolean && document_->nodes_[at_].truth; }

std::string_view Value::string() const noexcept {
  if (kind() != Kind::string) return {};
  const auto& node = document_->nodes_[at_];
  return {document_->text_.data() + node.begin + 1, node.text_size};
}

std::string_view Value::number() const noexcept { return kind() == Kind::number ? raw() : std::string_view(); }

std::optional<std::int64_t> Value::integer() const noexcept {
  const std::string_view text = number();
  std::int64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view Value::raw() const noexcept {
  if (!document_) return {};
  return document_->source_.substr(begin_offset(), end_offset() - begin_offset());
}
std::size_t Value::begin_offset() const noexcept { return document_ ? document_->nodes_[at_].begin : 0; }
std::size_t Value::end_offset() const noexcept { return document_ ? document_->nodes_[at_].end : 0; }

Value Value::operator[](std::string_view name) const noexcept {
  if (kind() != Kind::object) return {};
  const Document::Node* const nodes = document_->nodes_.data();
  const char* const text = document_->text_.data();
  for (std::uint32_t at = nodes[at_].first; at != 0; at = nodes[at].next)
    if (nodes[at].key_size == name.size() && std::memcmp(text + nodes[at].key, name.data(), name.size()) == 0) return Value(document_, at);
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

// The length of the well-formed UTF-8 sequence at the head of `text`, or 0. (Unicode 15, table 3-7.)
static std::size_t sequence(std::string_view text) noexcept {
  const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u; };
  const auto tail = [&](std::size_t at, unsigned low = 0x80, unsigned high = 0xBF) { return byte(at) >= low && byte(at) <= high; };
  const unsigned head = byte(0);
  if (head < 0x80) return 1;
  if (head >= 0xC2 && head <= 0xDF) return tail(1) ? 2 : 0;
  if (head >= 0xE0 && head <= 0xEF) {
    const unsigned low = head == 0xE0 ? 0xA0 : 0x80, high = head == 0xED ? 0x9F : 0xBF; // no overlong forms, no surrogates
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

// How many of the first characters stand in a JSON string as they are: printable ASCII but for the quote and the backslash.
static std::size_t plain_run(std::string_view text) noexcept {
  std::size_t at = 0;
  constexpr std::uint64_t each = 0x0101010101010101, high = 0x80 * each;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data() + at, 8);
    const auto zeros = [](std::uint64_t x) { return (x - each) & ~x; }; // the high bit of a byte that is 0, and of some behind it
    const std::uint64_t controls = eight - 0x20 * each, others = zeros(eight ^ '"' * each) | zeros(eight ^ '\\' * each);
    if (((eight | controls | others) & high) != 0) break;
  }
  const auto is_plain = [](unsigned char c) { return c >= 0x20 && c < 0x80 && c != '"' && c != '\\'; };
  while (at < text.size() && is_plain(text[at])) ++at;
  return at;
}

void append_string(std::string& out, std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
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
      out += "\\u00";
      out += hex[c >> 4];
      out += hex[c & 15];
    } else if (const std::size_t length = sequence(text)) {
      out.append(text.substr(0, length));
      text.remove_prefix(length);
      continue;
    } else {
      out += "\xEF\xBF\xBD";
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
