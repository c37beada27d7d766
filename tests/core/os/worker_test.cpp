// A worker thread: it rests for forks and stops by a deadline.

#include "os/worker.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"

using namespace wayfare::os;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

namespace {

// Counts the calls of its methods. `stall` keeps a step from ending.
struct Counter final : Duty {
  std::mutex mutex;
  std::condition_variable changed;
  int work = 0, done = 0, rests = 0, steps = 0;
  bool stalls = false, left = false;
  std::atomic<const Worker*> worker{nullptr};

  void step() override {
    std::unique_lock lock(mutex);
    ++steps;
    changed.notify_all();
    changed.wait(lock, [this] {
      return (work > 0 && !stalls) || (worker.load() && worker.load()->is_called() && !stalls);
    });
    if (work > 0) --work, ++done;
    changed.notify_all();
  }
  bool is_finished() override {
    std::lock_guard lock(mutex);
    return work == 0;
  }
  void leave() noexcept override {
    std::lock_guard lock(mutex);
    left = true;
  }
  void rest() noexcept override {
    std::lock_guard lock(mutex);
    ++rests;
  }
  void wake() noexcept override {
    { std::lock_guard lock(mutex); }
    changed.notify_all();
  }

  void add(int more) {
    {
      std::lock_guard lock(mutex);
      work += more;
    }
    changed.notify_all();
  }
  void stall(bool on) { // stalls a step that has begun
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [this] { return steps > 0; });
      stalls = on;
    }
    changed.notify_all();
  }
  int count(int Counter::* what) {
    std::lock_guard lock(mutex);
    return this->*what;
  }
};

void start(Worker& worker, Counter& counter, RestOrder order = RestOrder::engines) {
  counter.worker = &worker;
  std::lock_guard lock(fork_mutex());
  worker.start(order);
}
bool stop(Worker& worker, milliseconds within = milliseconds(5000)) {
  const bool ended = worker.stop(Clock::now() + within);
  std::lock_guard lock(fork_mutex());
  worker.withdraw();
  return ended;
}

// Returns the result of the child of a fork; -1 if it did not exit by itself.
int in_fork(int (*child)(Counter&), Counter& counter) {
  const pid_t pid = fork();
  if (pid == 0) _exit(child(counter));
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

} // namespace

TEST_CASE("a worker does all work before it stops") {
  Counter counter;
  Worker worker("test", counter);
  start(worker, counter);
  counter.add(1000);
  CHECK(stop(worker));
  CHECK(counter.done == 1000);
  CHECK(counter.left);
}

TEST_CASE("a worker that never started stops at once, and rests for forks") {
  Counter counter;
  Worker worker("test", counter);
  worker.park();
  CHECK(worker.rested());
  worker.unpark();
  CHECK(worker.stop(Clock::now()));
}

TEST_CASE("a worker rests while the process forks, and goes on only in the parent") {
  Counter counter;
  Worker worker("test", counter);
  start(worker, counter);
  for (int round = 1; round <= 20; ++round) {
    counter.add(10);
    // In the child nothing is locked, and no thread works.
    CHECK(in_fork(
              [](Counter& inherited) {
                const int before = inherited.count(&Counter::done);
                inherited.add(1);
                std::this_thread::sleep_for(milliseconds(5));
                return inherited.count(&Counter::done) == before ? 0 : 1;
              },
              counter) == 0);
    CHECK(worker.rested());
    CHECK(counter.count(&Counter::rests) == round);
  }
  CHECK(stop(worker));
  CHECK(counter.done == 200);
}

TEST_CASE(
    "a worker that does not come to rest within a second is forked all the same, and says so") {
  Counter counter;
  Worker worker("test", counter);
  start(worker, counter);
  counter.stall(true);
  const auto begun = Clock::now();
  CHECK(in_fork([](Counter&) { return 0; }, counter) == 0);
  CHECK(Clock::now() - begun >= milliseconds(900));
  CHECK(!worker.rested());
  counter.stall(false);
  CHECK(in_fork([](Counter&) { return 0; }, counter) == 0);
  CHECK(worker.rested());
  CHECK(stop(worker));
}

TEST_CASE("a worker that does not stop in time is abandoned, and ends by itself") {
  struct Whole { // the objects that an owner must keep alive
    Counter counter;
    Worker worker{"test", counter};
  };
  static auto* const whole = new Whole;
  start(whole->worker, whole->counter);
  whole->counter.stall(true);
  whole->counter.add(1);
  CHECK(!stop(whole->worker, milliseconds(50)));
  CHECK(!whole->counter.left);
  whole->counter.stall(false);
  for (int wait = 0; wait < 500; ++wait) {
    {
      std::lock_guard lock(whole->counter.mutex);
      if (whole->counter.left) break;
    }
    std::this_thread::sleep_for(milliseconds(10));
  }
  std::lock_guard lock(whole->counter.mutex);
  CHECK(whole->counter.left);
  CHECK(whole->counter.done == 1);
}

TEST_CASE(
    "engines rest before writers, writers before readers, whatever the order of their start") {
  static std::vector<std::string> rested;
  struct Named : Parkable {
    const char* name;
    explicit Named(const char* given) : name(given) {}
    void park() override { rested.emplace_back(name); }
    void unpark() noexcept override {}
    void in_child() noexcept override {}
  };
  static Named reader("reader"), engine("engine"), writer("writer"), registry("registry"),
      other("other engine");
  {
    std::lock_guard lock(fork_mutex());
    enrol(&registry, RestOrder::registries);
    enrol(&reader, RestOrder::readers);
    enrol(&engine, RestOrder::engines);
    enrol(&writer, RestOrder::writers);
    enrol(&other, RestOrder::engines);
  }
  rested.clear();
  Counter counter;
  CHECK(in_fork([](Counter&) { return 0; }, counter) == 0);
  CHECK(rested ==
        std::vector<std::string>{"engine", "other engine", "writer", "reader", "registry"});
  std::lock_guard lock(fork_mutex());
  for (Parkable* one : {&registry, &reader, &engine, &writer, &other}) withdraw(one);
}
