// Turns the errors of the core and of the translation into the Python exception wayfare.Error.
#pragma once

#include <pybind11/pybind11.h>

#include <exception>
#include <string>

#include <wayfare/error.hpp>

namespace wayfare::python {

namespace py = pybind11;

// Returns the fields of a wayfare.Error as a dict, for an Error or for a Code that submit() or
// next() returned. Returns null with the Python error set if memory is short.
PyObject* error_fields(const Error& error) noexcept;
PyObject* error_fields(Code code) noexcept;

// new_error() makes a wayfare.Error of the class for its code. raise_error() makes one and sets it
// as the Python error. Both take over the reference to `fields`. If error_fields() failed, `fields`
// is null and the Python error stays as it is. Plain C, because they run Python code: see wait.hpp.
PyObject* new_error(PyObject* fields);
void raise_error(PyObject* fields);

// Adds two attributes for wayfare/errors.py: `codes` maps the name of each code to its meaning, and
// `error_fields` has the names of an error's fields.
void add_errors(py::module_& module);

// Runs `translate` for a function that is written in plain C. If `translate` throws, sets the
// Python error and returns null. `translate` must not run Python code and must not wait: see
// wait.hpp.
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
