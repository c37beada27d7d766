#include "client_type.hpp"

#include <structmember.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include <wayfare/client.hpp>

#include "event_type.hpp"
#include "exceptions.hpp"
#include "from_python.hpp"
#include "native_type.hpp"
#include "record_type.hpp"
#include "wait.hpp"

namespace wayfare::python {

namespace {

struct ClientObject {
  PyObject_HEAD Client* client;
};

// One submitted call. Its deletion cancels and forgets a call that has not ended.
struct CallObject {
  PyObject_HEAD PyObject* owner; // the ClientObject
  Client* client;                // of the process that submitted it
  std::int64_t id;
};

PyTypeObject* call_type; // lives as long as the process

Client* client_of(PyObject* self) { return reinterpret_cast<ClientObject*>(self)->client; }
Client* client_of(CallObject* call) { return call->client; }

// The client for a new operation. In the child of a fork it is opened again, and what it was before
// is left alone. A ledger in memory cannot be opened again.
Client* usable_client(PyObject* self) noexcept {
  Client*& client = reinterpret_cast<ClientObject*>(self)->client;
  try {
    if (client->is_forked() && client->ledger_path() != ":memory:")
      client = new Client(client->reopened());
  } catch (const std::bad_alloc&) {
    // It then fails with `forked`.
  }
  return client;
}

bool has_arguments(const char* name, Py_ssize_t given, Py_ssize_t wanted) {
  if (given != wanted)
    PyErr_Format(PyExc_TypeError, "%s() takes %zd arguments, not %zd", name, wanted, given);
  return given == wanted;
}

// ---- Client. The functions that wait are plain C: see wait.hpp. The functions that translate are
// C++.

PyObject* client_new(PyTypeObject* type, PyObject* args, PyObject* options) {
  if (!has_arguments("Client", PyTuple_GET_SIZE(args), 0) || !load_modules()) return nullptr;
  return guarded([&] {
    const auto given = options ? py::reinterpret_borrow<py::dict>(options) : py::dict();
    auto client = std::make_unique<Client>(Client::open(options_of(given)).value());
    PyObject* self = new_object(type).release().ptr();
    reinterpret_cast<ClientObject*>(self)->client = client.release();
    return self;
  });
}

void client_dealloc(PyObject* self) {
  PyObject *kind, *value, *trace; // the object may be deleted while an exception is set
  PyErr_Fetch(&kind, &value, &trace);
  destroy(client_of(self));
  PyErr_Restore(kind, value, trace);
  free_object(self);
}

// Makes the task of submit() and run() from (op, arguments, body or None).
Task* task_of(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  if (!has_arguments("operation", count, 3) || !load_modules()) return nullptr;
  std::string* body = args[2] == Py_None ? nullptr : body_of(args[2]);
  if (!body && args[2] != Py_None) return nullptr;
  Task* task = guarded([&] {
    return new Task{usable_client(self),
                    operation_of(py::reinterpret_borrow<py::str>(args[0]),
                                 py::reinterpret_borrow<py::dict>(args[1]), body)};
  });
  delete body;
  return task;
}

// Returns the result of a task after finish().
PyObject* result_of(Task* task) {
  return guarded([&] {
    const Event& end = task->events.back();
    if (end.error) throw Exception(*end.error);
    return (end.reply ? record_of(end.reply) : to_python(*end.result)).release().ptr();
  });
}

PyObject* client_run(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  Task* task = task_of(self, args, count);
  if (!task) return nullptr;
  PyObject* result = submit(task) && finish(task) ? result_of(task) : nullptr;
  delete task;
  return result;
}

// Submits a task and returns its Call.
PyObject* client_submit(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  Task* task = task_of(self, args, count);
  // Made before submit(), so that every id has an owner.
  auto* call = task ? reinterpret_cast<CallObject*>(call_type->tp_alloc(call_type, 0)) : nullptr;
  if (call) {
    Py_INCREF(self);
    call->owner = self;
    call->client = task->client;
    if (submit(task))
      call->id = task->id;
    else
      Py_CLEAR(call);
  }
  delete task;
  return reinterpret_cast<PyObject*>(call);
}

PyObject* client_fd(PyObject* self, PyObject*) {
  const int descriptor = usable_client(self)->fd();
  if (descriptor >= 0) return PyLong_FromLong(descriptor);
  raise_error(error_fields(client_of(self)->is_forked() ? Code::forked : Code::no_memory));
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
  raise_error(error_fields(static_cast<Code>(id)));
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
    if (events->empty()) *error = error_fields(Code::cancelled); // the call was forgotten meanwhile
    return event_batch(*events, error).release().ptr();
  });
}

// Returns the Python objects of a batch. Deletes the batch.
PyObject* batch_from(std::vector<Event>* events) {
  PyObject* failed = nullptr;
  PyObject* batch = batch_of(events, &failed);
  delete events;
  if (!failed) return batch;
  PyObject* error = new_error(failed);
  if (error && batch) {
    PyTuple_SetItem(batch, 2, error);
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
  const NextStatus got = take(client_of(call), call->id, events);
  if (static_cast<std::int32_t>(got) > 0) return batch_from(events);
  delete events;
  if (got == NextStatus::nothing) Py_RETURN_NONE;
  raise_error(error_fields(static_cast<Code>(got)));
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
      {"run", fast(client_run), METH_FASTCALL,
       "run($self, op, arguments, body, /)\n--\n\nRuns an operation and waits for its result. "
       "`body` is a dict or JSON text, or None for an operation without a body."},
      {"submit", fast(client_submit), METH_FASTCALL,
       "submit($self, op, arguments, body, /)\n--\n\nBegins an operation and returns its Call."},
      {"fd", client_fd, METH_NOARGS,
       "fd($self, /)\n--\n\nReturns a file descriptor that is readable while ready() has ids to "
       "return."},
      {"ready", client_ready, METH_NOARGS,
       "ready($self, /)\n--\n\nReturns the ids of calls that have events. Returns an id once until "
       "its events are taken. Raises \"closed\" when the client is closed and no id is left."},
      {"close", client_close, METH_NOARGS,
       "close($self, /)\n--\n\nCancels the running calls, books them and syncs the ledger."},
      {}};
  static PyGetSetDef properties[] = {
      {"ledger_path", client_ledger_path, nullptr, "The absolute path of the ledger.", nullptr},
      {"base_url", client_base_url, nullptr, "The base URL in use.", nullptr},
      {"has_key", client_has_key, nullptr,
       "Whether there is a key for calls whose route names no key.", nullptr},
      {}};
  static PyType_Slot slots[] = {
      {Py_tp_new, slot(client_new)},
      {Py_tp_dealloc, slot(client_dealloc)},
      {Py_tp_methods, methods},
      {Py_tp_getset, properties},
      {Py_tp_doc, const_cast<char*>("The client of the core. Takes its options by keyword.")},
      {}};
  static PyType_Spec spec{"wayfare._wayfare.Client", sizeof(ClientObject), 0, Py_TPFLAGS_DEFAULT,
                          slots};
  add_type(module, spec, true);
}

static void add_call_type(py::module_& module) {
  static PyMethodDef methods[] = {
      {"next", call_next, METH_NOARGS,
       "next($self, /)\n--\n\nWaits for events and takes all of them. Returns a tuple: a list of "
       "Event, whether the call has ended, and its result or Error."},
      {"take", call_take, METH_NOARGS,
       "take($self, /)\n--\n\nLike next(), but does not wait. Returns None if there are no "
       "events."},
      {"cancel", call_cancel, METH_O,
       "cancel($self, forget, /)\n--\n\nEnds the call early. With `forget`, no event follows. Any "
       "thread may call it."},
      {}};
  static PyMemberDef members[] = {{"id", T_LONGLONG, offsetof(CallObject, id), READONLY,
                                   "The id that ready() returns for this call."},
                                  {}};
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
