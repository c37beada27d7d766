// Tables of the fields of a struct and of the values of an enum.
//
// Each table stands below its type. Only the table has the names and their meaning. The JSON
// interface, the Python classes, the reference in capi/operations.md and the types of other
// languages are made from the tables.
//
//   struct ToolCall { std::string id, name; };
//   template <>
//   inline constexpr auto fields_of<ToolCall> =
//       record("ToolCall", "A call of a tool.",
//              field("id", &ToolCall::id, "The id of the call."),
//              field("name", &ToolCall::name, "The name of the tool."));
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace wayfare {

// A point in time, in UTC.
using Time = std::chrono::sys_time<std::chrono::microseconds>;

// How a field is written, if its type alone does not tell. Values can be combined with `|`.
enum class Shape : std::uint8_t {
  plain = 0,
  null_if_empty = 1, // an empty text, 0, or the first value of an enum is written as null
  json = 2,          // the text is itself JSON
  path = 4,          // the text is the path of a file or folder
  required = 8,      // the caller must give this field
  short_form = 16,   // the value of this field may be given in place of the struct
  never_empty = 32,  // a given value that is null or empty is refused
  list = 64,         // with json: the text is a JSON list
  sparse = 128,      // a struct is written without the members that are null or empty
};
constexpr Shape operator|(Shape one, Shape other) noexcept {
  return static_cast<Shape>(static_cast<std::uint8_t>(one) | static_cast<std::uint8_t>(other));
}
constexpr bool has(Shape shape, Shape flag) noexcept {
  return (static_cast<std::uint8_t>(shape) & static_cast<std::uint8_t>(flag)) != 0;
}

// A field of `Owner`. `Owner` is the struct of the table or a base of that struct.
template <class Owner, class Member>
struct Field {
  std::string_view name;
  Member Owner::* member;
  std::string_view doc;
  Shape shape;
};
template <class Owner, class Member>
constexpr Field<Owner, Member> field(std::string_view name, Member Owner::* member,
                                     std::string_view doc, Shape shape = Shape::plain) {
  return {name, member, doc, shape};
}

// Puts the fields of a member struct among the fields of the outer struct.
template <class Owner, class Member>
struct Inlined {
  Member Owner::* member;
};
template <class Owner, class Member>
constexpr Inlined<Owner, Member> inlined(Member Owner::* member) {
  return {member};
}

// Puts the fields of a base among the fields of the derived struct.
template <class Base>
struct InlinedBase {};
template <class Base>
inline constexpr InlinedBase<Base> base{};

template <class... Items>
struct RecordTable {
  std::string_view name, doc;
  std::tuple<Items...> items;
};
template <class... Items>
constexpr RecordTable<Items...> record(std::string_view name, std::string_view doc,
                                       Items... items) {
  return {name, doc, {items...}};
}

// The table of a struct. A struct without one has no `items`.
template <class Struct>
inline constexpr auto fields_of = nullptr;

template <class Struct>
concept Described = requires { fields_of<Struct>.items; };

// A field that for_each_field() passes on. `get(object)` returns a reference to its value.
template <class Get>
struct Leaf {
  std::string_view name, doc;
  Shape shape;
  Get get;
};

namespace fields {

// `access(object)` returns the struct to which the table belongs.
template <class Access, class Owner, class Member, class Function>
constexpr void visit(const Access& access, const Field<Owner, Member>& one, Function& function) {
  const auto get = [access, member = one.member](auto& object) -> auto& {
    return access(object).*member;
  };
  function(Leaf<decltype(get)>{one.name, one.doc, one.shape, get});
}
template <class Struct, class Access, class Function>
constexpr void visit_all(const Access& access, Function& function);

template <class Access, class Owner, class Member, class Function>
constexpr void visit(const Access& access, const Inlined<Owner, Member>& one, Function& function) {
  visit_all<Member>(
      [access, member = one.member](auto& object) -> auto& { return access(object).*member; },
      function);
}
template <class Access, class Base, class Function>
constexpr void visit(const Access& access, const InlinedBase<Base>&, Function& function) {
  visit_all<Base>(access, function);
}
template <class Struct, class Access, class Function>
constexpr void visit_all(const Access& access, Function& function) {
  std::apply([&](const auto&... items) { (visit(access, items, function), ...); },
             fields_of<Struct>.items);
}

} // namespace fields

// Calls function(Leaf) for each field of the struct, inlined fields included, in the order of the
// table.
template <Described Struct, class Function>
constexpr void for_each_field(Function&& function) {
  fields::visit_all<Struct>([](auto& object) -> auto& { return object; }, function);
}

// The meaning of a field, for the same field of another struct.
template <Described Struct>
constexpr std::string_view doc_of(std::string_view name) {
  std::string_view doc;
  for_each_field<Struct>([&](const auto& leaf) {
    if (leaf.name == name) doc = leaf.doc;
  });
  return doc;
}

// An array of (name, member) pairs. Only for a struct whose members all have one type and are not
// inlined.
template <Described Struct>
inline constexpr auto members_of = std::apply(
    [](const auto&... items) { return std::array{std::pair(items.name, items.member)...}; },
    fields_of<Struct>.items);

template <class Enum>
struct EnumValue {
  Enum value;
  std::string_view name, doc;
};

template <class Enum, std::size_t count>
struct EnumTable {
  std::string_view name, doc;
  std::array<EnumValue<Enum>, count> values;
};
template <class Enum, std::size_t count>
constexpr EnumTable<Enum, count> enumeration(std::string_view name, std::string_view doc,
                                             const EnumValue<Enum> (&values)[count]) {
  return {name, doc, std::to_array(values)};
}

// The table of an enum. An enum without one has no `values`.
template <class Enum>
inline constexpr auto values_of = nullptr;

template <class Enum>
concept Enumerated = std::is_enum_v<Enum> && requires { values_of<Enum>.values; };

// The name of a value, the same in every language. The text is static. Empty if the number is not a
// value of the enum.
template <Enumerated Enum>
constexpr std::string_view name(Enum value) noexcept {
  for (const auto& known : values_of<Enum>.values)
    if (known.value == value) return known.name;
  return {};
}

} // namespace wayfare
