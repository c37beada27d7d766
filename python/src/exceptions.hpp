// What goes wrong, in the core or in the translation, as the Python exception wayfare.Error.
#pragma once

#include <pybind11/pybind11.h>

#include <exception>
#include <string>

#include <wayfare/error.hpp>

namespace wayfare::python {

namespace py = pybind11;

// The fields of a wayfare.Error as a dict: of an Error, or of the Code that submit() or next() gave
// in place of one. Null with the Python error set where memory is short.
PyObject* error_fields(const Error& error) noexcept;
PyObject* error_fields(Code code) noexcept;

// A new wayfare.Error of the class that its code has; sets one as the Python error. Both take the
// reference over, and null for what error_fields() set. Plain C, since they run Python code: see
// wait.hpp.
PyObject* new_error(PyObject* fields);
void raise_error(PyObject* fields);

// What wayfare/errors.py makes its classes of: `codes`, a dict of each code's name and meaning, and
// `error_fields`, the names of an error's fields.
void add_errors(py::module_& module);

// Runs `translate` on behalf of a plain C function: what it throws becomes the Python error, and
// the answer null. It must not run Python code, nor wait: see wait.hpp.
template <class Translate>
auto guarded(Translate&& translate) -> decltype(translate()) {
  PyObject* refusal = nullptr;
  try {
    return translate();
  } catch (const Exception& refused) {
    refusal = error_fields(refused.error());
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
