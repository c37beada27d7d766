// What goes wrong, in the core or in the translation, as the Python exception wayfare.Error.
#pragma once

#include <pybind11/pybind11.h>

#include <exception>
#include <string>

#include <wayfare/error.hpp>

namespace wayfare::python {

namespace py = pybind11;

// What is thrown at a value that cannot be used. Says which one, never what is in it.
Exception invalid(std::string message, std::string advice = {});

// The arguments of a wayfare.Error, as a tuple: of an Error, or of the Code that submit() or next()
// gave in place of one. Null with the Python error set where memory is short.
PyObject* error_arguments(const Error& error) noexcept;
PyObject* error_arguments(Code code) noexcept;

// A new wayfare.Error; sets one as the Python error. Both take the reference over, and null for
// what error_arguments() set. Plain C, since they run Python code: see wait.hpp.
PyObject* new_error(PyObject* arguments);
void raise_error(PyObject* arguments);

// Runs `translate` on behalf of a plain C function: what it throws becomes the Python error, and
// the answer null. It must not run Python code, nor wait: see wait.hpp.
template <class Translate>
auto guarded(Translate&& translate) -> decltype(translate()) {
  PyObject* refusal = nullptr;
  try {
    return translate();
  } catch (const Exception& refused) {
    refusal = error_arguments(refused.error());
  } catch (py::error_already_set& raised) {
    raised.restore();
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::exception& defect) {
    PyErr_SetString(PyExc_RuntimeError, defect.what());
  }
  if (refusal) raise_error(refusal);
  return nullptr;
}

} // namespace wayfare::python
