// A thread that calls functions at given times. It is there where the thread that does the work
// may be stuck, and so cannot keep a deadline itself.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

#include "os/worker.hpp"

namespace wayfare::os {

class Timer final : Duty {
 public:
  using Clock = std::chrono::steady_clock;
  using Ticket = std::pair<Clock::time_point, std::int64_t>;

  // See Worker::start. It rests before the ledgers, which it calls.
  void start() { worker_.start(RestOrder::engines); }

  // Calls `then` at `due` on the timer's thread. It must not wait. From any thread.
  Ticket at(Clock::time_point due, std::function<void()> then);
  void forget(const Ticket& ticket); // what was called or forgotten before is no error

  // See Worker::stop. Nothing is called after it, whether it is due or not.
  bool stop(Clock::time_point deadline);
  Worker& worker() noexcept { return worker_; }

 private:
  // Duty.
  void step() override;
  bool is_finished() override { return true; }
  void wake() noexcept override;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Ticket, std::function<void()>> waiting_;
  std::int64_t last_ = 0;

  // The last member, so that the thread ends before the others are destroyed.
  Worker worker_{"wayfare-timer", *this};
};

} // namespace wayfare::os
