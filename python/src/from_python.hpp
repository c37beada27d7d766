// What Python hands over, as the core takes it. All but body_of() throw Exception with `invalid`,
// which names what cannot be used.
#pragma once

#include <pybind11/pybind11.h>

#include <string>

#include <wayfare/operations.hpp>
#include <wayfare/options.hpp>

namespace wayfare::python {

namespace py = pybind11;

// An option that is None is as if it were left out.
Options options_of(py::dict given);

// The body: a dict, or JSON text (str or bytes) that is passed on as it is. The caller's to delete;
// null with the Python error set. Plain C, see encode.hpp.
std::string* body_of(PyObject* given);

// The operation of that name with its arguments. `body` is taken out, and null where the operation
// has none. Times are microseconds since 1970.
Operation operation_of(py::str op, py::dict arguments, std::string* body);

} // namespace wayfare::python
