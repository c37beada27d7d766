// Reads the caller's options and operations into the structs that have a table of fields. The
// values may be JSON or objects of another language.
//
// A Source is one value, with these functions:
//   bool is_null() const;                   it stands for a value that is left out
//   std::string kind() const;               what it is, for a message: "a string"
//   record_word, text_word                  what the language calls an object and a text
//   std::optional<bool> truth() const;      each of these gives nothing for a value of another kind
//   std::optional<std::string> text() const;
//   std::optional<std::string> path() const;
//   std::optional<std::string> json() const;          of an object: its JSON text
//   std::optional<std::string> json_list() const;     of a list: its JSON text
//   std::optional<std::string> digits() const;        of a text or a number that is exact
//   std::optional<std::int64_t> whole_number() const; the nearest one where it does not fit
//   std::optional<double> number() const;
//   std::optional<Time> time() const;
//   bool is_list() const;   template <class F> void for_each_item(F) const;    F(Source)
//   bool is_record() const; template <class F> void for_each_member(F) const;  F(name, Source)
//
// A value that cannot be used is thrown as Exception with `invalid`. The message names the place,
// such as route.max_cost.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <wayfare/error.hpp>
#include <wayfare/fields.hpp>
#include <wayfare/money.hpp>

namespace wayfare::fields {

inline Exception invalid(std::string message, std::string advice = {}) {
  return Exception(Error::invalid(std::move(message), std::move(advice)));
}

// Whether a message may contain a name that the caller wrote. The caller may have written an API
// key in its place, which no message may contain. Every key has a hyphen or is longer.
inline bool may_be_shown(std::string_view name) {
  return name.size() <= 32 && name.find_first_not_of(
                                  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"
                                  "RSTUVWXYZ0123456789_.") == name.npos;
}

template <class Source>
Exception is_not(const Source& value, const std::string& name, std::string_view what,
                 std::string advice = {}) {
  return invalid(name + " is not " + std::string(what) + ": it is " + value.kind(),
                 std::move(advice));
}

// Returns the value, or throws if there is none.
template <class Source, class T>
T take(std::optional<T> found, const Source& value, const std::string& name, std::string_view what,
       std::string advice = {}) {
  if (!found) throw is_not(value, name, what, std::move(advice));
  return std::move(*found);
}

// Joins the names: "a, b and c".
template <class Names>
std::string listed(const Names& names, std::string_view last_joint) {
  std::string list;
  for (std::size_t at = 0; at < names.size(); ++at)
    list += std::string(at == 0                  ? ""
                        : at + 1 == names.size() ? last_joint
                                                 : ", ") +
            std::string(names[at]);
  return list;
}

template <class Source, class T>
void read(const Source& value, const std::string& name, Shape shape, T& out);

// ---- Plain values.

template <class Source>
void read_as(const Source& value, const std::string& name, Shape shape, std::string& out) {
  if (has(shape, Shape::list))
    out = take(value.json_list(), value, name, "a list");
  else if (has(shape, Shape::json))
    out = take(value.json(), value, name, Source::record_word);
  else if (has(shape, Shape::path))
    out = take(value.path(), value, name, "a path");
  else
    out = take(value.text(), value, name, Source::text_word);
}

template <class Source>
void read_as(const Source& value, const std::string& name, Shape, bool& out) {
  out = take(value.truth(), value, name, "true or false");
}

// A number that does not fit becomes the nearest number that fits. The operation checks its range.
template <class Source, class Integer>
  requires std::is_integral_v<Integer>
void read_as(const Source& value, const std::string& name, Shape, Integer& out) {
  const std::int64_t whole = take(value.whole_number(), value, name, "a whole number");
  if (std::is_unsigned_v<Integer> && whole < 0) throw invalid(name + " is below 0");
  out = std::in_range<Integer>(whole) ? static_cast<Integer>(whole)
        : whole < 0                   ? std::numeric_limits<Integer>::min()
                                      : std::numeric_limits<Integer>::max();
}

// An Amount or a Price.
template <class Source, class Money>
void read_money(const Source& value, const std::string& name, std::string_view what, Money& out) {
  const std::string advice =
      "give it as a text such as \"0.05\" or as a whole number: a float is not exact";
  const auto read = Money::parse(take(value.digits(), value, name, what, advice));
  if (!read) throw invalid(name + " is not " + std::string(what), advice);
  out = *read;
}
template <class Source>
void read_as(const Source& value, const std::string& name, Shape, Amount& out) {
  read_money(value, name, "an amount from 0 to 9223372 dollars", out);
}
template <class Source>
void read_as(const Source& value, const std::string& name, Shape, Price& out) {
  read_money(value, name, "a price in dollars", out);
}

template <class Source>
void read_as(const Source& value, const std::string& name, Shape, Time& out) {
  out =
      take(value.time(), value, name, "a time", "give it like 2026-11-23 or 2026-11-23T09:46:52Z");
}

template <class Source>
void read_as(const Source& value, const std::string& name, Shape, double& out) {
  out = take(value.number(), value, name, "a number");
  if (!std::isfinite(out)) throw invalid(name + " is not a finite number");
}

// Reads seconds. Rounds up, so that a time above zero stays above zero.
template <class Source>
void read_as(const Source& value, const std::string& name, Shape, std::chrono::milliseconds& out) {
  constexpr double longest = 1e9; // 31 years: sums with it cannot overflow
  auto seconds = value.number();
  if (seconds && !(std::abs(*seconds) <= longest)) seconds.reset();
  if (value.number() && !seconds) throw invalid(name + " is not a number of seconds up to 1e9");
  const double given = take(seconds, value, name, "a number of seconds");
  out = std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(given * 1000)));
}

template <class Source, Enumerated Enum>
void read_as(const Source& value, const std::string& name, Shape, Enum& out) {
  const auto text = value.text();
  std::vector<std::string_view> names;
  for (const auto& known : values_of<Enum>.values) {
    if (text && *text == known.name) return void(out = known.value);
    names.push_back(known.name);
  }
  std::string advice = "use " + listed(names, " or ");
  if (text) throw invalid(name + " is not a known value", std::move(advice));
  throw is_not(value, name, Source::text_word, std::move(advice));
}

// ---- Lists, maps and structs.

template <class Source, class T>
void read_as(const Source& value, const std::string& name, Shape shape, std::optional<T>& out) {
  read(value, name, shape, out.emplace());
}

template <class Source, class T>
void read_as(const Source& value, const std::string& name, Shape, std::vector<T>& out) {
  if (!value.is_list()) throw is_not(value, name, "a list");
  out.clear();
  value.for_each_item([&](const Source& item) {
    const std::string place = name + "[" + std::to_string(out.size()) + "]";
    read(item, place, Shape::plain, out.emplace_back());
  });
}

using NamedTexts = std::vector<std::pair<std::string, std::string>>;
template <class Source>
void read_as(const Source& value, const std::string& name, Shape, NamedTexts& out) {
  if (!value.is_record()) throw is_not(value, name, Source::record_word);
  out.clear();
  value.for_each_member([&](std::string_view key, const Source& item) {
    auto& [known, text] = out.emplace_back(key, std::string());
    read(item, may_be_shown(key) ? name + "." + std::string(key) : "a value of " + name,
         Shape::plain, text);
  });
}

template <Described Struct>
Exception unknown_name(const std::string& name, std::string_view beside) {
  std::vector<std::string_view> known;
  if (!beside.empty()) known.push_back(beside);
  for_each_field<Struct>([&](const auto& leaf) { known.push_back(leaf.name); });
  return invalid(name + " is not known", known.empty() ? "nothing can be given here"
                                                       : "known are " + listed(known, " and "));
}

template <class Source>
void refuse_empty(const Source& value, const std::string& name) {
  if (!value.is_null() && value.text() != "") return;
  throw invalid(name + " is given without a value", "give a value, or leave " + name + " out");
}

// Reads the members of `value` into a struct. Messages have `prefix` before the names of members.
// Skips the member `beside`, which the caller reads.
template <Described Struct, class Source>
void read_record(const Source& value, const std::string& prefix, Struct& out,
                 std::string_view beside = {}) {
  std::vector<std::string_view> given{beside};
  value.for_each_member([&](std::string_view key, const Source& item) {
    bool is_known = !beside.empty() && key == beside;
    if (is_known) return;
    for_each_field<Struct>([&](const auto& leaf) {
      if (leaf.name != key) return;
      is_known = true;
      if (has(leaf.shape, Shape::never_empty)) refuse_empty(item, prefix + std::string(leaf.name));
      if (item.is_null()) return;
      given.push_back(leaf.name);
      read(item, prefix + std::string(leaf.name), leaf.shape, leaf.get(out));
    });
    if (!is_known)
      throw unknown_name<Struct>(may_be_shown(key) ? '"' + prefix + std::string(key) + '"'
                                 : prefix.empty()
                                     ? "one of the names"
                                     : "a name in " + prefix.substr(0, prefix.size() - 1),
                                 beside);
  });
  for_each_field<Struct>([&](const auto& leaf) {
    if (has(leaf.shape, Shape::required) && std::ranges::find(given, leaf.name) == given.end())
      throw invalid(prefix + std::string(leaf.name) + " is missing");
  });
}

template <class Source, Described Struct>
void read_as(const Source& value, const std::string& name, Shape, Struct& out) {
  if (value.is_record()) return read_record(value, name + ".", out);
  bool is_short = false;
  for_each_field<Struct>([&](const auto& leaf) {
    if (!has(leaf.shape, Shape::short_form)) return;
    is_short = true;
    read(value, name, Shape::plain, leaf.get(out));
  });
  if (!is_short) throw is_not(value, name, Source::record_word);
}

template <class Source, class T>
void read(const Source& value, const std::string& name, Shape shape, T& out) {
  read_as(value, name, shape, out);
}

// Calls function(operation) with the operation that has this name. Its members have their default
// values. Returns false if no operation has this name.
template <class Variant, class Function, std::size_t at = 0>
bool with_operation(std::string_view op, const Function& function) {
  if constexpr (at == std::variant_size_v<Variant>) {
    return false;
  } else {
    using Operation = std::variant_alternative_t<at, Variant>;
    if (fields_of<Operation>.name != op)
      return with_operation<Variant, Function, at + 1>(op, function);
    function(Operation{});
    return true;
  }
}

// The names of the operations.
template <class Variant, std::size_t... at>
constexpr auto operation_names(std::index_sequence<at...>) {
  return std::array{fields_of<std::variant_alternative_t<at, Variant>>.name...};
}
template <class Variant>
inline constexpr auto names_of_operations =
    operation_names<Variant>(std::make_index_sequence<std::variant_size_v<Variant>>());

} // namespace wayfare::fields
