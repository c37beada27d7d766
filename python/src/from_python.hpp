// Converts Python arguments to the types of the core. All functions but body_of() throw Exception
// with `invalid` if a value cannot be used. The message names the value.
#pragma once

#include <pybind11/pybind11.h>

#include <string>

#include <wayfare/operations.hpp>
#include <wayfare/options.hpp>

namespace wayfare::python {

namespace py = pybind11;

// An option that is None counts as left out.
Options options_of(const py::dict& given);

// Converts a body: a dict, or JSON text (str or bytes) that is passed on unchanged. The caller
// deletes the text. Returns null with the Python error set on failure. Plain C: see encode.hpp.
std::string* body_of(PyObject* given);

// Makes the operation with this name and these arguments. Moves the text out of `body`, which is
// null if the operation has no body. Times are microseconds since 1970-01-01 UTC.
Operation operation_of(const py::str& op, const py::dict& arguments, std::string* body);

} // namespace wayfare::python
