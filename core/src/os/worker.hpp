// A thread that works in steps. It rests while the process forks, it stops by a deadline, and it
// can be abandoned. The writer and the reader of a ledger and the engine are such threads.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>

#include "os/fork.hpp"

namespace wayfare::os {

// The work of a Worker's thread. All methods but wake() and in_child() are called on that thread.
class Duty {
 public:
  virtual ~Duty() = default;
  // Waits for work and does some of it. Must return soon after wake().
  virtual void step() = 0;
  // After Worker::stop(): whether no work is left. step() is called until this returns true.
  virtual bool is_finished() = 0;
  // The last call on the thread. The owner may be destroyed after it has returned.
  virtual void leave() noexcept {}
  // The thread is about to rest for a fork: drops the resources that a child must not inherit.
  virtual void rest() noexcept {}
  // Makes step() return, because Worker::is_called() has become true. Called from any thread.
  virtual void wake() noexcept = 0;
  // In the child of a fork, where the thread does not exist: drops the resources of the parent.
  virtual void in_child() noexcept {}
};

// Keeps an object for ever, because an abandoned thread still uses it.
void keep_for_ever(std::shared_ptr<void> something);

class Worker final : public Parkable {
 public:
  // `duty` must live as long as this object. start() enrols this object for forks.
  Worker(const char* name, Duty& duty) : name_(name), duty_(duty) {}
  ~Worker() override;

  // Starts the thread. Call it with fork_mutex() held. `keeps` lives as long as the thread. If the
  // system gives no thread, throws std::system_error and changes nothing.
  void start(RestOrder order, std::shared_ptr<void> keeps = {});

  // Whether the thread is asked to rest or to stop. From any thread.
  bool is_called() const noexcept { return called_.load(std::memory_order_acquire); }

  // Asks the thread to stop and waits for its end, until `deadline` at most. Returns false if it
  // has not ended by then: the thread is abandoned and goes on by itself, and neither this object
  // nor its duty may be destroyed. Returns true for a thread that never started.
  bool stop(std::chrono::steady_clock::time_point deadline);
  // Removes this object from the list of Parkables, after stop(). Call it with fork_mutex() held.
  void withdraw() noexcept;

  // Whether the last fork found the thread at rest.
  bool rested() const noexcept { return rested_; }

  void park() override;
  void unpark() noexcept override;
  void in_child() noexcept override { duty_.in_child(); }

 private:
  void run();

  const char* const name_;
  Duty& duty_;
  std::mutex mutex_;
  std::condition_variable changed_;
  enum class Phase : std::uint8_t { unstarted, working, resting, ended };
  Phase phase_ = Phase::unstarted;
  bool rest_asked_ = false, stop_asked_ = false, rested_ = true;
  std::atomic<bool> called_{false};
  std::thread thread_;
};

} // namespace wayfare::os
