// wayfare._wayfare: the core for Python. It translates types and ownership and decides nothing.
#include <pybind11/pybind11.h>

#include "client.hpp"
#include "encode.hpp"
#include "errors.hpp"
#include "event.hpp"
#include "models.hpp"
#include "reply.hpp"
#include "values.hpp"

namespace wayfare::python {

static PyObject* encode_value(PyObject*, PyObject* value) {
  std::string* json = encode(value);
  if (!json) return nullptr;
  PyObject* made =
      PyUnicode_DecodeUTF8(json->data(), static_cast<Py_ssize_t>(json->size()), nullptr);
  delete json;
  return made;
}

} // namespace wayfare::python

PYBIND11_MODULE(_wayfare, module) {
  using namespace wayfare::python;
  static PyMethodDef functions[] = {{"encode", encode_value, METH_O,
                                     "encode(value, /)\n--\n\nThe JSON text of dict, list, tuple, "
                                     "str, int, float, bool and None; at all "
                                     "else an Error that names the place."},
                                    {}};
  module.doc() = "The native half of wayfare; use the package.";
  module.attr("__version__") = WAYFARE_VERSION;
  if (PyModule_AddFunctions(module.ptr(), functions) != 0) throw py::error_already_set();
  add_values(module);
  add_models(module);
  add_reply(module);
  add_event(module);
  add_client(module);
}
