// The one thread of a process that reports on a ledger file, on a read-only connection: no report ever holds up a booking.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "ledger/sqlite.hpp"
#include "os/fork.hpp"

namespace wayfare::ledger {

class Reader : public os::Parkable {
 public:
  using Job = std::function<void(sqlite::Database&)>; // may throw sqlite::Failure
  using Failed = std::function<void(const sqlite::Failure& failure)>;

  // The file must exist and be a ledger: the writer has opened it first.
  explicit Reader(std::string path);
  ~Reader() override;

  // Runs `job` on the reader's thread; `failed` in its place where it cannot. A job that a fork interrupts runs again.
  void run(Job job, Failed failed);

  // As Writer::stop. What runs is interrupted, what waits fails.
  bool stop(std::chrono::steady_clock::time_point deadline);

  void park() override;
  void unpark() noexcept override;
  void in_child() noexcept override {
    if (database_) database_->drop_locks();
  }

 private:
  struct Task {
    Job job;
    Failed failed;
  };
  void loop();
  void work(Task& task, std::unique_lock<std::mutex>& lock);

  const std::string path_;
  std::mutex mutex_;
  std::condition_variable wake_, rest_;
  std::deque<Task> tasks_;
  std::optional<sqlite::Database> database_; // made and dropped under mutex_, so that it can be interrupted
  bool stopping_ = false, stopped_ = false, parking_ = false, parked_ = false;
  std::thread thread_;
};

} // namespace wayfare::ledger
