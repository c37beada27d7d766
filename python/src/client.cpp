#include "client.hpp"

#include <structmember.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include <wayfare/client.hpp>

#include "errors.hpp"
#include "event.hpp"
#include "reply.hpp"
#include "request.hpp"
#include "types.hpp"
#include "values.hpp"
#include "wait.hpp"

namespace wayfare::python {

namespace {

struct ClientObject {
  PyObject_HEAD Client* client;
};

// One streamed call; its end forgets what has not ended.
struct CallObject {
  PyObject_HEAD PyObject* owner; // the ClientObject
  std::int64_t id;
};

PyTypeObject* call_type; // as long as the process

Client* client_of(PyObject* self) { return reinterpret_cast<ClientObject*>(self)->client; }
Client* client_of(CallObject* call) { return client_of(call->owner); }

bool has_arguments(const char* name, Py_ssize_t given, Py_ssize_t wanted) {
  if (given != wanted)
    PyErr_Format(PyExc_TypeError, "%s() takes %zd arguments, not %zd", name, wanted, given);
  return given == wanted;
}

// ---- Client. The functions that wait are plain C, see wait.hpp; what they call to translate is
// not.

PyObject* client_new(PyTypeObject* type, PyObject* args, PyObject* options) {
  if (!has_arguments("Client", PyTuple_GET_SIZE(args), 0) || !load_types()) return nullptr;
  return guarded([&] {
    auto given = options ? py::reinterpret_borrow<py::dict>(options) : py::dict();
    auto client = std::make_unique<Client>(Client::open(options_of(std::move(given))).value());
    PyObject* self = new_object(type).release().ptr();
    reinterpret_cast<ClientObject*>(self)->client = client.release();
    return self;
  });
}

void client_dealloc(PyObject* self) {
  PyObject *kind, *value, *trace; // of the error on whose way this object may be dropped
  PyErr_Fetch(&kind, &value, &trace);
  destroy(client_of(self));
  PyErr_Restore(kind, value, trace);
  free_object(self);
}

Task* request_task(PyObject* self, PyObject* const* args, bool stream) {
  std::string* body = body_of(args[0]);
  if (!body) return nullptr;
  Task* task = guarded([&] {
    return new Task{client_of(self), request_of(args[1], args[2], args[3], args[4]), stream};
  });
  if (task) std::get<Request>(task->ask).body.swap(*body);
  delete body;
  return task;
}

// What finish() waited for, where that is no error.
const Event& end_of(const Task* task) {
  const Event& end = task->events.back();
  if (end.error) throw Exception(*end.error);
  return end;
}

PyObject* reply_of(Task* task) {
  return guarded([&] { return reply_object(end_of(task).reply).release().ptr(); });
}

PyObject* report_of(Task* task) {
  return guarded([&] { return report_object(*end_of(task).report).release().ptr(); });
}

PyObject* client_chat(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  if (!has_arguments("chat", count, 5)) return nullptr;
  Task* task = request_task(self, args, false);
  if (!task) return nullptr;
  PyObject* reply = submit(task) && finish(task) ? reply_of(task) : nullptr;
  delete task;
  return reply;
}

PyObject* client_usage(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  if (!has_arguments("usage", count, 3) || !load_types()) return nullptr;
  Task* task =
      guarded([&] { return new Task{client_of(self), usage_query_of(args[0], args[1], args[2])}; });
  if (!task) return nullptr;
  PyObject* rows = submit(task) && finish(task) ? report_of(task) : nullptr;
  delete task;
  return rows;
}

PyObject* client_entries(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  if (!has_arguments("entries", count, 3) || !load_types()) return nullptr;
  Task* task =
      guarded([&] { return new Task{client_of(self), entry_query_of(args[0], args[1], args[2])}; });
  if (!task) return nullptr;
  PyObject* page = submit(task) && finish(task) ? report_of(task) : nullptr;
  delete task;
  return page;
}

PyObject* client_order(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  if (!has_arguments("order", count, 2) || !load_types()) return nullptr;
  Task* task = guarded([&] { return new Task{client_of(self), order_of(args[0], args[1])}; });
  if (!task) return nullptr;
  PyObject* result = submit(task) && finish(task) ? report_of(task) : nullptr;
  delete task;
  return result;
}

// Hands the task over, which goes with it, and gives its Call. Null goes through: the error is set
// already.
PyObject* call_of(PyObject* self, Task* task) {
  // first: no id is to be without its owner
  auto* call = task ? reinterpret_cast<CallObject*>(call_type->tp_alloc(call_type, 0)) : nullptr;
  if (call) {
    Py_INCREF(self);
    call->owner = self;
    if (submit(task))
      call->id = task->id;
    else
      Py_CLEAR(call);
  }
  delete task;
  return reinterpret_cast<PyObject*>(call);
}

PyObject* client_submit(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  if (!has_arguments("submit", count, 6)) return nullptr;
  return call_of(self, request_task(self, args, args[5] == Py_True));
}

PyObject* client_submit_usage(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  if (!has_arguments("submit_usage", count, 3) || !load_types()) return nullptr;
  return call_of(self, guarded([&] {
                   return new Task{client_of(self), usage_query_of(args[0], args[1], args[2])};
                 }));
}

PyObject* client_submit_entries(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  if (!has_arguments("submit_entries", count, 3) || !load_types()) return nullptr;
  return call_of(self, guarded([&] {
                   return new Task{client_of(self), entry_query_of(args[0], args[1], args[2])};
                 }));
}

PyObject* client_submit_models(PyObject* self, PyObject*) {
  if (!load_types()) return nullptr;
  return call_of(self, guarded([&] { return new Task{client_of(self), ModelsQuery{}}; }));
}

PyObject* client_submit_reconcile(PyObject* self, PyObject*) {
  if (!load_types()) return nullptr;
  return call_of(self, guarded([&] { return new Task{client_of(self), ReconcileQuery{}}; }));
}

PyObject* client_submit_select(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  if (!has_arguments("submit_select", count, 2) || !load_types()) return nullptr;
  PyObject* const request[] = {args[0], args[1], Py_None, Py_None, Py_None};
  Task* task = request_task(self, request, false);
  if (task) task->sends = false;
  return call_of(self, task);
}

PyObject* client_submit_order(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  if (!has_arguments("submit_order", count, 2) || !load_types()) return nullptr;
  return call_of(self,
                 guarded([&] { return new Task{client_of(self), order_of(args[0], args[1])}; }));
}

PyObject* client_fd(PyObject* self, PyObject*) {
  const int descriptor = client_of(self)->fd();
  if (descriptor >= 0) return PyLong_FromLong(descriptor);
  raise_error(error_arguments(client_of(self)->is_forked() ? Code::forked : Code::no_memory));
  return nullptr;
}

PyObject* client_ready(PyObject* self, PyObject*) {
  PyObject* ids = PyList_New(0);
  std::int64_t id = 0;
  for (int most = 1024;
       ids && most > 0 && (id = client_of(self)->ready(std::chrono::milliseconds(0))) > 0; --most) {
    PyObject* number = PyLong_FromLongLong(id);
    if (!number || PyList_Append(ids, number) != 0) Py_CLEAR(ids);
    Py_XDECREF(number);
  }
  if (!ids || id >= 0 || PyList_GET_SIZE(ids) > 0) return ids;
  Py_DECREF(ids);
  raise_error(error_arguments(static_cast<Code>(id)));
  return nullptr;
}

PyObject* client_close(PyObject* self, PyObject*) {
  close(client_of(self));
  Py_RETURN_NONE;
}

PyObject* client_ledger_path(PyObject* self, void*) {
  const auto& path = client_of(self)->ledger_path();
  return PyUnicode_DecodeFSDefaultAndSize(path.data(), static_cast<Py_ssize_t>(path.size()));
}
PyObject* client_base_url(PyObject* self, void*) {
  return guarded([&] { return text(client_of(self)->base_url()).release().ptr(); });
}

PyObject* client_has_key(PyObject* self, void*) {
  return PyBool_FromLong(client_of(self)->has_key());
}

// ---- Call.

void call_dealloc(PyObject* self) {
  auto* call = reinterpret_cast<CallObject*>(self);
  if (call->id > 0) forget(client_of(call), call->id);
  Py_XDECREF(call->owner);
  free_object(self);
}

PyObject* batch_of(const std::vector<Event>* events, PyObject** error) {
  return guarded([&] {
    if (events->empty()) *error = error_arguments(Code::cancelled); // forgotten meanwhile
    return event_batch(*events, error).release().ptr();
  });
}

// The Python objects of a batch, which goes with them.
PyObject* batch_from(std::vector<Event>* events) {
  PyObject* failed = nullptr;
  PyObject* batch = batch_of(events, &failed);
  delete events;
  if (!failed) return batch;
  PyObject* error = new_error(failed);
  if (error && batch) {
    PyTuple_SetItem(batch, 1, error);
    return batch;
  }
  Py_XDECREF(error);
  Py_XDECREF(batch);
  return nullptr;
}

PyObject* call_next(PyObject* self, PyObject*) {
  auto* call = reinterpret_cast<CallObject*>(self);
  auto* events = new (std::nothrow) std::vector<Event>;
  if (!events) return PyErr_NoMemory();
  if (wait(client_of(call), call->id, events)) return batch_from(events);
  delete events;
  return nullptr;
}

PyObject* call_take(PyObject* self, PyObject*) {
  auto* call = reinterpret_cast<CallObject*>(self);
  auto* events = new (std::nothrow) std::vector<Event>;
  if (!events) return PyErr_NoMemory();
  const Next got = take(client_of(call), call->id, events);
  if (static_cast<std::int32_t>(got) > 0) return batch_from(events);
  delete events;
  if (got == Next::nothing) Py_RETURN_NONE;
  raise_error(error_arguments(static_cast<Code>(got)));
  return nullptr;
}

PyObject* call_cancel(PyObject* self, PyObject* forget) {
  auto* call = reinterpret_cast<CallObject*>(self);
  return guarded([&] {
    client_of(call)->cancel(call->id, forget == Py_True);
    return py::none().release().ptr();
  });
}

// ---- The types.

using FastCall = PyObject*(PyObject*, PyObject* const*, Py_ssize_t);
PyCFunction fast(FastCall* function) { return reinterpret_cast<PyCFunction>(slot(function)); }

} // namespace

static void add_client_type(py::module_& module) {
  static PyMethodDef methods[] = {
      {"chat", fast(client_chat), METH_FASTCALL,
       "chat($self, body, route, charge_to, headers, request_id, /)\n--\n\nSends the request and "
       "waits for its Reply. `body`: dict or JSON "
       "text."},
      {"submit", fast(client_submit), METH_FASTCALL,
       "submit($self, body, route, charge_to, headers, request_id, stream, /)\n--\n\nSends the "
       "request and gives its Call."},
      {"submit_usage", fast(client_submit_usage), METH_FASTCALL,
       "submit_usage($self, by, since, until, /)\n--\n\nLike usage(), but gives its Call."},
      {"submit_entries", fast(client_submit_entries), METH_FASTCALL,
       "submit_entries($self, since, until, after, /)\n--\n\nLike entries(), but gives its Call."},
      {"submit_models", client_submit_models, METH_NOARGS,
       "submit_models($self, /)\n--\n\nGives a Call that ends in (a list of Model, a Catalogue)."},
      {"submit_reconcile", client_submit_reconcile, METH_NOARGS,
       "submit_reconcile($self, /)\n--\n\nGives a Call that ends in a Reconciled."},
      {"submit_select", fast(client_submit_select), METH_FASTCALL,
       "submit_select($self, body, route, /)\n--\n\nGives a Call that ends in a Selection. Nothing "
       "is sent."},
      {"order", fast(client_order), METH_FASTCALL,
       "order($self, op, arguments, /)\n--\n\nWhat is to be done with the ledger: a list of Budget "
       "or Block."},
      {"submit_order", fast(client_submit_order), METH_FASTCALL,
       "submit_order($self, op, arguments, /)\n--\n\nLike order(), but gives its Call."},
      {"fd", client_fd, METH_NOARGS,
       "fd($self, /)\n--\n\nReadable while ready() has something to tell."},
      {"ready", client_ready, METH_NOARGS,
       "ready($self, /)\n--\n\nThe ids of calls that have events, each told once until they are "
       "taken. Raises \"closed\" after the last."},
      {"usage", fast(client_usage), METH_FASTCALL,
       "usage($self, by, since, until, /)\n--\n\nA list of UsageRow. Times: microseconds since "
       "1970, or None."},
      {"entries", fast(client_entries), METH_FASTCALL,
       "entries($self, since, until, after, /)\n--\n\nOne page: (a list of Entry, the `after` of "
       "the next page or \"\")."},
      {"close", client_close, METH_NOARGS,
       "close($self, /)\n--\n\nCancels what runs, books it and syncs the ledger."},
      {}};
  static PyGetSetDef properties[] = {
      {"ledger_path", client_ledger_path, nullptr, "The path of the ledger, made absolute.",
       nullptr},
      {"base_url", client_base_url, nullptr, "The base URL, as it is used.", nullptr},
      {"has_key", client_has_key, nullptr, "Whether there is a key for calls that name none.",
       nullptr},
      {}};
  static PyType_Slot slots[] = {
      {Py_tp_new, slot(client_new)},
      {Py_tp_dealloc, slot(client_dealloc)},
      {Py_tp_methods, methods},
      {Py_tp_getset, properties},
      {Py_tp_doc, const_cast<char*>("The core's client; takes its options by keyword.")},
      {}};
  static PyType_Spec spec{"wayfare._wayfare.Client", sizeof(ClientObject), 0, Py_TPFLAGS_DEFAULT,
                          slots};
  add_type(module, spec, true);
}

static void add_call_type(py::module_& module) {
  static PyMethodDef methods[] = {
      {"next", call_next, METH_NOARGS,
       "next($self, /)\n--\n\nWaits for events, and takes all that are there: (a list of Event, "
       "the Reply or Error that ended the call, or "
       "None)."},
      {"take", call_take, METH_NOARGS,
       "take($self, /)\n--\n\nLike next(), but does not wait: None where nothing is there."},
      {"cancel", call_cancel, METH_O,
       "cancel($self, forget, /)\n--\n\nEnds the call early; with `forget` nobody will ask for its "
       "end. From any thread."},
      {}};
  static PyMemberDef members[] = {
      {"id", T_LONGLONG, offsetof(CallObject, id), READONLY, "What ready() tells of it."}, {}};
  static PyType_Slot slots[] = {{Py_tp_dealloc, slot(call_dealloc)},
                                {Py_tp_methods, methods},
                                {Py_tp_members, members},
                                {Py_tp_doc, const_cast<char*>("One streamed call.")},
                                {}};
  static PyType_Spec spec{"wayfare._wayfare.Call", sizeof(CallObject), 0, Py_TPFLAGS_DEFAULT,
                          slots};
  call_type = add_type(module, spec, false);
}

void add_client(py::module_& module) {
  add_client_type(module);
  add_call_type(module);
}

} // namespace wayfare::python
