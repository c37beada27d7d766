// The thread that runs the reports on a ledger file, one per process and file. It has a read-only
// connection, so that no report delays a booking. It also reads a file that the process cannot
// write.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "ledger/sqlite.hpp"
#include "os/worker.hpp"

namespace wayfare::ledger {

class Reader final : os::Duty {
 public:
  using Mode = sqlite::Database::Mode;
  using Job = std::function<void(sqlite::Database&)>; // a job may throw sqlite::Failure
  using Failed = std::function<void(const sqlite::Failure& failure)>;

  explicit Reader(std::string path) : path_(std::move(path)) {}
  void start() { worker_.start(os::RestOrder::readers); } // see os::Worker::start

  // Runs `job` on the reader's thread. Calls `failed` if the job cannot run. A job that a fork
  // interrupts runs again. So does a job without a trace that throws because the file has changed.
  // read_only: the writer must open the file before. A job whose `given_up` is true is not begun,
  // and `failed` is not called for it.
  using GivenUp = std::shared_ptr<std::atomic<bool>>;
  void run(Job job, Failed failed, Mode mode, GivenUp given_up);
  // Interrupts the running job, if it is the one with this `given_up`.
  void give_up(const GivenUp& job);

  // See Writer::stop. Interrupts the running job. Waiting jobs fail.
  bool stop(std::chrono::steady_clock::time_point deadline);

  os::Worker& worker() noexcept { return worker_; }

 private:
  struct Task {
    Job job;
    Failed failed;
    Mode mode;
    GivenUp given_up; // may be null
    int tries = 0;    // that failed because the file has changed
  };
  // os::Duty.
  void step() override;
  bool is_finished() override;
  void leave() noexcept override { rest(); }
  void rest() noexcept override;
  void wake() noexcept override;
  void in_child() noexcept override {
    if (database_) database_->drop_locks();
  }

  void work(Task& task, std::unique_lock<std::mutex>& lock);
  void open(Mode mode);
  bool is_to_run_again(const Task& task, const sqlite::Failure& failure) const;

  const std::string path_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;
  // Made and destroyed under mutex_, so that another thread can interrupt it.
  std::optional<sqlite::Database> database_;
  Mode mode_ = Mode::read_only; // of database_
  GivenUp running_;             // of the running job
  // failing: waiting jobs fail because the client was closed
  enum class Intake : std::uint8_t { open, failing, closed };
  Intake intake_ = Intake::open;

  // The last member, so that the thread ends before the others are destroyed.
  os::Worker worker_{"wayfare-report", *this};
};

} // namespace wayfare::ledger
