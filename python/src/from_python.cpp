#include "from_python.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "encode.hpp"
#include "exceptions.hpp"
#include "base/read_fields.hpp"

namespace wayfare::python {

namespace {

// Lets read_fields.hpp read a Python object. No function of it runs Python code; see wait.hpp.
class Source {
 public:
  explicit Source(py::handle value) : value_(value.ptr()) {}

  bool is_null() const { return value_ == Py_None; }
  static constexpr std::string_view record_word = "a dict", text_word = "a str";
  std::string kind() const {
    if (PyUnicode_Check(value_) && !PyUnicode_AsUTF8AndSize(value_, nullptr)) {
      PyErr_Clear();
      return "a str with a lone surrogate in it";
    }
    return std::string("of type ") + Py_TYPE(value_)->tp_name;
  }
  std::optional<bool> truth() const {
    if (!PyBool_Check(value_)) return std::nullopt;
    return value_ == Py_True;
  }
  std::optional<std::string> text() const {
    if (!PyUnicode_Check(value_)) return std::nullopt;
    Py_ssize_t size = 0;
    const char* utf8 = PyUnicode_AsUTF8AndSize(value_, &size);
    if (utf8) return std::string(utf8, static_cast<std::size_t>(size));
    if (!PyErr_ExceptionMatches(PyExc_UnicodeError)) throw py::error_already_set();
    PyErr_Clear();
    return std::nullopt;
  }
  // A path in the encoding of the file system. A path need not be text.
  std::optional<std::string> path() const {
    if (!PyUnicode_Check(value_) && !PyBytes_Check(value_)) return std::nullopt;
    auto bytes = py::reinterpret_borrow<py::object>(value_);
    if (PyUnicode_Check(value_))
      bytes = py::reinterpret_steal<py::object>(PyUnicode_EncodeFSDefault(value_));
    if (bytes) return std::string(py::reinterpret_borrow<py::bytes>(bytes));
    PyErr_Clear();
    return std::nullopt;
  }
  // The body is passed as a separate argument. Other JSON is a str that the Python code made.
  std::optional<std::string> json() const { return text(); }
  std::optional<std::string> json_list() const { return text(); }
  std::optional<std::string> digits() const {
    if (PyUnicode_Check(value_)) return text();
    if (!is_int() && !is_decimal()) return std::nullopt;
    return Source(py::str(py::handle(value_))).text();
  }
  // A Decimal or an object of a class that is made from it, such as an amount of a record.
  bool is_decimal() const {
    const PyTypeObject* type = Py_TYPE(value_);
    while (type && std::string_view(type->tp_name) != "decimal.Decimal") type = type->tp_base;
    return type != nullptr;
  }
  std::optional<std::int64_t> whole_number() const {
    if (!is_int()) return std::nullopt;
    int overflow = 0;
    const long long number = PyLong_AsLongLongAndOverflow(value_, &overflow);
    if (overflow == 0) return number;
    return overflow < 0 ? std::numeric_limits<std::int64_t>::min()
                        : std::numeric_limits<std::int64_t>::max();
  }
  std::optional<double> number() const {
    if (!is_int() && !PyFloat_Check(value_)) return std::nullopt;
    const double number = PyFloat_AsDouble(value_);
    if (!PyErr_Occurred()) return number;
    PyErr_Clear(); // the int is too large for a double
    return std::nullopt;
  }
  std::optional<Time> time() const {
    const auto micros = whole_number();
    if (!micros) return std::nullopt;
    return Time(std::chrono::microseconds(*micros));
  }
  bool is_list() const { return PyList_Check(value_) || PyTuple_Check(value_); }
  bool is_record() const { return PyDict_Check(value_); }
  template <class Function>
  void for_each_item(const Function& function) const {
    for (Py_ssize_t at = 0; at < PySequence_Fast_GET_SIZE(value_); ++at)
      function(Source(PySequence_Fast_GET_ITEM(value_, at)));
  }
  template <class Function>
  void for_each_member(const Function& function) const {
    PyObject *key = nullptr, *item = nullptr;
    for (Py_ssize_t at = 0; PyDict_Next(value_, &at, &key, &item) != 0;) {
      const auto name = Source(key).text();
      if (!name) throw fields::invalid("a key of a dict is not a str");
      function(*name, Source(item));
    }
  }

 private:
  bool is_int() const { return PyLong_Check(value_) && !PyBool_Check(value_); }
  PyObject* value_;
};

} // namespace

Options options_of(const py::dict& given) {
  Options options;
  fields::read_record(Source(given), "", options);
  return options;
}

std::string* body_of(PyObject* given) {
  if (PyDict_Check(given)) return encode(given);
  return guarded([&] {
    if (PyBytes_Check(given))
      return new std::string(PyBytes_AS_STRING(given),
                             static_cast<std::size_t>(PyBytes_GET_SIZE(given)));
    auto* body = new std::string;
    try {
      fields::read(Source(given), "body_json", Shape::plain, *body);
    } catch (...) {
      delete body;
      throw;
    }
    return body;
  });
}

Operation operation_of(const py::str& op, const py::dict& arguments, std::string* body) {
  Operation operation;
  const bool is_known = fields::with_operation<Operation>(std::string(op), [&](auto one) {
    constexpr bool has_body = requires { one.request.body; };
    fields::read_record(Source(arguments), "", one, has_body ? "body" : "");
    if constexpr (has_body)
      if (body) one.request.body.swap(*body);
    operation = std::move(one);
  });
  if (!is_known) throw fields::invalid("there is no such operation");
  return operation;
}

} // namespace wayfare::python
