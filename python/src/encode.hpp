// Encodes Python values as JSON text.
#pragma once

#include <pybind11/pybind11.h>

#include <string>

namespace wayfare::python {

namespace py = pybind11;

// Encodes dict, list, tuple, str, int, float, bool and None. The caller deletes the text. Members
// keep the order of the dict. An int is exact at any size. A float has the fewest digits that give
// the same float again.
//
// Returns null with the Python error set for anything else: other types, NaN and infinities, keys
// that are not str, text with lone surrogates, and more than 128 levels. The error names the place,
// such as messages[0].content.
//
// The function is written in plain C, because a subclass of dict may run Python code: see wait.hpp.
std::string* encode(PyObject* value);

} // namespace wayfare::python
