// What a JSON value has to be, read into what it means. Faults are thrown, as Exception with
// `invalid`.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/json_text.hpp"
#include "json_api/json_api.hpp"
#include "base/time_text.hpp"

namespace wayfare::json_api {

using json::Value;

inline Exception invalid(std::string message, std::string advice = {}) {
  return Exception(Error::invalid(std::move(message), std::move(advice)));
}

// a key of the caller's, quoted in a message
inline std::string cut(std::string_view name) { return std::string(name.substr(0, 100)); }

inline std::string text_of(Value value, const std::string& name) {
  if (!value.is_string()) throw invalid(name + " is not a string");
  return std::string(value.string());
}

// A path or another text that goes to the system as it is.
inline std::string plain_of(Value value, const std::string& name) {
  std::string text = text_of(value, name);
  if (text.find('\0') != text.npos) throw invalid(name + " has a NUL in it");
  return text;
}

inline std::vector<std::string> texts_of(Value value, const std::string& name) {
  if (!value.is_array()) throw invalid(name + " is not an array of strings");
  std::vector<std::string> texts;
  for (Value item = value.first(); item.exists(); item = item.next())
    texts.push_back(text_of(item, name + "[" + std::to_string(texts.size()) + "]"));
  return texts;
}

inline std::vector<std::pair<std::string, std::string>> pairs_of(Value value,
                                                                 const std::string& name) {
  if (!value.is_object()) throw invalid(name + " is not an object of strings");
  std::vector<std::pair<std::string, std::string>> pairs;
  for (Value item = value.first(); item.exists(); item = item.next())
    pairs.emplace_back(item.key(), text_of(item, name + "." + cut(item.key())));
  return pairs;
}

// Seconds, rounded up so that what is above zero stays so.
inline std::chrono::milliseconds duration_of(Value value, const std::string& name) {
  const std::string_view digits = value.number();
  double seconds = 0;
  constexpr double longest = 1e9; // 31 years: nothing that the core adds it to can overflow
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  if (digits.empty() || read.ec != std::errc() || !(std::abs(seconds) <= longest))
    throw invalid(name + " is not a number of seconds");
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(seconds * 1000)));
}

inline bool truth_of(Value value, const std::string& name) {
  if (value.kind() != json::Kind::boolean) throw invalid(name + " is not true or false");
  return value.is_true();
}

inline std::int64_t count_of(Value value, const std::string& name) {
  const auto count = value.integer();
  if (!count || *count < 0) throw invalid(name + " is not a whole number");
  return *count;
}

// Exact: a decimal text, or a number's own characters.
inline Amount dollars_of(Value value, const std::string& name) {
  const auto amount = Amount::parse(value.is_string() ? value.string() : value.number());
  if (!amount)
    throw invalid(name + " is not an amount of dollars", "give it as a decimal text like \"0.05\"");
  return *amount;
}

inline Price price_of(Value value, const std::string& name) {
  const auto price = Price::parse(value.is_string() ? value.string() : value.number());
  if (!price)
    throw invalid(name + " is not a price in dollars", "give it as a decimal text like \"0.5\"");
  return *price;
}

inline std::optional<Time> time_of(Value value, const std::string& name) {
  const auto time = parse_time(text_of(value, name));
  if (!time)
    throw invalid(name + " is not a time", "give it like 2026-11-23 or 2026-11-23T09:46:52Z");
  return time;
}

// The enumerator whose name it is: `names` stand in the order of the enumeration.
template <class Enum, std::size_t count>
Enum one_of(const std::array<std::string_view, count>& names, Value value,
            const std::string& name) {
  std::string all;
  for (std::size_t at = 0; at < count; ++at) {
    if (value.is_string() && value.string() == names[at]) return static_cast<Enum>(at);
    all += (at == 0 ? "" : at + 1 == count ? " or " : ", ") + std::string(names[at]);
  }
  throw invalid(name + " is none that there is", "use " + all);
}

using Names = std::initializer_list<std::string_view>;

inline std::string list_of(Names names) {
  std::string list;
  for (const auto name : names)
    list += (list.empty() ? "" : name == *(names.end() - 1) ? " and " : ", ") + std::string(name);
  return list;
}

// Calls read(key, name, value) for each member that is not null; all keys must be among `known`.
template <class Read>
void members_of(Value object, const std::string& prefix, const std::string& what, Names known,
                Read read) {
  if (!object.is_object()) throw invalid(what + " not a JSON object");
  for (Value value = object.first(); value.exists(); value = value.next()) {
    const std::string name = prefix + cut(value.key());
    if (std::ranges::find(known, value.key()) == known.end())
      throw invalid(json::quoted(name) + " is not known", "known are " + list_of(known));
    if (!value.is_null()) read(value.key(), name, value);
  }
}

} // namespace wayfare::json_api
