#include "encode.hpp"

#include <charconv>
#include <cmath>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "exceptions.hpp"

namespace wayfare::python {

namespace {

constexpr int max_depth = 128;

// The place of a value: a list from the value to the outermost container, on the stack. It becomes
// text only for an error.
struct Place {
  const Place* outer;
  PyObject* key;    // of a dict; null in a list
  Py_ssize_t index; // in a list
};

std::string path_of(const Place* place) {
  if (!place) return {};
  std::string path = path_of(place->outer);
  if (!place->key) return path + "[" + std::to_string(place->index) + "]";
  const auto key = py::reinterpret_steal<py::bytes>(
      PyUnicode_AsEncodedString(place->key, "utf-8", "backslashreplace"));
  if (!key) throw py::error_already_set();
  constexpr std::size_t longest = 64; // a long key must not fill the message
  return path + (path.empty() ? "" : ".") + std::string(std::string_view(key).substr(0, longest));
}

PyObject* refusal(const Place* place, const char* why, const char* advice, const char* type) {
  return guarded([&] {
    const std::string path = path_of(place);
    return error_fields(
        Error::invalid((path.empty() ? "the value" : path) + " " + why + type, advice));
  });
}

// Its functions return false with the Python error set on failure. They have no objects with
// destructors: see wait.hpp.
class Encoder {
 public:
  explicit Encoder(std::string& text) : out(text) {}

  bool value(PyObject* value, const Place* place, int depth) {
    if (value == Py_None) return out += "null", true;
    if (value == Py_True) return out += "true", true;
    if (value == Py_False) return out += "false", true;
    if (PyUnicode_Check(value)) return string(value, place);
    if (PyLong_Check(value)) return integer(value);
    if (PyFloat_Check(value)) return number(PyFloat_AS_DOUBLE(value), place);
    if (PyDict_Check(value)) return object(value, place, depth);
    if (PyList_Check(value) || PyTuple_Check(value)) return array(value, place, depth);
    return refuse(place, "is of type ", "use dict, list, tuple, str, int, float, bool and None",
                  Py_TYPE(value)->tp_name);
  }

 private:
  std::string& out;

  static bool refuse(const Place* place, const char* why, const char* advice = "",
                     const char* type = "") {
    raise_error(refusal(place, why, advice, type));
    return false;
  }

  bool string(PyObject* text, const Place* place) {
    Py_ssize_t size = 0;
    const char* utf8 = PyUnicode_AsUTF8AndSize(text, &size);
    if (utf8) return quote({utf8, static_cast<std::size_t>(size)}), true;
    if (!PyErr_ExceptionMatches(PyExc_UnicodeError)) return false;
    PyErr_Clear();
    return refuse(place, "has a lone surrogate in it, which cannot be sent as UTF-8");
  }

  void quote(std::string_view text) {
    out += '"';
    std::size_t from = 0; // the bytes before `from` have been written
    for (std::size_t at = 0; at < text.size(); ++at) {
      const auto byte = static_cast<unsigned char>(text[at]);
      if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
      out.append(text, from, at - from);
      from = at + 1;
      escape(byte);
    }
    out.append(text, from);
    out += '"';
  }

  void escape(unsigned char byte) {
    static constexpr char hex[] = "0123456789abcdef";
    switch (byte) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default: ((out += "\\u00") += hex[byte >> 4]) += hex[byte & 15];
    }
  }

  bool integer(PyObject* value) {
    int overflow = 0;
    const long long small = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (overflow != 0)
      return guarded([&] { return large_integer(value, overflow < 0), this; }) != nullptr;
    char digits[24];
    out.append(digits, std::to_chars(digits, std::end(digits), small).ptr);
    return true;
  }

  // Writes the int in pieces: the interpreter may refuse to print more than 640 digits at once
  // (sys.set_int_max_str_digits).
  void large_integer(PyObject* value, bool negative) {
    constexpr int piece_digits = 600;
    const auto checked = [](PyObject* made) {
      if (!made) throw py::error_already_set();
      return py::reinterpret_steal<py::object>(made);
    };
    // The arithmetic of int itself. A subclass may override it.
    const PyNumberMethods& arithmetic = *PyLong_Type.tp_as_number;
    const py::object unit =
        checked(arithmetic.nb_power(py::int_(10).ptr(), py::int_(piece_digits).ptr(), Py_None));
    py::object rest = checked(arithmetic.nb_absolute(value));
    std::vector<std::string> pieces;
    while (PyObject_IsTrue(rest.ptr()) == 1) {
      const py::object parts = checked(arithmetic.nb_divmod(rest.ptr(), unit.ptr()));
      rest = parts[py::int_(0)];
      pieces.push_back(py::str(parts[py::int_(1)]));
    }
    if (negative) out += '-';
    out += pieces.back();
    for (auto piece = pieces.rbegin() + 1; piece != pieces.rend(); ++piece)
      out.append(piece_digits - piece->size(), '0') += *piece;
  }

  bool number(double value, const Place* place) {
    if (!std::isfinite(value))
      return refuse(place, "is not a finite number", "JSON has no NaN and no infinity");
    char* text = PyOS_double_to_string(value, 'r', 0, Py_DTSF_ADD_DOT_0, nullptr);
    if (!text) return false;
    out += text;
    PyMem_Free(text);
    return true;
  }

  bool object(PyObject* dict, const Place* place, int depth) {
    if (!enter(place, depth)) return false;
    out += '{';
    if (!(PyDict_CheckExact(dict) ? plain_members(dict, place, depth)
                                  : listed_members(dict, place, depth)))
      return false;
    out += '}';
    return true;
  }

  bool plain_members(PyObject* dict, const Place* place, int depth) {
    PyObject *key = nullptr, *item = nullptr;
    bool good = true;
    for (Py_ssize_t at = 0; good && PyDict_Next(dict, &at, &key, &item) != 0;) {
      Py_INCREF(key); // the code of an inner dict subclass might change this dict
      Py_INCREF(item);
      good = member(key, item, place, depth);
      Py_DECREF(key);
      Py_DECREF(item);
    }
    return good;
  }

  // The members of a dict subclass, which may have an order of its own.
  bool listed_members(PyObject* dict, const Place* place, int depth) {
    PyObject* items = PyMapping_Items(dict);
    bool good = items != nullptr;
    for (Py_ssize_t at = 0; good && at < PyList_GET_SIZE(items); ++at) {
      PyObject* pair = PyList_GET_ITEM(items, at);
      good = PyTuple_Check(pair) && PyTuple_GET_SIZE(pair) == 2
                 ? member(PyTuple_GET_ITEM(pair, 0), PyTuple_GET_ITEM(pair, 1), place, depth)
                 : refuse(place, "has items() that are not pairs");
    }
    Py_XDECREF(items);
    return good;
  }

  bool member(PyObject* key, PyObject* item, const Place* place, int depth) {
    if (!PyUnicode_Check(key)) return refuse(place, "has a key that is not a str");
    const Place here{place, key, 0};
    if (out.back() != '{') out += ',';
    if (!string(key, &here)) return false;
    out += ':';
    return value(item, &here, depth + 1);
  }

  bool array(PyObject* list, const Place* place, int depth) {
    if (!enter(place, depth)) return false;
    out += '[';
    bool good = true;
    for (Py_ssize_t at = 0; good && at < PySequence_Fast_GET_SIZE(list); ++at) {
      PyObject* item = PySequence_Fast_GET_ITEM(list, at);
      const Place here{place, nullptr, at};
      if (at != 0) out += ',';
      Py_INCREF(item); // as in plain_members()
      good = value(item, &here, depth + 1);
      Py_DECREF(item);
    }
    out += ']';
    return good;
  }

  static bool enter(const Place* place, int depth) {
    if (depth < max_depth) return true;
    while (place && place->outer && place->outer->outer && place->outer->outer->outer)
      place = place->outer;
    return refuse(place, "is nested too deeply: 128 levels are the limit",
                  "look for a dict or list that contains itself");
  }
};

} // namespace

std::string* encode(PyObject* value) {
  auto* text = new (std::nothrow) std::string;
  bool good = false;
  try { // catches only std::bad_alloc: the unwinding of a thread must pass through
    good = text && Encoder(*text).value(value, nullptr, 0);
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  }
  if (good) return text;
  if (!text) PyErr_NoMemory();
  delete text;
  return nullptr;
}

} // namespace wayfare::python
