// Writes values as JSON. Structs are written by their tables of fields.
#pragma once

#include <charconv>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <wayfare/fields.hpp>
#include <wayfare/money.hpp>
#include <wayfare/operations.hpp>

#include "base/json_writer.hpp"
#include "base/time_text.hpp"

namespace wayfare::fields {

template <class T>
void write(std::string& out, const T& value, Shape shape = Shape::plain);

inline void write_as(std::string& out, const std::string& text, Shape shape) {
  if (text.empty() && (has(shape, Shape::null_if_empty) || has(shape, Shape::json)))
    out += "null";
  else if (has(shape, Shape::json))
    out += text;
  else
    json::append_string(out, text);
}
inline void write_as(std::string& out, bool value, Shape) { out += value ? "true" : "false"; }
template <std::integral Integer>
void write_as(std::string& out, Integer value, Shape shape) {
  out += value == 0 && has(shape, Shape::null_if_empty) ? "null" : std::to_string(value);
}
inline void write_as(std::string& out, double number, Shape) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}
inline void write_as(std::string& out, Amount amount, Shape) {
  json::append_string(out, amount.text());
}
inline void write_as(std::string& out, const Price& price, Shape) {
  json::append_string(out, price.text());
}
inline void write_as(std::string& out, Time time, Shape) {
  json::append_string(out, time_text(time));
}
// Writes seconds exactly.
inline void write_as(std::string& out, std::chrono::milliseconds time, Shape) {
  out += std::to_string(time.count() / 1000);
  if (time.count() % 1000 == 0) return;
  std::string digits = std::to_string(1000 + time.count() % 1000).substr(1);
  while (digits.back() == '0') digits.pop_back();
  out += "." + digits;
}
template <Enumerated Enum>
void write_as(std::string& out, Enum value, Shape shape) {
  if (has(shape, Shape::null_if_empty) && value == Enum{})
    out += "null";
  else
    json::append_string(out, name(value));
}
template <class T>
void write_as(std::string& out, const std::optional<T>& value, Shape shape) {
  if (value)
    write(out, *value, shape);
  else
    out += "null";
}
template <class T>
void write_as(std::string& out, const std::shared_ptr<const T>& value, Shape shape) {
  if (value)
    write(out, *value, shape);
  else
    out += "null";
}
template <class T>
void write_as(std::string& out, const std::vector<T>& values, Shape) {
  json::append_array(out, values, [&out](const T& value) { write(out, value); });
}
inline void write_as(std::string& out,
                     const std::vector<std::pair<std::string, std::string>>& texts, Shape) {
  json::ObjectWriter object(out);
  for (const auto& [name, text] : texts) object.text(name, text);
}
inline void write_as(std::string& out, const Done&, Shape) { out += "null"; }
template <class... Values>
void write_as(std::string& out, const std::variant<Values...>& value, Shape shape) {
  std::visit([&](const auto& one) { write(out, one, shape); }, value);
}
template <Described Struct>
void write_as(std::string& out, const Struct& value, Shape shape) {
  json::ObjectWriter object(out);
  for_each_field<Struct>([&](const auto& leaf) {
    if (!has(shape, Shape::sparse))
      return write(object.member(leaf.name), leaf.get(value), leaf.shape);
    std::string text;
    write(text, leaf.get(value), leaf.shape | Shape::sparse);
    if (text != "null" && text != "\"\"" && text != "[]" && text != "{}")
      object.json(leaf.name, text);
  });
}

template <class T>
void write(std::string& out, const T& value, Shape shape) {
  write_as(out, value, shape);
}

} // namespace wayfare::fields
