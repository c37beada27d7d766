#include "os/fork.hpp"

#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <vector>

namespace wayfare::os {

namespace {

// On the heap and never freed: forks and exits may happen after static destructors.
struct Registry {
  std::mutex mutex;
  struct Enrolled {
    RestOrder order;
    Parkable* parkable;
  };
  std::vector<Enrolled> enrolled; // by order
  bool registered = false;
};
Registry& registry() {
  static auto* const one = new Registry;
  return *one;
}

void prepare() {
  registry().mutex.lock();
  for (const auto& one : registry().enrolled) one.parkable->park();
}
void in_parent() {
  for (const auto& one : registry().enrolled) one.parkable->unpark();
  registry().mutex.unlock();
}
void in_child() {
  for (const auto& one : registry().enrolled) one.parkable->in_child();
  registry().enrolled.clear();
  registry().mutex.unlock();
}

} // namespace

std::thread quiet_thread(const char* name, std::function<void()> body) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before); // a new thread inherits the mask
  struct Restore {
    sigset_t& mask;
    ~Restore() { pthread_sigmask(SIG_SETMASK, &mask, nullptr); }
  } restore{before};
  std::thread thread(std::move(body));
  pthread_setname_np(thread.native_handle(), name);
  return thread;
}

std::mutex& fork_mutex() { return registry().mutex; }

void enrol(Parkable* parkable, RestOrder order) {
  auto& enrolled = registry().enrolled;
  enrolled.insert(std::ranges::upper_bound(enrolled, order, {}, &Registry::Enrolled::order),
                  {order, parkable});
  if (!registry().registered) pthread_atfork(prepare, in_parent, in_child);
  registry().registered = true;
}

void withdraw(Parkable* parkable) noexcept {
  std::erase_if(registry().enrolled, [&](const auto& one) { return one.parkable == parkable; });
}

} // namespace wayfare::os
