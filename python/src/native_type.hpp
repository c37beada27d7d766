// Helpers for the module's own types. They are plain CPython types: a call of their methods costs
// little, and the methods may wait; see wait.hpp.
#pragma once

#include <pybind11/pybind11.h>

namespace wayfare::python {

namespace py = pybind11;

// Adds the type of `spec` to the module under the last part of its name. The type lives as long as
// the process. If `makeable` is false, Python code cannot make objects of the type.
inline PyTypeObject* add_type(py::module_& module, PyType_Spec& spec, bool makeable) {
  const auto made = py::reinterpret_steal<py::object>(PyType_FromSpec(&spec));
  if (!made) throw py::error_already_set();
  auto* type = reinterpret_cast<PyTypeObject*>(made.ptr());
  if (!makeable) type->tp_new = nullptr;
  module.add_object(py::str(made.attr("__name__")).cast<std::string>().c_str(), made);
  made.inc_ref();
  return type;
}

// Makes a new object of such a type. All bytes after the object header are zero.
inline py::object new_object(PyTypeObject* type) {
  auto made = py::reinterpret_steal<py::object>(type->tp_alloc(type, 0));
  if (!made) throw py::error_already_set();
  return made;
}

// The last step of tp_dealloc.
inline void free_object(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

// Casts a function or a table to the type of a slot.
template <class Function>
void* slot(Function* function) {
  return reinterpret_cast<void*>(function);
}

} // namespace wayfare::python
