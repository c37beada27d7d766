// The small values of the core as Python objects: text, money, times, and the records made of them.
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <wayfare/ledger.hpp>
#include <wayfare/reply.hpp>

namespace wayfare::python {

namespace py = pybind11;

// Servers send what they like: bytes that are not UTF-8 are replaced, nothing is raised.
py::str text(const std::string& utf8);
py::object text_or_none(const std::string& utf8); // None where empty
py::object status_or_none(int status);            // None where 0

// Imports what the values are made with, which importing wayfare does not: when a client is made,
// since a fork while a thread is in its first import leaves that module locked in the child; and
// before anything below is called. Plain C, as it runs Python code (see wait.hpp): false with the
// Python error set.
bool load_types();

py::object decimal(const std::optional<Amount>& dollars); // decimal.Decimal, or None
py::object decimal(const std::optional<Price>& price);
py::object datetime(Time time); // datetime.datetime in UTC

py::object usage_record(const Usage& usage);
py::object tool_call_record(const ToolCall& call);
py::object tool_piece_record(const Event& event);
py::object timings_record(const Timings& timings);
py::object attempt_record(const Attempt& attempt);
py::object entry_record(const Entry& entry);
py::object usage_row_record(const std::vector<std::string>& by, const UsageRow& row);
// A list of UsageRow, Budget or Block; (a list of Entry, the `after` of the next page or ""); (a
// list of Model, a Catalogue); a Selection.
py::object report_object(const Report& report);

void add_values(py::module_& module);

} // namespace wayfare::python
