#include "ledger/reader.hpp"

#include <new>
#include <utility>

namespace wayfare::ledger {

using Clock = std::chrono::steady_clock;

static sqlite::Failure closed() {
  return {sqlite::Failure::Kind::interrupted, "the client was closed"};
}

void Reader::run(Job job, Failed failed) {
  {
    std::unique_lock lock(mutex_);
    if (intake_ == Intake::closed) {
      lock.unlock();
      return failed(closed());
    }
    tasks_.push_back({std::move(job), std::move(failed)});
  }
  wake_.notify_one();
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
  work(task, lock);
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

void Reader::work(Task& task, std::unique_lock<std::mutex>& lock) {
  const auto failed = [&](const sqlite::Failure& failure) {
    database_.reset(); // the next job tries a new connection
    lock.unlock();
    task.failed(failure);
    lock.lock();
  };
  try {
    if (intake_ != Intake::open) throw closed();
    if (!database_) database_.emplace(path_, sqlite::Database::Mode::read_only);
    lock.unlock();
    task.job(*database_);
    lock.lock();
  } catch (const sqlite::Failure& failure) {
    if (!lock.owns_lock()) lock.lock();
    if (failure.kind() == sqlite::Failure::Kind::interrupted && intake_ == Intake::open &&
        worker_.is_called()) {
      tasks_.push_front(std::move(task));
      return;
    }
    failed(failure);
  } catch (const std::bad_alloc&) {
    if (!lock.owns_lock()) lock.lock();
    failed({sqlite::Failure::Kind::other, "out of memory"});
  }
}

} // namespace wayfare::ledger
