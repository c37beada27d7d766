// The Python type wayfare.Event. A stream makes thousands of events per second. So Event is a plain
// type with slots, and events are made in batches.
#pragma once

#include <pybind11/pybind11.h>

#include <vector>

#include <wayfare/event.hpp>

namespace wayfare::python {

namespace py = pybind11;

// Returns a tuple: the list of the events in order, whether the call has ended, and its result or
// None. If the call ended with an error, `error` gets the fields of that error.
py::tuple event_batch(const std::vector<Event>& events, PyObject** error);

void add_event(py::module_& module);

} // namespace wayfare::python
