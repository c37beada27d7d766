// The Python types Client and Call.
#pragma once

#include <pybind11/pybind11.h>

namespace wayfare::python {

void add_client(pybind11::module_& module);

} // namespace wayfare::python
