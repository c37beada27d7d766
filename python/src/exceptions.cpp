#include "exceptions.hpp"

#include <wayfare/body_names.hpp>
#include <wayfare/reply.hpp>

#include "record_type.hpp"

namespace wayfare::python {

PyObject* error_fields(const Error& error) noexcept {
  try {
    py::dict fields;
    for_each_field<Error>([&](const auto& leaf) {
      fields[py::str(leaf.name.data(), leaf.name.size())] = to_python(leaf.get(error), leaf.shape);
    });
    return fields.release().ptr();
  } catch (py::error_already_set& raised) {
    raised.restore();
  } catch (const std::exception&) {
    PyErr_NoMemory();
  }
  return nullptr;
}

PyObject* error_fields(Code code) noexcept {
  try {
    return error_fields(wayfare::error_of(code));
  } catch (const std::bad_alloc&) {
    return PyErr_NoMemory();
  }
}

void add_errors(py::module_& module) {
  py::dict codes;
  for (const auto& code : values_of<Code>.values)
    if (code.value != Code::ok) codes[text(code.name)] = text(code.doc);
  py::list fields;
  for_each_field<Error>([&](const auto& leaf) { fields.append(text(leaf.name)); });
  py::dict misplaced;
  for_each_misplaced([&](std::string_view name, const std::string& hint) {
    if (!misplaced.contains(text(name))) misplaced[text(name)] = text(hint);
  });
  module.attr("codes") = codes;
  module.attr("misplaced") = misplaced;
  module.attr("error_fields") = py::tuple(fields);
}

PyObject* new_error(PyObject* fields) {
  if (!fields) return nullptr;
  PyObject* module = PyImport_ImportModule("wayfare.errors");
  PyObject* error = module ? PyObject_CallMethod(module, "error_of", "O", fields) : nullptr;
  Py_XDECREF(module);
  Py_DECREF(fields);
  return error;
}

void raise_error(PyObject* fields) {
  PyObject* error = new_error(fields);
  if (!error) return;
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(error)), error);
  Py_DECREF(error);
}

} // namespace wayfare::python
