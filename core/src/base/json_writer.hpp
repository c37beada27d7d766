// Writes JSON: appends one object or array to a text.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_text.hpp"

namespace wayfare::json {

// Writes one object, member by member. The destructor writes the closing brace.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }
  // May throw std::bad_alloc. Writes nothing during the unwinding of an exception, because the text
  // is then dropped.
  ~ObjectWriter() noexcept(false) {
    if (std::uncaught_exceptions() == throwing_) out_ += '}';
  }
  ObjectWriter(const ObjectWriter&) = delete;
  ObjectWriter& operator=(const ObjectWriter&) = delete;

  std::string& member(std::string_view name) { // the caller appends the value
    if (out_.back() != '{') out_ += ',';
    append_string(out_, name);
    out_ += ':';
    return out_;
  }
  ObjectWriter& text(std::string_view name, std::string_view value) {
    append_string(member(name), value);
    return *this;
  }
  ObjectWriter& text_or_null(std::string_view name, std::string_view value) { // null if empty
    return value.empty() ? json(name, "null") : text(name, value);
  }
  ObjectWriter& number(std::string_view name, std::int64_t value) {
    member(name) += std::to_string(value);
    return *this;
  }
  ObjectWriter& number_or_null(std::string_view name, const std::optional<std::int64_t>& value) {
    return value ? number(name, *value) : json(name, "null");
  }
  ObjectWriter& truth(std::string_view name, bool value) {
    return json(name, value ? "true" : "false");
  }
  ObjectWriter& json(std::string_view name, std::string_view value) { // `value` is JSON
    member(name) += value;
    return *this;
  }

 private:
  std::string& out_;
  const int throwing_ = std::uncaught_exceptions();
};

// Appends an array. `append(item)` appends one item.
template <class Items, class Append>
void append_array(std::string& out, const Items& items, Append append) {
  out += '[';
  for (const auto& item : items) {
    if (out.back() != '[') out += ',';
    append(item);
  }
  out += ']';
}

// ["a","b"]
inline std::string array_of(const std::vector<std::string>& texts) {
  std::string out;
  append_array(out, texts, [&out](const std::string& text) { append_string(out, text); });
  return out;
}

} // namespace wayfare::json
