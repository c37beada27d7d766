#include "record_type.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <wayfare/account.hpp>
#include <wayfare/budget.hpp>
#include <wayfare/ledger.hpp>
#include <wayfare/model.hpp>
#include <wayfare/notice.hpp>
#include <wayfare/reply.hpp>

#include "exceptions.hpp"
#include "native_type.hpp"

namespace wayfare::python {

namespace {

struct RecordObject {
  PyObject_HEAD const RecordClass* record;
  std::shared_ptr<const void> value;
  PyObject* read[1]; // for each field: its object, or null until the field is read
};

RecordObject* as_record(PyObject* self) { return reinterpret_cast<RecordObject*>(self); }
std::size_t count_of(PyObject* self) { return as_record(self)->record->fields.size(); }

// ---- Reading a field. Functions that may run Python code are plain C; see wait.hpp.

PyObject* read_json(const std::string& source) {
  if (source.empty()) Py_RETURN_NONE;
  PyObject* json = PyImport_ImportModule("json");
  PyObject* utf8 =
      PyUnicode_DecodeUTF8(source.data(), static_cast<Py_ssize_t>(source.size()), "replace");
  PyObject* read = json && utf8 ? PyObject_CallMethod(json, "loads", "O", utf8) : nullptr;
  Py_XDECREF(json);
  Py_XDECREF(utf8);
  return read;
}

// Returns the object of a field: a borrowed reference, or null with the Python error set.
PyObject* field_of(PyObject* self, std::size_t at) {
  RecordObject* const one = as_record(self);
  PyObject*& kept = one->read[at];
  if (kept) return kept;
  if (!load_modules()) return nullptr;
  const RecordClass::Field& field = one->record->fields[at];
  PyObject* made = field.json
                       ? read_json(field.json(one->value.get()))
                       : guarded([&] { return field.get(one->value.get()).release().ptr(); });
  if (made && kept)
    Py_DECREF(made); // another thread made the object first
  else if (made)
    kept = made;
  return made ? kept : nullptr;
}

PyObject* get(PyObject* self, void* at) {
  PyObject* field = field_of(self, reinterpret_cast<std::uintptr_t>(at));
  Py_XINCREF(field);
  return field;
}

// ---- The methods of a record.

PyObject* make_from(PyTypeObject* type, PyObject* args, PyObject* options);

int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  for (std::size_t at = 0; at < count_of(self); ++at) Py_VISIT(as_record(self)->read[at]);
  return 0;
}

void dealloc(PyObject* self) {
  PyObject_GC_UnTrack(self);
  for (std::size_t at = 0; at < count_of(self); ++at) Py_XDECREF(as_record(self)->read[at]);
  as_record(self)->value.~shared_ptr();
  free_object(self);
}

PyObject* as_tuple(PyObject* self) {
  PyObject* tuple = PyTuple_New(static_cast<Py_ssize_t>(count_of(self)));
  for (std::size_t at = 0; tuple && at < count_of(self); ++at) {
    PyObject* field = get(self, reinterpret_cast<void*>(at));
    if (!field) Py_CLEAR(tuple);
    if (tuple) PyTuple_SET_ITEM(tuple, static_cast<Py_ssize_t>(at), field);
  }
  return tuple;
}

PyObject* compare(PyObject* self, PyObject* other, int operation) {
  if (Py_TYPE(self) != Py_TYPE(other) || (operation != Py_EQ && operation != Py_NE))
    Py_RETURN_NOTIMPLEMENTED;
  PyObject* one = as_tuple(self);
  PyObject* two = one ? as_tuple(other) : nullptr;
  PyObject* result = two ? PyObject_RichCompare(one, two, operation) : nullptr;
  Py_XDECREF(one);
  Py_XDECREF(two);
  return result;
}

Py_hash_t hash(PyObject* self) {
  PyObject* tuple = as_tuple(self);
  const Py_hash_t value = tuple ? PyObject_Hash(tuple) : -1;
  Py_XDECREF(tuple);
  return value;
}

bool is_record(PyObject* value) { return Py_TYPE(value)->tp_new == make_from; }

// Returns a record as a dict. Records inside it and inside its lists become dicts too.
PyObject* plain(PyObject* value) {
  if (PyList_Check(value)) {
    PyObject* list = PyList_New(0);
    for (Py_ssize_t at = 0; list && at < PyList_GET_SIZE(value); ++at) {
      PyObject* item = plain(PyList_GET_ITEM(value, at));
      if (!item || PyList_Append(list, item) != 0) Py_CLEAR(list);
      Py_XDECREF(item);
    }
    return list;
  }
  if (!is_record(value)) {
    Py_INCREF(value);
    return value;
  }
  PyObject* dict = PyDict_New();
  for (std::size_t at = 0; dict && at < count_of(value); ++at) {
    PyObject* field = field_of(value, at);
    PyObject* item = field ? plain(field) : nullptr;
    const char* name = as_record(value)->record->fields[at].name.c_str();
    if (!item || PyDict_SetItemString(dict, name, item) != 0) Py_CLEAR(dict);
    Py_XDECREF(item);
  }
  return dict;
}

PyObject* to_dict(PyObject* self, PyObject*) { return plain(self); }

// Returns (class, (fields by name,)). So a pickle still opens after a field was added.
PyObject* reduce(PyObject* self, PyObject*) {
  PyObject* dict = PyDict_New();
  for (std::size_t at = 0; dict && at < count_of(self); ++at) {
    PyObject* field = field_of(self, at);
    const char* name = as_record(self)->record->fields[at].name.c_str();
    if (!field || PyDict_SetItemString(dict, name, field) != 0) Py_CLEAR(dict);
  }
  return dict ? Py_BuildValue("O(N)", Py_TYPE(self), dict) : nullptr;
}

// Shows the fields that are known, except JSON fields. Cuts long texts.
PyObject* show(PyObject* self) {
  PyObject* fields = as_tuple(self);
  if (!fields) return nullptr;
  PyObject* shown = guarded([&] {
    const RecordClass& record = *as_record(self)->record;
    py::str out(record.name + "(");
    bool first = true;
    for (std::size_t at = 0; at < record.fields.size(); ++at) {
      py::object field =
          py::reinterpret_borrow<py::object>(PyTuple_GET_ITEM(fields, static_cast<Py_ssize_t>(at)));
      if (field.is_none() || record.fields[at].json) continue;
      if ((py::isinstance<py::str>(field) || py::isinstance<py::list>(field)) &&
          py::len(field) == 0)
        continue;
      if (py::isinstance<py::str>(field) && py::len(field) > 60)
        field = py::str(field[py::slice(0, 60, 1)]) + py::str("…");
      out = out + py::str("{}{}={!r}").format(first ? "" : ", ", record.fields[at].name, field);
      first = false;
    }
    return (out + py::str(")")).release().ptr();
  });
  Py_DECREF(fields);
  return shown;
}

// All record classes. Never freed: they may be used during exit.
std::vector<const RecordClass*>& classes() {
  static auto* const all = new std::vector<const RecordClass*>;
  return *all;
}

std::string fields_name(const RecordClass& record) {
  return record.name.substr(record.name.find('.') + 1);
}

// Makes a record from the dict of its fields that reduce() returns. A missing field gets its
// default. A name that is not a field is ignored.
PyObject* make_from(PyTypeObject* type, PyObject* args, PyObject* options) {
  PyObject* fields = nullptr;
  if ((options && PyDict_Size(options) != 0) ||
      !PyArg_ParseTuple(args, "O!", &PyDict_Type, &fields))
    return PyErr_Clear(), PyErr_Format(PyExc_TypeError, "%s takes a dict of fields", type->tp_name);
  return guarded([&] {
    const RecordClass& record = **std::ranges::find(classes(), type, &RecordClass::type);
    py::object made = new_record(record, record.defaults());
    for (std::size_t at = 0; at < record.fields.size(); ++at) {
      PyObject* field = PyDict_GetItemString(fields, record.fields[at].name.c_str());
      Py_XINCREF(field);
      as_record(made.ptr())->read[at] = field;
    }
    return made.release().ptr();
  });
}

// Iterates over the values, in the order of the fields.
PyObject* iterate(PyObject* self) {
  PyObject* tuple = as_tuple(self);
  PyObject* values = tuple ? PyObject_GetIter(tuple) : nullptr;
  Py_XDECREF(tuple);
  return values;
}

// Makes a record from its fields by name. For a test that fakes a client.
PyObject* make(PyObject* type, PyObject* args, PyObject* fields) {
  auto* const kind = reinterpret_cast<PyTypeObject*>(type);
  if (PyTuple_GET_SIZE(args) != 0)
    return PyErr_Format(PyExc_TypeError, "%s.make() takes fields by name only", kind->tp_name);
  return guarded([&] {
    const auto given = fields ? py::reinterpret_borrow<py::dict>(fields) : py::dict();
    const RecordClass& record = **std::ranges::find(classes(), kind, &RecordClass::type);
    for (const auto& [name, value] : given)
      if (std::ranges::find(record.fields, std::string(py::str(name)), &RecordClass::Field::name) ==
          record.fields.end()) {
        PyErr_Format(PyExc_TypeError, "%s has no field %S", kind->tp_name, name.ptr());
        throw py::error_already_set();
      }
    const py::tuple one = py::make_tuple(given);
    PyObject* made = make_from(kind, one.ptr(), nullptr);
    if (!made) throw py::error_already_set();
    return made;
  });
}

// Calls a function of wayfare._plain with this object, and with `more` if there is one.
PyObject* ask_plain(const char* function, PyObject* self, PyObject* more) {
  PyObject* module = PyImport_ImportModule("wayfare._plain");
  PyObject* found = module ? PyObject_GetAttrString(module, function) : nullptr;
  PyObject* result = found ? PyObject_CallFunctionObjArgs(found, self, more, nullptr) : nullptr;
  Py_XDECREF(found);
  Py_XDECREF(module);
  return result;
}

// The fields as JSON takes them: an amount and a time are a str. FastAPI asks for this.
PyObject* plain_fields(PyObject* self, void*) { return ask_plain("fields", self, nullptr); }

// Pydantic asks for this, and only then it is imported.
PyObject* pydantic_schema(PyObject* type, PyObject* args) {
  PyObject *source = nullptr, *handler = nullptr;
  if (!PyArg_ParseTuple(args, "OO", &source, &handler)) return nullptr;
  return ask_plain("schema", type, nullptr);
}

// The tables of a CPython type. They must live as long as the type.
struct TypeTables {
  std::vector<PyGetSetDef> fields;
  std::vector<PyMethodDef> methods{
      {"to_dict", to_dict, METH_NOARGS,
       "to_dict($self, /)\n--\n\nReturns the fields as a dict. Records inside it are dicts too."},
      {"make", reinterpret_cast<PyCFunction>(slot(make)), METH_CLASS | METH_VARARGS | METH_KEYWORDS,
       "make($type, /, **fields)\n--\n\nMakes a record from its fields. The others get their "
       "defaults. For a test that fakes a client."},
      {"__reduce__", reduce, METH_NOARGS, nullptr},
      {"__get_pydantic_core_schema__", pydantic_schema, METH_CLASS | METH_VARARGS, nullptr},
      {}};
  std::vector<PyType_Slot> slots;
  PyType_Spec spec{};
};

} // namespace

void add_record_class(py::module_& module, RecordClass& record) {
  auto* tables = new TypeTables; // never freed
  for (std::size_t at = 0; at < record.fields.size(); ++at)
    tables->fields.push_back({record.fields[at].name.c_str(), get, nullptr,
                              record.fields[at].doc.c_str(), reinterpret_cast<void*>(at)});
  tables->fields.push_back({"__dict__", plain_fields, nullptr,
                            "The fields as JSON takes them: amounts and times are texts.",
                            nullptr});
  tables->fields.push_back({});
  tables->slots = {{Py_tp_new, slot(make_from)},
                   {Py_tp_dealloc, slot(dealloc)},
                   {Py_tp_traverse, slot(traverse)},
                   {Py_tp_repr, slot(show)},
                   {Py_tp_richcompare, slot(compare)},
                   {Py_tp_hash, slot(hash)},
                   {Py_tp_iter, slot(iterate)},
                   {Py_tp_getset, tables->fields.data()},
                   {Py_tp_methods, tables->methods.data()},
                   {Py_tp_doc, const_cast<char*>(record.doc.c_str())},
                   {}};
  const std::size_t size = sizeof(RecordObject) + record.fields.size() * sizeof(PyObject*);
  tables->spec = {record.name.c_str(), static_cast<int>(size), 0,
                  Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, tables->slots.data()};
  record.type = add_type(module, tables->spec, true);
  py::tuple names(record.fields.size());
  for (std::size_t at = 0; at < record.fields.size(); ++at) names[at] = record.fields[at].name;
  const py::handle type(reinterpret_cast<PyObject*>(record.type));
  type.attr("_fields") = names;
  type.attr("__match_args__") = names;
  py::module_::import("_collections_abc").attr("Sequence").attr("register")(type);
  classes().push_back(&record);
}

py::object new_record(const RecordClass& record, std::shared_ptr<const void> value) {
  auto made = new_object(record.type);
  as_record(made.ptr())->record = &record;
  new (&as_record(made.ptr())->value) std::shared_ptr<const void>(std::move(value));
  return made;
}

void add_records(py::module_& module) {
  add_record<AgentPage>(module);
  add_record<EntryPage>(module);
  add_record<UnknownPage>(module);
  add_record<ModelList>(module);
  const std::size_t internal = classes().size(); // those that the package takes apart
  add_record<Agent>(module);
  add_record<AgentBudget>(module);
  add_record<Attempt>(module);
  add_record<Block>(module);
  add_record<Budget>(module);
  add_record<Candidate>(module);
  add_record<CatalogueState>(module);
  add_record<ChargeTo>(module);
  add_record<Crossing>(module);
  add_record<Cooldown>(module);
  add_record<RateLimit>(module);
  add_record<DefaultModel>(module);
  add_record<Degrade>(module);
  add_record<EndpointList>(module);
  add_record<Entry>(module);
  add_record<Explanation>(module);
  add_record<Imported>(module);
  add_record<KeyInfo>(module);
  add_record<MaxPrice>(module);
  add_record<Model>(module);
  add_record<ModelEndpoint>(module);
  add_record<Notice>(module);
  add_record<PerformanceRow>(module);
  add_record<Policy>(module);
  add_record<PriceOverride>(module);
  add_record<Prices>(module);
  add_record<ProviderRules>(module);
  add_record<Pruned>(module);
  add_record<Reconciled>(module);
  add_record<ReplayRow>(module);
  add_record<Replayed>(module);
  add_record<CachingRow>(module);
  add_record<Caching>(module);
  add_record<Reply>(module);
  add_record<Route>(module);
  add_record<Score>(module);
  add_record<Selection>(module);
  add_record<Timings>(module);
  add_record<ToolCall>(module);
  add_record<ToolPiece>(module);
  add_record<Unknown>(module);
  add_record<Usage>(module);
  add_record<UsageRow>(module);
  add_record<Verification>(module);
  add_record<Versions>(module);
  py::list names;
  for (std::size_t at = internal; at < classes().size(); ++at)
    names.append(fields_name(*classes()[at]));
  names.append("Event");
  module.attr("__all__") = names;
}

} // namespace wayfare::python
