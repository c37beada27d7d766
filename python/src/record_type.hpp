// Records: the Python classes of the structs that have a table of fields. A record shares its
// struct with the core. A field becomes a Python object when it is first read, and stays the same
// object. Records are read-only. They compare by value and are pickled by the names of their
// fields.
#pragma once

#include <pybind11/pybind11.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <wayfare/fields.hpp>

#include "to_python.hpp"

namespace wayfare::python {

// The description of one record class. It lives as long as the process.
struct RecordClass {
  struct Field {
    std::string name, doc;
    std::function<py::object(const void*)> get;
    // For a field that holds JSON: returns its text, which json.loads() reads. Null for other
    // fields.
    std::function<const std::string&(const void*)> json;
  };
  std::string name, doc; // "wayfare.Reply"
  std::vector<Field> fields;
  std::function<std::shared_ptr<const void>()> defaults;
  PyTypeObject* type = nullptr;
};

// Makes the class and adds it to the module.
void add_record_class(py::module_& module, RecordClass& record);
py::object new_record(const RecordClass& record, std::shared_ptr<const void> value);

template <Described Struct>
RecordClass& record_class() {
  static auto* const record = new RecordClass; // never freed: it may be used during exit
  return *record;
}

template <Described Struct>
py::object record_of(std::shared_ptr<const Struct> value) {
  return new_record(record_class<Struct>(), std::move(value));
}

template <Described Struct>
void add_record(py::module_& module) {
  RecordClass& record = record_class<Struct>();
  record.name = "wayfare." + std::string(fields_of<Struct>.name);
  record.doc = fields_of<Struct>.doc;
  record.defaults = [] { return std::make_shared<const Struct>(); };
  for_each_field<Struct>([&](const auto& leaf) {
    RecordClass::Field field{std::string(leaf.name), std::string(leaf.doc), {}, {}};
    field.get = [leaf](const void* value) {
      return to_python(leaf.get(*static_cast<const Struct*>(value)), leaf.shape);
    };
    if constexpr (std::is_same_v<decltype(leaf.get(std::declval<const Struct&>())),
                                 const std::string&>)
      if (has(leaf.shape, Shape::json))
        field.json = [leaf](const void* value) -> const std::string& {
          return leaf.get(*static_cast<const Struct*>(value));
        };
    record.fields.push_back(std::move(field));
  });
  add_record_class(module, record);
}

// Makes the classes of all structs that the core returns.
void add_records(py::module_& module);

} // namespace wayfare::python
