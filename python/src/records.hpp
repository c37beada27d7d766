// Records: named tuples of the interpreter's own kind, as os.stat_result is one: read-only,
// compared by value, printed, copied and pickled without a line of ours. Their types live as long
// as the process.
#pragma once

#include <pybind11/pybind11.h>

// Behind pybind11, which includes Python.h as it must be.
#include <structseq.h>

namespace wayfare::python {

namespace py = pybind11;

// `fields` ends with an empty one, which does not count.
inline PyTypeObject* new_record_type(py::module_& module, const char* name, const char* doc,
                                     PyStructSequence_Field* fields, int count) {
  PyStructSequence_Desc about{name, doc, fields, count};
  PyTypeObject* type = PyStructSequence_NewType(&about);
  if (!type) throw py::error_already_set();
  module.add_object(name + sizeof("wayfare.") - 1, reinterpret_cast<PyObject*>(type));
  return type;
}

template <class... Values>
py::object new_record(PyTypeObject* type, const Values&... values) {
  auto record = py::reinterpret_steal<py::object>(PyStructSequence_New(type));
  if (!record) throw py::error_already_set();
  Py_ssize_t at = 0;
  (PyStructSequence_SetItem(record.ptr(), at++, values.inc_ref().ptr()), ...);
  return record;
}

} // namespace wayfare::python
