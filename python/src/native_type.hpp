// The module's own types: plain ones of CPython. A call of theirs costs little and may wait; see
// wait.hpp.
#pragma once

#include <pybind11/pybind11.h>

namespace wayfare::python {

namespace py = pybind11;

// Puts the type of `spec` into the module under the last part of its name. The type lives as long
// as the process. Where `makeable` is not set, Python code cannot make an object of it.
inline PyTypeObject* add_type(py::module_& module, PyType_Spec& spec, bool makeable) {
  const auto made = py::reinterpret_steal<py::object>(PyType_FromSpec(&spec));
  if (!made) throw py::error_already_set();
  auto* type = reinterpret_cast<PyTypeObject*>(made.ptr());
  if (!makeable) type->tp_new = nullptr;
  module.add_object(py::str(made.attr("__name__")).cast<std::string>().c_str(), made);
  made.inc_ref();
  return type;
}

// A new object of such a type, all zero behind its head.
inline py::object new_object(PyTypeObject* type) {
  auto made = py::reinterpret_steal<py::object>(type->tp_alloc(type, 0));
  if (!made) throw py::error_already_set();
  return made;
}

// The end of tp_dealloc.
inline void free_object(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

// Functions and tables, as slots and tables take them.
template <class Function>
void* slot(Function* function) {
  return reinterpret_cast<void*>(function);
}

} // namespace wayfare::python
