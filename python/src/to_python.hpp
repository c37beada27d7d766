// Converts values of the core to Python objects. A struct that has a table of fields becomes a
// record; see record_type.hpp.
#pragma once

#include <pybind11/pybind11.h>

#include <chrono>
#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <wayfare/fields.hpp>
#include <wayfare/money.hpp>
#include <wayfare/operations.hpp>

namespace wayfare::python {

namespace py = pybind11;

// Replaces bytes that are not UTF-8, because a server may send anything. Raises nothing.
py::str text(std::string_view utf8);

// Imports the modules decimal and datetime. `import wayfare` does not import them. Call it before
// the functions below, and when a client is made: if a process forks while a thread imports a
// module for the first time, that module stays locked in the child. Plain C, because it runs Python
// code (see wait.hpp). Returns false with the Python error set on failure.
bool load_modules();

py::object decimal_of(const std::string& digits); // decimal.Decimal
py::object datetime_of(Time time);                // datetime.datetime in UTC

// Makes the record of a struct. The record shares the struct.
template <Described Struct>
py::object record_of(std::shared_ptr<const Struct> value);

template <class T>
py::object to_python(const T& value, Shape shape = Shape::plain);

inline py::object convert(const std::string& value, Shape shape) {
  if (value.empty() && has(shape, Shape::null_if_empty)) return py::none();
  return text(value);
}
inline py::object convert(bool value, Shape) { return py::bool_(value); }
template <std::integral Integer>
py::object convert(Integer value, Shape shape) {
  if (value == 0 && has(shape, Shape::null_if_empty)) return py::none();
  return py::int_(value);
}
inline py::object convert(double value, Shape) { return py::float_(value); }
inline py::object convert(Amount value, Shape) { return decimal_of(value.text()); }
inline py::object convert(const Price& value, Shape) { return decimal_of(value.text()); }
inline py::object convert(Time value, Shape) { return datetime_of(value); }
inline py::object convert(std::chrono::milliseconds value, Shape) {
  return py::float_(static_cast<double>(value.count()) / 1000);
}
template <Enumerated Enum>
py::object convert(Enum value, Shape shape) {
  if (value == Enum{} && has(shape, Shape::null_if_empty)) return py::none();
  return text(name(value));
}
template <class T>
py::object convert(const std::optional<T>& value, Shape shape) {
  return value ? to_python(*value, shape) : py::none();
}
template <class T>
py::object convert(const std::vector<T>& values, Shape) {
  py::list list(values.size());
  for (std::size_t at = 0; at < values.size(); ++at) list[at] = to_python(values[at]);
  return list;
}
template <Described Struct>
py::object convert(const std::shared_ptr<const Struct>& value, Shape) {
  return value ? record_of(value) : py::none();
}
template <Described Struct>
py::object convert(const Struct& value, Shape) {
  return record_of(std::make_shared<const Struct>(value));
}
inline py::object convert(const Done&, Shape) { return py::none(); }
template <class... Values>
py::object convert(const std::variant<Values...>& value, Shape shape) {
  return std::visit([&](const auto& one) { return to_python(one, shape); }, value);
}

template <class T>
py::object to_python(const T& value, Shape shape) {
  return convert(value, shape);
}

} // namespace wayfare::python
