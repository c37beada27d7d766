// The one thread of a process that reports on a ledger file, on a read-only connection: no report
// ever holds up a booking.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "ledger/sqlite.hpp"
#include "os/worker.hpp"

namespace wayfare::ledger {

class Reader final : os::Duty {
 public:
  using Job = std::function<void(sqlite::Database&)>; // may throw sqlite::Failure
  using Failed = std::function<void(const sqlite::Failure& failure)>;

  // The file must exist and be a ledger: the writer has opened it first.
  explicit Reader(std::string path) : path_(std::move(path)) {}
  void start() { worker_.start(os::RestOrder::readers); } // as os::Worker::start

  // Runs `job` on the reader's thread; `failed` in its place where it cannot. A job that a fork
  // interrupts runs again.
  void run(Job job, Failed failed);

  // As Writer::stop. What runs is interrupted, what waits fails.
  bool stop(std::chrono::steady_clock::time_point deadline);

  os::Worker& worker() noexcept { return worker_; }

 private:
  struct Task {
    Job job;
    Failed failed;
  };
  // Of os::Duty.
  void step() override;
  bool is_finished() override;
  void leave() noexcept override { rest(); }
  void rest() noexcept override;
  void wake() noexcept override;
  void in_child() noexcept override {
    if (database_) database_->drop_locks();
  }

  void work(Task& task, std::unique_lock<std::mutex>& lock);

  const std::string path_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;
  // made and dropped under mutex_, so that it can be interrupted
  std::optional<sqlite::Database> database_;
  // failing: what waits is answered that the client was closed
  enum class Intake : std::uint8_t { open, failing, closed };
  Intake intake_ = Intake::open;

  // the last member: the thread ends before the rest goes
  os::Worker worker_{"wayfare-report", *this};
};

} // namespace wayfare::ledger
