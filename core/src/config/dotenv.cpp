#include "config/dotenv.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

namespace wayfare::dotenv {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\v' || c == '\f'; }
bool is_end(char c) { return c == '\n' || c == '\r'; }
bool is_of_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '-';
}

// Reads the text from a position on.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
  }
  bool at_end() const { return at_ == text_.size(); }
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  int line() const { return line_; }

  char take() { // returns LF for CRLF and CR
    char c = text_[at_++];
    if (c == '\r' && peek() == '\n') ++at_;
    if (c == '\r') c = '\n';
    line_ += c == '\n';
    return c;
  }
  template <class Is>
  std::string_view take_while(Is is) { // stops at the end of the line
    const std::size_t from = at_;
    while (!at_end() && !is_end(peek()) && is(peek())) ++at_;
    return text_.substr(from, at_ - from);
  }
  bool take_blanks() { return !take_while(is_blank).empty(); }
  void take_line() {
    take_while([](char) { return true; });
    if (!at_end()) take();
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
};

struct Value {
  std::string text;
  bool expands = false;

  void add(char c, char next) {
    text += c;
    expands = expands || (c == '$' && (next == '{' || next == '_' ||
                                       std::isalpha(static_cast<unsigned char>(next)) != 0));
  }
};

// Reads a value in quotes. Returns nothing and leaves the reader where it was, if the quotes are
// not closed or if text other than a comment follows them.
std::optional<Value> quoted(Reader& from) {
  Reader reader = from;
  const char quote = reader.take();
  Value value;
  while (!reader.at_end() && reader.peek() != quote) {
    const char c = reader.take();
    const char next = reader.peek();
    if (c == '\\' && quote != '"' && next == quote) {
      value.text += c; // the backslash and the quote stay: the quote does not end the value
      value.text += reader.take();
    } else if (c == '\\' && quote == '"' && next != '\0' &&
               std::string_view("nrt\"\\$").find(next) != std::string_view::npos) {
      reader.take();
      value.text += next == 'n' ? '\n' : next == 'r' ? '\r' : next == 't' ? '\t' : next;
    } else {
      value.add(c, next);
    }
  }
  if (reader.at_end()) return std::nullopt;
  reader.take();
  reader.take_blanks();
  if (!reader.at_end() && !is_end(reader.peek()) && reader.peek() != '#') return std::nullopt;
  from = reader;
  return value;
}

// Reads a value that ends at the end of the line, or at the white space before a comment.
Value bare(Reader& reader, bool after_blank) {
  Value value;
  while (!reader.at_end() && !is_end(reader.peek()) && !(after_blank && reader.peek() == '#')) {
    const char c = reader.take();
    after_blank = is_blank(c);
    value.add(c, reader.peek());
  }
  while (!value.text.empty() && is_blank(value.text.back())) value.text.pop_back();
  return value;
}

// Reads the assignment at this position. Does not read the rest of the line.
std::optional<Assignment> assignment(Reader& reader) {
  const int line = reader.line();
  reader.take_blanks();
  std::string_view name = reader.take_while(is_of_name);
  if (name == "export" && reader.take_blanks()) name = reader.take_while(is_of_name);
  const bool has_blank = reader.take_blanks();
  const bool is_yaml =
      reader.peek() == ':' && !has_blank && (reader.peek(1) == ' ' || reader.peek(1) == '\t');
  if (name.empty() || (reader.peek() != '=' && !is_yaml)) return std::nullopt;
  reader.take();
  const bool after_blank = reader.take_blanks();
  std::optional<Value> value;
  if (const char c = reader.peek(); c == '"' || c == '\'' || c == '`') value = quoted(reader);
  if (!value) value = bare(reader, after_blank);
  return Assignment{std::string(name), std::move(value->text), line, value->expands};
}

} // namespace

std::vector<Assignment> parse(std::string_view text) {
  std::vector<Assignment> assignments;
  Reader reader(text);
  while (!reader.at_end()) {
    if (auto one = assignment(reader)) assignments.push_back(std::move(*one));
    reader.take_line();
  }
  return assignments;
}

} // namespace wayfare::dotenv
