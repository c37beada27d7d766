#include "ledger/report_thread.hpp"

#include <new>
#include <utility>

namespace wayfare::ledger {

using Clock = std::chrono::steady_clock;

static sqlite::Failure closed() {
  return {sqlite::Failure::Kind::interrupted, "the client was closed"};
}

void Reader::run(Job job, Failed failed, Mode mode, GivenUp given_up) {
  {
    std::unique_lock lock(mutex_);
    if (intake_ == Intake::closed) {
      lock.unlock();
      return failed(closed());
    }
    tasks_.push_back({std::move(job), std::move(failed), mode, std::move(given_up)});
  }
  wake_.notify_one();
}

void Reader::give_up(const GivenUp& job) {
  std::lock_guard lock(mutex_);
  if (database_ && running_ == job) database_->interrupt();
}

bool Reader::stop(Clock::time_point deadline) {
  {
    std::lock_guard lock(mutex_);
    if (intake_ == Intake::open) intake_ = Intake::failing;
  }
  return worker_.stop(deadline);
}

void Reader::wake() noexcept {
  {
    std::lock_guard lock(mutex_);
    if (database_) database_->interrupt();
  }
  wake_.notify_one();
}

void Reader::step() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return !tasks_.empty() || worker_.is_called(); });
  if (tasks_.empty()) return;
  Task task = std::move(tasks_.front());
  tasks_.pop_front();
  if (task.given_up && *task.given_up) return;
  running_ = task.given_up;
  work(task, lock);
  if (!lock.owns_lock()) lock.lock();
  running_.reset();
}

bool Reader::is_finished() {
  std::lock_guard lock(mutex_);
  if (!tasks_.empty()) return false;
  intake_ = Intake::closed;
  return true;
}

void Reader::rest() noexcept {
  std::lock_guard lock(mutex_);
  database_.reset();
}

void Reader::open(Mode mode) {
  if (mode != mode_) database_.reset();
  mode_ = mode;
  if (!database_) database_.emplace(path_, mode);
}

bool Reader::is_to_run_again(const Task& task, const sqlite::Failure& failure) const {
  constexpr int most = 200; // about two seconds
  const bool is_late = failure.kind() == sqlite::Failure::Kind::busy ||
                       (database_ && !database_->is_of_one_moment());
  return task.mode == Mode::without_trace && intake_ == Intake::open && task.tries < most &&
         is_late;
}

void Reader::work(Task& task, std::unique_lock<std::mutex>& lock) {
  const auto failed = [&](const sqlite::Failure& failure) {
    database_.reset(); // the next job tries a new connection
    lock.unlock();
    task.failed(failure);
    lock.lock();
  };
  try {
    if (intake_ != Intake::open) throw closed();
    open(task.mode);
    lock.unlock();
    task.job(*database_);
    lock.lock();
    if (mode_ == Mode::without_trace) database_.reset(); // its Snapshot keeps the WAL long
  } catch (const sqlite::Failure& failure) {
    if (!lock.owns_lock()) lock.lock();
    if (failure.kind() == sqlite::Failure::Kind::interrupted && intake_ == Intake::open &&
        worker_.is_called()) {
      tasks_.push_front(std::move(task));
      return;
    }
    if (is_to_run_again(task, failure)) {
      database_.reset();
      ++task.tries;
      tasks_.push_front(std::move(task));
      wake_.wait_for(lock, std::chrono::milliseconds(10), [this] { return worker_.is_called(); });
      return;
    }
    failed(failure);
  } catch (const std::bad_alloc&) {
    if (!lock.owns_lock()) lock.lock();
    failed({sqlite::Failure::Kind::other, "out of memory"});
  }
}

} // namespace wayfare::ledger
