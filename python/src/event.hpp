// wayfare.Event: what a stream gives, thousands a second. Hence a plain type of slots, made a batch
// at a time.
#pragma once

#include <pybind11/pybind11.h>

#include <vector>

#include <wayfare/reply.hpp>

namespace wayfare::python {

namespace py = pybind11;

// (a list of them in order, the Reply that the call ended with or None). Where it ended with an
// error, `error` gets the arguments of it.
py::tuple event_batch(const std::vector<Event>& events, PyObject** error);

void add_event(py::module_& module);

} // namespace wayfare::python
