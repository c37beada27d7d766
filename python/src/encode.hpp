// Python values as JSON text.
#pragma once

#include <pybind11/pybind11.h>

#include <string>

namespace wayfare::python {

namespace py = pybind11;

// dict, list, tuple, str, int, float, bool and None as JSON text that is the caller's to delete:
// members in the dict's order, ints exact at any size, floats in the fewest digits that read back
// the same. Null with the Python error set, naming the place such as messages[0].content, at all
// else: other types, NaN and infinities, keys that are not str, text that has no UTF-8 (lone
// surrogates), more than 128 levels. Plain C, as a subclass of dict may run Python code: see
// wait.hpp.
std::string* encode(PyObject* value);

} // namespace wayfare::python
