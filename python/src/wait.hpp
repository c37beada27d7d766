// What may take long: done without the interpreter's lock, and in plain C.
//
// At the interpreter's exit a daemon thread that asks for the lock again is ended on the spot, by
// unwinding its stack. An object with a destructor there would run it without the lock, and a C++
// handler would abort the process. Hence: nothing with a destructor lives in these functions, nor
// in their callers; what they work on is on the heap and leaks with such a thread. The same holds
// wherever Python code is run, for that may pass the lock on too.
#pragma once

#include <Python.h>

#include <cstdint>
#include <vector>

#include <wayfare/client.hpp>

namespace wayfare::python {

// One operation of a client, and what came of it.
struct Task {
  Client* client;
  Operation operation;
  std::int64_t id = 0;
  std::vector<Event> events = {};
};

// Gives the task to the core. False with the Python error set: it was not taken.
bool submit(Task* task);

// Waits until something is there for `id`; at the end that is nothing. False with the Python error
// set: a signal's handler raised, or the core answered so.
bool wait(Client* client, std::int64_t id, std::vector<Event>* events);

// The same without waiting, and without Python's help: what is there, or why there is nothing.
NextStatus take(Client* client, std::int64_t id, std::vector<Event>* events) noexcept;

// Waits for the final event, the last of the task's. What a signal interrupts is given up. False
// with the Python error set.
bool finish(Task* task);

// Client::cancel(), for a call whose end nobody will ask for. Takes no time.
void forget(Client* client, std::int64_t id) noexcept;

// Client::close() and the end of the client.
void close(Client* client);
void destroy(Client* client);

} // namespace wayfare::python
