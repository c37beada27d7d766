// wayfare.Event: what a stream gives, thousands a second. Hence a plain type of slots, made a batch
// at a time.
#pragma once

#include <pybind11/pybind11.h>

#include <vector>

#include <wayfare/event.hpp>

namespace wayfare::python {

namespace py = pybind11;

// (a list of the events in order, whether the call has ended, what it ended with or None). Where it
// ended with an error, `error` gets the fields of the error.
py::tuple event_batch(const std::vector<Event>& events, PyObject** error);

void add_event(py::module_& module);

} // namespace wayfare::python
