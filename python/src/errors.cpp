#include "errors.hpp"

#include <utility>

#include "reply.hpp"
#include "values.hpp"

namespace wayfare::python {

constexpr Py_ssize_t common_arguments = 10; // of every Error

Exception invalid(std::string message, std::string advice) {
  return Exception(Error::invalid(std::move(message), std::move(advice)));
}

PyObject* error_arguments(const Error& error) noexcept {
  try {
    const auto code = name(error.code);
    const auto common = py::make_tuple(
        text(error.message), py::str(code.data(), code.size()), text_or_none(error.advice),
        error.retryable, status_or_none(error.status), text_or_none(error.generation_id),
        reply_object(error.reply), text_or_none(error.provider), text_or_none(error.limit),
        error.retry_after
            ? py::object(py::float_(static_cast<double>(error.retry_after->count()) / 1000))
            : py::none());
    if (error.code != Code::budget_exceeded) return py::tuple(common).release().ptr();
    const auto resets_at = error.resets_at ? datetime(*error.resets_at) : py::object(py::none());
    return py::tuple(common + py::make_tuple(text(error.budget), decimal(error.left), resets_at))
        .release()
        .ptr();
  } catch (py::error_already_set& raised) {
    raised.restore();
  } catch (const std::exception&) {
    PyErr_NoMemory();
  }
  return nullptr;
}

PyObject* error_arguments(Code code) noexcept {
  try {
    return error_arguments(wayfare::error_of(code));
  } catch (const std::bad_alloc&) {
    return PyErr_NoMemory();
  }
}

PyObject* new_error(PyObject* arguments) {
  if (!arguments) return nullptr;
  PyObject* module = PyImport_ImportModule("wayfare._errors");
  PyObject* type =
      module
          ? PyObject_GetAttrString(
                module, PyTuple_GET_SIZE(arguments) > common_arguments ? "BudgetExceeded" : "Error")
          : nullptr;
  PyObject* error = type ? PyObject_Call(type, arguments, nullptr) : nullptr;
  Py_XDECREF(module);
  Py_XDECREF(type);
  Py_DECREF(arguments);
  return error;
}

void raise_error(PyObject* arguments) {
  PyObject* error = new_error(arguments);
  if (!error) return;
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(error)), error);
  Py_DECREF(error);
}

} // namespace wayfare::python
