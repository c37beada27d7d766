// JSON: what is taken is JSON by a plain writing of RFC 8259, and every value keeps its text.

#include <set>
#include <string>

#include "fuzz/check.hpp"
#include "fuzz/targets.hpp"

namespace fuzz {

namespace {

using namespace wayfare::json;

// Tells whether a text is JSON, with the limits of wayfare: UTF-8, no half of a surrogate pair, and
// no more than max_depth levels.
class Grammar {
 public:
  explicit Grammar(std::string_view text) : text_(text) {}

  bool holds() {
    blanks();
    if (!value(0)) return false;
    blanks();
    return at_ == text_.size() && is_utf8(text_);
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool word(std::string_view letters) {
    if (!text_.substr(at_).starts_with(letters)) return false;
    at_ += letters.size();
    return true;
  }
  void blanks() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++at_;
  }
  bool digits() {
    const std::size_t from = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    return at_ > from;
  }
  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      return digits();
    }
    return true;
  }
  bool unit(unsigned& found) { // the four digits of an escape
    found = 0;
    for (int left = 4; left > 0; --left, ++at_) {
      const auto digit =
          std::string_view("0123456789abcdef")
              .find(static_cast<char>(peek() >= 'A' && peek() <= 'F' ? peek() + 32 : peek()));
      if (digit == std::string_view::npos) return false;
      found = found * 16 + static_cast<unsigned>(digit);
    }
    return true;
  }
  bool escape() {
    if (peek() != '\0' && std::string_view("\"\\/bfnrt").find(peek()) != std::string_view::npos) {
      ++at_;
      return true;
    }
    unsigned first = 0, second = 0;
    if (!take('u') || !unit(first)) return false;
    if (first < 0xD800 || first > 0xDFFF) return true;
    return first < 0xDC00 && take('\\') && take('u') && unit(second) && second >= 0xDC00 &&
           second <= 0xDFFF;
  }
  bool string() {
    if (!take('"')) return false;
    while (at_ < text_.size()) {
      if (take('"')) return true;
      if (static_cast<unsigned char>(peek()) < 0x20) return false;
      if (!take('\\'))
        ++at_;
      else if (!escape())
        return false;
    }
    return false;
  }
  bool items(char end, int depth, bool named) {
    blanks();
    if (take(end)) return true;
    do {
      blanks();
      if (named && !string()) return false;
      if (named) blanks();
      if (named && !take(':')) return false;
      blanks();
      if (!value(depth)) return false;
      blanks();
    } while (take(','));
    return take(end);
  }
  bool value(int depth) {
    if (peek() == '"') return string();
    if (peek() == '{' || peek() == '[') {
      if (depth == max_depth) return false;
      return take('{') ? items('}', depth + 1, true) : take('[') && items(']', depth + 1, false);
    }
    return word("true") || word("false") || word("null") || number();
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

void check_value(Value value, int& left) {
  if (--left < 0) return; // a long text is parsed again and again
  Document again;
  check(again.parse(value.raw()), "the text of a value is not JSON", value.raw());
  check(again.root().kind() == value.kind(), "the kind of a value changes", value.raw());
  if (value.is_string()) {
    Document quoted_again;
    check(quoted_again.parse(quoted(value.string())), "a quoted text is not JSON", value.raw());
    check_equal(quoted_again.root().string(), value.string(), "a text changes when it is quoted");
  }
  std::size_t items = 0;
  for (Value item = value.first(); item.exists(); item = item.next(), ++items) {
    if (value.is_object())
      check(value[item.key()].exists(), "a member is not found by its name", item.key());
    check_value(item, left);
  }
  check(items == value.size(), "a list has another size");
}

// Whether an object has a name twice.
bool repeats(Value value) {
  std::set<std::string_view> names;
  for (Value item = value.first(); item.exists(); item = item.next())
    if (repeats(item) || (value.is_object() && !names.insert(item.key()).second)) return true;
  return false;
}

} // namespace

void json(std::string_view input) {
  Document document;
  const bool is_taken = document.parse(input);
  check(is_taken == Grammar(input).holds(), is_taken ? "no JSON is taken" : "JSON is refused",
        is_taken ? "" : document.error());
  if (is_taken) {
    int left = 100;
    check_value(document.root(), left);
    check(document.repeated_name().has_value() == repeats(document.root()),
          "a name that is given twice is not found");
    check(!is_cut_short(input) && repaired(input) == input, "good JSON is repaired");
  } else {
    check_utf8(document.error(), "the error of a parse");
  }

  const std::string mended = repaired(input);
  check_utf8(mended, "a repaired text");
  check_equal(repaired(mended), mended, "a repaired text is repaired once more");
  check_json(quoted(input), "a quoted text");

  Document server;
  if (server.parse_repaired(input))
    check_json(server.root().raw(), "a repaired value");
  else
    check(!is_taken, "JSON is refused from a server");
  if (server.parse_beginning(input)) check_json(server.root().raw(), "a value at the beginning");
}

} // namespace fuzz
