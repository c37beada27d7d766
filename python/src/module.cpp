// The module wayfare._wayfare: the core for Python. It only translates types and ownership.
#include <pybind11/pybind11.h>

#include <memory>

#include <wayfare/versions.hpp>

#include "client_type.hpp"
#include "encode.hpp"
#include "event_type.hpp"
#include "exceptions.hpp"
#include "record_type.hpp"

namespace wayfare::python {

static PyObject* encode_value(PyObject*, PyObject* value) {
  std::string* json = encode(value);
  if (!json) return nullptr;
  PyObject* made =
      PyUnicode_DecodeUTF8(json->data(), static_cast<Py_ssize_t>(json->size()), nullptr);
  delete json;
  return made;
}

static PyObject* list_versions(PyObject*, PyObject*) {
  return guarded(
      [] { return record_of(std::make_shared<const Versions>(versions())).release().ptr(); });
}

} // namespace wayfare::python

// pybind11's function that makes the module has this name: PyInit__wayfare, below, judges first.
#define PyInit__wayfare make_wayfare_module
PYBIND11_MODULE(_wayfare, module) {
  using namespace wayfare::python;
  static PyMethodDef functions[] = {
      {"encode", encode_value, METH_O,
       "encode(value, /)\n--\n\nReturns the JSON text of dict, list, tuple, str, int, float, bool "
       "and None. Raises an Error that names the place of any other value."},
      {"versions", list_versions, METH_NOARGS,
       "versions()\n--\n\nReturns the versions of wayfare and of the libraries that it uses."},
      {}};
  module.doc() = "The native part of wayfare. Use the package wayfare.";
  module.attr("__version__") = WAYFARE_VERSION;
  if (PyModule_AddFunctions(module.ptr(), functions) != 0) throw py::error_already_set();
  add_errors(module);
  add_records(module);
  add_event(module);
  add_client(module);
}
#undef PyInit__wayfare

// In a second interpreter of a process pybind11 waits for ever for a lock that its own thread
// holds. So this is judged before pybind11 does anything.
// NOLINTNEXTLINE(bugprone-reserved-identifier): Python asks for this name
extern "C" PYBIND11_EXPORT PyObject* PyInit__wayfare() {
  if (PyInterpreterState_Get() == PyInterpreterState_Main()) return make_wayfare_module();
  PyErr_SetString(PyExc_ImportError,
                  "wayfare works in the main interpreter of a process only, and this is a "
                  "sub-interpreter; under mod_wsgi, set WSGIApplicationGroup %{GLOBAL}");
  return nullptr;
}
