#include "wait.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <new>
#include <utility>

#include "exceptions.hpp"

namespace wayfare::python {

namespace {

// Python runs signal handlers on the main thread. So the main thread waits in slices and checks for
// signals after each slice. Other threads wait without slices.
constexpr std::chrono::milliseconds slice(50), whole(3'600'000);

bool on_main_thread() { return syscall(SYS_gettid) == getpid(); }

// The core may throw std::bad_alloc. It must not reach the functions below.
std::int64_t submit_now(Task& task) noexcept {
  try {
    return task.client->submit(std::move(task.operation));
  } catch (const std::bad_alloc&) {
    return static_cast<std::int64_t>(Code::no_memory);
  }
}

NextStatus next_now(Client& client, std::int64_t id, std::chrono::milliseconds timeout,
                    std::vector<Event>& events) noexcept {
  try {
    return client.next(id, timeout, events);
  } catch (const std::bad_alloc&) {
    return NextStatus::no_memory;
  }
}

} // namespace

bool submit(Task* task) {
  PyThreadState* state = PyEval_SaveThread();
  task->id = submit_now(*task);
  PyEval_RestoreThread(state);
  if (task->id < 0) raise_error(error_fields(static_cast<Code>(task->id)));
  return task->id > 0;
}

bool wait(Client* client, std::int64_t id, std::vector<Event>* events) {
  const bool sliced = on_main_thread();
  NextStatus got = NextStatus::nothing;
  while (got == NextStatus::nothing) {
    PyThreadState* state = PyEval_SaveThread();
    got = next_now(*client, id, sliced ? slice : whole, *events);
    PyEval_RestoreThread(state);
    if (got == NextStatus::nothing && PyErr_CheckSignals() != 0) return false;
  }
  if (static_cast<std::int32_t>(got) < 0) raise_error(error_fields(static_cast<Code>(got)));
  return static_cast<std::int32_t>(got) > 0;
}

NextStatus take(Client* client, std::int64_t id, std::vector<Event>* events) noexcept {
  return next_now(*client, id, std::chrono::milliseconds(0), *events);
}

bool finish(Task* task) {
  const auto ended = [](const std::vector<Event>& events) {
    return !events.empty() && events.back().is_final();
  };
  while (!ended(task->events)) {
    const std::size_t before = task->events.size();
    if (!wait(task->client, task->id, &task->events)) {
      forget(task->client, task->id);
      return false;
    }
    // The call is over but has no final event. No other thread knows the id, so close() ended it.
    if (task->events.size() == before) {
      raise_error(error_fields(Code::closed));
      return false;
    }
  }
  return true;
}

void forget(Client* client, std::int64_t id) noexcept {
  try {
    client->cancel(id, true);
  } catch (const std::bad_alloc&) {
    // Memory is short. The call then ends by itself.
  }
}

void close(Client* client) {
  PyThreadState* state = PyEval_SaveThread();
  client->close();
  PyEval_RestoreThread(state);
}

void destroy(Client* client) {
  PyThreadState* state = PyEval_SaveThread();
  delete client;
  PyEval_RestoreThread(state);
}

} // namespace wayfare::python
