#include "event_type.hpp"

// After pybind11, because pybind11 must include Python.h first.
#include <structmember.h>

#include <array>
#include <cstddef>

#include "exceptions.hpp"
#include "native_type.hpp"
#include "record_type.hpp"

namespace wayfare::python {

namespace {

// Not known to the garbage collector: its fields cannot refer back to it.
struct EventObject {
  PyObject_HEAD PyObject *type, *text, *reasoning, *refusal, *tool_call, *usage;
};

// Lives as long as the process.
PyTypeObject* event_type;
std::array<PyObject*, values_of<EventType>.values.size()> type_names; // by EventType

void event_dealloc(PyObject* self) {
  auto* event = reinterpret_cast<EventObject*>(self);
  for (PyObject* held :
       {event->type, event->text, event->reasoning, event->refusal, event->tool_call, event->usage})
    Py_XDECREF(held);
  free_object(self);
}

PyObject* event_show(PyObject* self) {
  return guarded([&] {
    py::str out = py::str("wayfare.Event(type={!r}").format(py::handle(self).attr("type"));
    // Show only the fields that are not None.
    for (const char* name : {"text", "reasoning", "refusal", "tool_call", "usage"}) {
      const py::object value = py::handle(self).attr(name);
      if (!value.is_none()) out = out + py::str(", {}={!r}").format(name, value);
    }
    return (out + py::str(")")).release().ptr();
  });
}

py::object event_object(const Event& event) {
  auto made = new_object(event_type);
  auto* object = reinterpret_cast<EventObject*>(made.ptr());
  const auto none = [] { return py::none().release().ptr(); };
  object->type = py::handle(type_names[static_cast<std::size_t>(event.type)]).inc_ref().ptr();
  const auto text_of = [&](EventType type) {
    return event.type == type ? text(event.text).release().ptr() : none();
  };
  object->text = text_of(EventType::text);
  object->reasoning = text_of(EventType::reasoning);
  object->refusal = text_of(EventType::refusal);
  object->tool_call =
      event.type == EventType::tool ? to_python(event.tool_call).release().ptr() : none();
  object->usage = event.type == EventType::usage && event.reply
                      ? to_python(event.reply->usage).release().ptr()
                      : none();
  return made;
}

} // namespace

py::tuple event_batch(const std::vector<Event>& events, PyObject** error) {
  py::list list;
  py::object end = py::none();
  const bool has_ended = !events.empty() && events.back().is_final();
  for (const Event& event : events) {
    if (event.notice) {
      list.append(record_of(event.notice));
    } else if (!event.is_final()) {
      list.append(event_object(event));
    } else if (event.reply) {
      end = record_of(event.reply);
    } else if (event.result) {
      end = to_python(*event.result);
    } else {
      *error = error_fields(*event.error);
      if (!*error) throw py::error_already_set();
    }
  }
  return py::make_tuple(list, has_ended, end);
}

void add_event(py::module_& module) {
  static PyMemberDef members[] = {{"type", T_OBJECT_EX, offsetof(EventObject, type), READONLY,
                                   "\"text\", \"reasoning\", \"refusal\", \"tool\" or \"usage\""},
                                  {"text", T_OBJECT_EX, offsetof(EventObject, text), READONLY,
                                   "a piece of the answer, else None"},
                                  {"reasoning", T_OBJECT_EX, offsetof(EventObject, reasoning),
                                   READONLY, "a piece of the reasoning, else None"},
                                  {"refusal", T_OBJECT_EX, offsetof(EventObject, refusal), READONLY,
                                   "a piece of a refusal, else None"},
                                  {"tool_call", T_OBJECT_EX, offsetof(EventObject, tool_call),
                                   READONLY, "a piece of a tool call as a ToolPiece, else None"},
                                  {"usage", T_OBJECT_EX, offsetof(EventObject, usage), READONLY,
                                   "the tokens so far as a Usage, else None"},
                                  {}};
  static PyType_Slot slots[] = {
      {Py_tp_dealloc, slot(event_dealloc)},
      {Py_tp_repr, slot(event_show)},
      {Py_tp_members, members},
      {Py_tp_doc, const_cast<char*>("One event of a streamed call. Each event of the server "
                                    "becomes one Event: events are never merged.")},
      {}};
  static PyType_Spec spec{"wayfare.Event", sizeof(EventObject), 0, Py_TPFLAGS_DEFAULT, slots};
  event_type = add_type(module, spec, false);
  for (std::size_t at = 0; at < type_names.size(); ++at)
    type_names[at] =
        PyUnicode_InternFromString(std::string(values_of<EventType>.values[at].name).c_str());
}

} // namespace wayfare::python
