// Whether two JSON values mean the same.
#pragma once

#include <charconv>
#include <string_view>

#include "base/json.hpp"

namespace wayfare::json {

inline bool is_equal_number(std::string_view one, std::string_view other) {
  if (one == other) return true;
  double a = 0, b = 0; // 0.20 is 0.2
  const auto end = [](std::string_view text, double& number) {
    return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc();
  };
  return end(one, a) && end(other, b) && a == b;
}

// White space, escapes and the form of numbers do not count. The order of members does.
inline bool is_equal(Value one, Value other) {
  if (one.kind() != other.kind() || one.size() != other.size()) return false;
  switch (one.kind()) {
    case Kind::number: return is_equal_number(one.number(), other.number());
    case Kind::string: return one.string() == other.string();
    case Kind::boolean: return one.is_true() == other.is_true();
    default: break;
  }
  Value mate = other.first();
  for (Value member = one.first(); member.exists(); member = member.next()) {
    if (member.key() != mate.key() || !is_equal(member, mate)) return false;
    mate = mate.next();
  }
  return true;
}

} // namespace wayfare::json
