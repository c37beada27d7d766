// Functions that may take long. They run without the interpreter's lock and are written in plain C.
//
// At exit, the interpreter ends a daemon thread that asks for the lock again. It unwinds the stack
// of that thread at once. A destructor on that stack would run without the lock, and a C++ handler
// would abort the process. So these functions and their callers have no objects with destructors.
// Their data is on the heap and leaks with such a thread. The same rule holds for functions that
// run Python code, because Python code may release the lock too.
#pragma once

#include <Python.h>

#include <cstdint>
#include <vector>

#include <wayfare/client.hpp>

namespace wayfare::python {

// One operation of a client, and its events.
struct Task {
  Client* client;
  Operation operation;
  std::int64_t id = 0;
  std::vector<Event> events = {};
};

// Submits the task to the core. Returns false with the Python error set if the core refused it.
bool submit(Task* task);

// Waits for events of `id`. Adds none if the call is over. Returns false with the Python error set
// if a signal handler raised an exception or the core returned an error.
bool wait(Client* client, std::int64_t id, std::vector<Event>* events);

// Like wait(), but does not wait and does not use Python. Returns the core's answer.
NextStatus take(Client* client, std::int64_t id, std::vector<Event>* events) noexcept;

// Waits for the final event of the task. If a signal handler raises an exception, cancels the
// operation. Returns false with the Python error set on failure.
bool finish(Task* task);

// Cancels a call whose end nobody waits for. Does not wait.
void forget(Client* client, std::int64_t id) noexcept;

// close() calls Client::close(). destroy() closes and deletes the client.
void close(Client* client);
void destroy(Client* client);

} // namespace wayfare::python
