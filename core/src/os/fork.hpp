// Threads and forks. What we own must stand still while the process forks, and must not be touched
// in the child.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace wayfare::os {

// A thread with every signal blocked, so that signals reach the host's own threads and a broken
// pipe is an error code.
std::thread quiet_thread(const char* name, std::function<void()> body);

class Parkable {
 public:
  virtual ~Parkable() = default;
  // before a fork: come to rest, for at most a second; called with fork_mutex() held
  virtual void park() = 0;
  virtual void unpark() noexcept = 0; // after it, in the parent
  // after it, in the child, where none of our threads lives: let go of what is the parent's
  virtual void in_child() noexcept = 0;
};

// The order in which they come to rest, and then in the child let go: an engine hands work to a
// ledger, and a ledger's writer to its reader, so that what has come to rest is given nothing more.
// A registry looks at how the ledgers came to rest.
enum class RestOrder : std::uint8_t { engines, writers, readers, registries };

// Guards the list of the Parkables, and whatever registry must be whole at a fork.
std::mutex& fork_mutex();

// With fork_mutex() held. The first registers the handlers, with pthread_atfork, for good. In a
// child the list is empty.
void enrol(Parkable* parkable, RestOrder order);
void withdraw(Parkable* parkable) noexcept;

} // namespace wayfare::os
