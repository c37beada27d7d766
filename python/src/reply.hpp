// wayfare.Reply.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>

#include <wayfare/reply.hpp>

namespace wayfare::python {

namespace py = pybind11;

// A wayfare.Reply; None where there is none.
py::object reply_object(std::shared_ptr<const Reply> reply);

void add_reply(py::module_& module);

} // namespace wayfare::python
