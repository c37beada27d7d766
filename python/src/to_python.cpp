#include "to_python.hpp"

// After pybind11, because pybind11 must include Python.h first.
#include <datetime.h>

#include <chrono>

namespace wayfare::python {

py::str text(std::string_view utf8) {
  auto made = py::reinterpret_steal<py::str>(
      PyUnicode_DecodeUTF8(utf8.data(), static_cast<Py_ssize_t>(utf8.size()), "replace"));
  if (!made) throw py::error_already_set();
  return made;
}

bool load_modules() {
  if (!PyDateTimeAPI) PyDateTime_IMPORT;
  bool loaded = PyDateTimeAPI != nullptr;
  for (const char* name : {"wayfare._dollars", "json", "wayfare.errors"}) {
    PyObject* module = loaded ? PyImport_ImportModule(name) : nullptr;
    loaded = module != nullptr;
    Py_XDECREF(module);
  }
  return loaded;
}

py::object decimal_of(const std::string& digits) {
  return py::module_::import("wayfare._dollars").attr("Dollars")(digits);
}

py::object datetime_of(Time time) {
  const auto midnight = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day day(midnight);
  const std::chrono::hh_mm_ss clock(time - midnight);
  auto made = py::reinterpret_steal<py::object>(PyDateTimeAPI->DateTime_FromDateAndTime(
      static_cast<int>(day.year()), static_cast<int>(static_cast<unsigned>(day.month())),
      static_cast<int>(static_cast<unsigned>(day.day())), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
      static_cast<int>(clock.subseconds().count()), PyDateTime_TimeZone_UTC,
      PyDateTimeAPI->DateTimeType));
  if (!made) throw py::error_already_set();
  return made;
}

} // namespace wayfare::python
