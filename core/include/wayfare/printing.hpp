// Prints values to a std::ostream: amounts, prices, times, codes and other enumerators, errors.
#pragma once

#include <chrono>
#include <ostream>

#include <wayfare/error.hpp>
#include <wayfare/fields.hpp>
#include <wayfare/money.hpp>

namespace wayfare {

inline std::ostream& operator<<(std::ostream& out, const Amount& amount) {
  return out << amount.text();
}
inline std::ostream& operator<<(std::ostream& out, const Price& price) {
  return out << price.text();
}
template <Enumerated Enum>
std::ostream& operator<<(std::ostream& out, Enum value) {
  return out << name(value);
}

// One line: `code: message; advice`.
inline std::ostream& operator<<(std::ostream& out, const Error& error) {
  out << error.code << ": " << error.message;
  return error.advice.empty() ? out : out << "; " << error.advice;
}

} // namespace wayfare
