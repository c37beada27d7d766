// A thread that works in steps, rests while the process forks, stops by a deadline, and can be
// abandoned. The ledger's writer and reader and the engine are such threads.
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

// What a Worker's thread does. All methods but wake() and in_child() are called on that thread.
class Duty {
 public:
  virtual ~Duty() = default;
  // Waits for work and does some of it. Must return soon after wake().
  virtual void step() = 0;
  // After Worker::stop() was called: whether nothing is left to do. step() is called until it is
  // so.
  virtual bool is_finished() = 0;
  // The last thing that the thread does. The owner may be destroyed once it has returned.
  virtual void leave() noexcept {}
  // The thread is about to rest for a fork: lets go of what a child must not inherit.
  virtual void rest() noexcept {}
  // From any thread: step() is to return, because Worker::is_called() has become true.
  virtual void wake() noexcept = 0;
  // In a fork's child, where the thread does not live: lets go of what is the parent's.
  virtual void in_child() noexcept {}
};

// Keeps something for ever: what an abandoned thread goes on to use.
void keep_for_ever(std::shared_ptr<void> something);

class Worker final : public Parkable {
 public:
  // `duty` must live as long as this. It is enrolled for forks by start().
  Worker(const char* name, Duty& duty) : name_(name), duty_(duty) {}
  ~Worker() override;

  // Starts the thread. With fork_mutex() held. `keeps` lives as long as the thread. Throws
  // std::system_error where the system gives no more threads; then nothing has happened.
  void start(RestOrder order, std::shared_ptr<void> keeps = {});

  // Whether the thread is asked to rest or to stop. From any thread.
  bool is_called() const noexcept { return called_.load(std::memory_order_acquire); }

  // Asks the thread to stop and waits for its end, until `deadline` at most. False where it has not
  // ended by then: it is abandoned and goes on by itself, and neither this object nor its duty may
  // be destroyed. A thread that never started has ended.
  bool stop(std::chrono::steady_clock::time_point deadline);
  // Takes it off the list of forks, after stop(). With fork_mutex() held.
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
