// Threads and forks. Our threads must rest while the process forks, and their objects must not be
// touched in the child.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace wayfare::os {

// Starts a thread with all signals blocked. So signals reach the host's own threads, and a broken
// pipe is an error code.
std::thread quiet_thread(const char* name, std::function<void()> body);

class Parkable {
 public:
  virtual ~Parkable() = default;
  // Before a fork: comes to rest within a second. Called with fork_mutex() held.
  virtual void park() = 0;
  virtual void unpark() noexcept = 0; // after a fork, in the parent
  // After a fork, in the child, where none of our threads exists: drops the resources of the
  // parent.
  virtual void in_child() noexcept = 0;
};

// The order in which Parkables come to rest, and in which in_child() is called. An engine gives
// work to a ledger, and the writer of a ledger to its reader. So a Parkable at rest gets no more
// work. A registry checks whether the ledgers came to rest.
enum class RestOrder : std::uint8_t { engines, writers, readers, registries };

// Guards the list of Parkables, and every registry that must be consistent at a fork.
std::mutex& fork_mutex();

// Add to and remove from the list, with fork_mutex() held. The first enrol() registers the handlers
// with pthread_atfork for ever. In the child of a fork the list is empty.
void enrol(Parkable* parkable, RestOrder order);
void withdraw(Parkable* parkable) noexcept;

} // namespace wayfare::os
