// The catalogue and what a policy makes of it, as Python objects.
#pragma once

#include <pybind11/pybind11.h>

#include <wayfare/model.hpp>

namespace wayfare::python {

namespace py = pybind11;

py::object models_object(const ModelList& list); // (a list of Model, a Catalogue)
py::object selection_record(const Selection& selection);

void add_models(py::module_& module);

} // namespace wayfare::python
