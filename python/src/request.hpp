// What Python hands over, as the core takes it. All but body_of() throw Exception with `invalid`,
// naming what cannot be used.
#pragma once

#include <pybind11/pybind11.h>

#include <string>

#include <wayfare/client.hpp>

namespace wayfare::python {

namespace py = pybind11;

// `given` has only what was given: None stands for the default too.
Options options_of(py::dict given);

// The body: a dict, or JSON text (str or bytes) that is passed on as it is. The caller's to delete;
// null with the Python error set. Plain C, see encode.hpp.
std::string* body_of(PyObject* given);

// A request but for its body; None stands for what was not given.
Request request_of(py::handle route, py::handle charge_to, py::handle headers,
                   py::handle request_id);

// `since` and `until`: microseconds since 1970, or None.
UsageQuery usage_query_of(py::handle by, py::handle since, py::handle until);
EntryQuery entry_query_of(py::handle since, py::handle until, py::handle after);

// What is to be done with the ledger: "budget", "budgets", "block", "unblock", "blocks" or "clock",
// and its arguments, a dict.
Order order_of(py::handle op, py::handle arguments);

} // namespace wayfare::python
