// Prints the tables of the public headers as one JSON text. generate.py makes the reference and the
// types of other languages from it.
#include <algorithm>
#include <array>
#include <chrono>
#include <concepts>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <wayfare/wayfare.hpp>

#include "base/json_writer.hpp"
#include "base/write_fields.hpp"

namespace {

using namespace wayfare;
using json::ObjectWriter;

// The records and enums that are described, each once, in the order in which they are found.
struct Described {
  std::vector<std::string> names, records, enums;
};

template <class T>
struct Type; // name(Described&) returns the type in words; `nullable`: whether the value may be
             // null

template <class T>
std::string type_of(Described& all, Shape shape) {
  if constexpr (std::same_as<T, std::optional<std::string>>)
    return type_of<std::string>(all, shape);
  else if constexpr (std::same_as<T, std::string>)
    return has(shape, Shape::list)   ? "json list"
           : has(shape, Shape::json) ? "json"
           : has(shape, Shape::path) ? "path"
                                     : "text";
  else
    return Type<T>::name(all);
}
template <class T>
bool is_nullable(Shape shape) {
  return has(shape, Shape::null_if_empty) || Type<T>::nullable;
}

struct NotNullable {
  static constexpr bool nullable = false;
};
template <>
struct Type<std::string> : NotNullable {};
template <>
struct Type<bool> : NotNullable {
  static std::string name(Described&) { return "boolean"; }
};
template <std::integral Integer>
struct Type<Integer> : NotNullable {
  static std::string name(Described&) { return "integer"; }
};
template <>
struct Type<double> : NotNullable {
  static std::string name(Described&) { return "number"; }
};
template <>
struct Type<Amount> : NotNullable {
  static std::string name(Described&) { return "dollars"; }
};
template <>
struct Type<Price> : NotNullable {
  static std::string name(Described&) { return "dollars"; }
};
template <>
struct Type<Time> : NotNullable {
  static std::string name(Described&) { return "time"; }
};
template <>
struct Type<std::chrono::milliseconds> : NotNullable {
  static std::string name(Described&) { return "seconds"; }
};
template <>
struct Type<Done> {
  static constexpr bool nullable = true;
  static std::string name(Described&) { return "nothing"; }
};
template <class T>
struct Type<std::optional<T>> {
  static constexpr bool nullable = true;
  static std::string name(Described& all) { return type_of<T>(all, Shape::plain); }
};
template <class T>
struct Type<std::shared_ptr<const T>> {
  static constexpr bool nullable = true;
  static std::string name(Described& all) { return type_of<T>(all, Shape::plain); }
};
template <class T>
struct Type<std::vector<T>> : NotNullable {
  static std::string name(Described& all) { return "list of " + type_of<T>(all, Shape::plain); }
};
template <>
struct Type<std::vector<std::pair<std::string, std::string>>> : NotNullable {
  static std::string name(Described&) { return "map of text"; }
};

bool is_new(Described& all, std::string_view name) {
  if (std::ranges::find(all.names, name) != all.names.end()) return false;
  all.names.emplace_back(name);
  return true;
}

template <Enumerated Enum>
struct Type<Enum> : NotNullable {
  static std::string name(Described& all) {
    const auto& table = values_of<Enum>;
    if (is_new(all, table.name)) {
      std::string out;
      {
        ObjectWriter object(out);
        object.text("name", table.name).text("doc", table.doc);
        json::append_array(object.member("values"), table.values, [&](const auto& value) {
          ObjectWriter one(out);
          one.text("name", value.name);
          if constexpr (std::same_as<Enum, Code>)
            one.number("number", static_cast<std::int64_t>(value.value));
          one.text("doc", value.doc);
        });
      }
      all.enums.push_back(std::move(out));
    }
    return "enum " + std::string(table.name);
  }
};

// Adds the fields to `object`. Only numbers, durations and enumerators have a default in the
// output.
template <wayfare::Described Struct>
void write_fields(Described& all, std::string& out, ObjectWriter& object) {
  const Struct defaults{};
  object.member("fields") += '[';
  for_each_field<Struct>([&](const auto& leaf) {
    using T = std::remove_cvref_t<decltype(leaf.get(defaults))>;
    if (out.back() != '[') out += ',';
    ObjectWriter field(out);
    field.text("name", leaf.name).text("type", type_of<T>(all, leaf.shape));
    field.truth("nullable", is_nullable<T>(leaf.shape));
    field.truth("required", has(leaf.shape, Shape::required));
    if constexpr (std::integral<T> || std::same_as<T, std::chrono::milliseconds> || Enumerated<T>)
      fields::write(field.member("default"), leaf.get(defaults));
    if (has(leaf.shape, Shape::short_form)) field.truth("short_form", true);
    if (has(leaf.shape, Shape::never_empty)) field.truth("never_empty", true);
    field.text("doc", leaf.doc);
  });
  out += ']';
}

template <wayfare::Described Struct>
std::string record_text(Described& all) {
  std::string out;
  {
    ObjectWriter object(out);
    object.text("name", fields_of<Struct>.name).text("doc", fields_of<Struct>.doc);
    write_fields<Struct>(all, out, object);
  }
  return out;
}

template <wayfare::Described Struct>
struct Type<Struct> : NotNullable {
  static std::string name(Described& all) {
    if (is_new(all, fields_of<Struct>.name)) {
      const std::size_t at = all.records.size();
      all.records.emplace_back(); // reserves its place before the records inside it
      all.records[at] = record_text<Struct>(all);
    }
    return std::string(fields_of<Struct>.name);
  }
};

template <class Op>
void write_operation(Described& all, std::string& out) {
  ObjectWriter object(out);
  object.text("name", fields_of<Op>.name).text("doc", fields_of<Op>.doc);
  write_fields<Op>(all, out, object);
  ObjectWriter result(object.member("result"));
  result.text("type", type_of<typename Op::Result>(all, Shape::plain));
  result.truth("nullable", is_nullable<typename Op::Result>(Shape::plain));
}

template <std::size_t... at>
void write_operations(Described& all, std::string& out, std::index_sequence<at...>) {
  out += '[';
  ((out += at == 0 ? "" : ",",
    write_operation<std::variant_alternative_t<at, Operation>>(all, out)),
   ...);
  out += ']';
}

std::string tables() {
  Described all;
  std::string out;
  {
    ObjectWriter object(out);
    object.member("options") += record_text<Options>(all);
    write_operations(all, object.member("operations"),
                     std::make_index_sequence<std::variant_size_v<Operation>>());
    type_of<ToolPiece>(all, Shape::plain);
    type_of<EventType>(all, Shape::plain);
    type_of<Notice>(all, Shape::plain);
    object.member("error") += record_text<Error>(all);
    const auto append = [&](const std::string& text) { out += text; };
    json::append_array(object.member("records"), all.records, append);
    json::append_array(object.member("enums"), all.enums, append);
  }
  return out;
}

} // namespace

int main() {
  std::cout << tables() << "\n";
  return 0;
}
