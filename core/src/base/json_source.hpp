// Reads JSON into the structs that have a table of fields.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <wayfare/fields.hpp>

#include "base/json.hpp"
#include "base/time_text.hpp"

namespace wayfare::json {

// A Source of read_fields.hpp: one JSON value.
class Source {
 public:
  explicit Source(Value value) : value_(value) {}

  bool is_null() const { return value_.is_null(); }
  static constexpr std::string_view record_word = "an object", text_word = "a text";
  std::string kind() const {
    switch (value_.kind()) {
      case Kind::missing:
      case Kind::null: return "null";
      case Kind::boolean: return "true or false";
      case Kind::number: return "a number";
      case Kind::string: return "a string";
      case Kind::array: return "an array";
      case Kind::object: return "an object";
    }
    return {};
  }
  std::optional<bool> truth() const {
    if (value_.kind() != Kind::boolean) return std::nullopt;
    return value_.is_true();
  }
  std::optional<std::string> text() const {
    if (!value_.is_string()) return std::nullopt;
    return std::string(value_.string());
  }
  std::optional<std::string> path() const { return text(); }
  std::optional<std::string> json() const {
    if (!value_.is_object()) return std::nullopt;
    return std::string(value_.raw());
  }
  std::optional<std::string> json_list() const {
    if (!value_.is_array()) return std::nullopt;
    return std::string(value_.raw());
  }
  std::optional<std::string> digits() const {
    if (value_.is_string()) return std::string(value_.string());
    if (value_.integer()) return std::string(value_.number());
    return std::nullopt;
  }
  std::optional<std::int64_t> whole_number() const { return value_.integer(); }
  std::optional<double> number() const {
    const std::string_view digits = value_.number();
    double number = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (digits.empty() || read.ec != std::errc()) return std::nullopt;
    return number;
  }
  std::optional<Time> time() const {
    return value_.is_string() ? parse_time(value_.string()) : std::nullopt;
  }
  bool is_list() const { return value_.is_array(); }
  bool is_record() const { return value_.is_object(); }
  template <class Function>
  void for_each_item(const Function& function) const {
    for (Value item = value_.first(); item.exists(); item = item.next()) function(Source(item));
  }
  template <class Function>
  void for_each_member(const Function& function) const {
    for (Value item = value_.first(); item.exists(); item = item.next())
      function(item.key(), Source(item));
  }

 private:
  Value value_;
};

} // namespace wayfare::json
