#include "ledger/reader.hpp"

#include <new>
#include <utility>

namespace wayfare::ledger {

using Clock = std::chrono::steady_clock;

Reader::Reader(std::string path) : path_(std::move(path)) {
  thread_ = os::quiet_thread("wayfare-report", [this] { loop(); });
}

Reader::~Reader() {
  if (thread_.joinable()) stop(Clock::now() + std::chrono::hours(1));
}

void Reader::run(Job job, Failed failed) {
  {
    std::lock_guard lock(mutex_);
    tasks_.push_back({std::move(job), std::move(failed)});
  }
  wake_.notify_one();
}

bool Reader::stop(Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  if (database_) database_->interrupt();
  wake_.notify_one();
  if (!rest_.wait_until(lock, deadline, [this] { return stopped_; })) {
    thread_.detach();
    return false;
  }
  lock.unlock();
  thread_.join();
  return true;
}

void Reader::park() {
  std::unique_lock lock(mutex_);
  parking_ = true;
  if (database_) database_->interrupt();
  wake_.notify_one();
  rest_.wait_for(lock, std::chrono::seconds(1), [this] { return parked_ || stopped_; });
}

void Reader::unpark() noexcept {
  {
    std::lock_guard lock(mutex_);
    parking_ = false;
  }
  wake_.notify_one();
}

void Reader::loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return !tasks_.empty() || stopping_ || parking_; });
    if (parking_) {
      database_.reset();
      parked_ = true;
      rest_.notify_all();
      wake_.wait(lock, [this] { return !parking_; });
      parked_ = false;
      continue;
    }
    if (tasks_.empty()) break; // stopping
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    work(task, lock);
  }
  database_.reset();
  stopped_ = true;
  rest_.notify_all();
}

void Reader::work(Task& task, std::unique_lock<std::mutex>& lock) {
  const bool stopping = stopping_;
  const auto failed = [&](const sqlite::Failure& failure) {
    database_.reset(); // a new connection may fare better
    lock.unlock();
    task.failed(failure);
    lock.lock();
  };
  try {
    if (stopping) throw sqlite::Failure(sqlite::Failure::Kind::interrupted, "the client was closed");
    if (!database_) database_.emplace(path_, sqlite::Database::Mode::read_only);
    lock.unlock();
    task.job(*database_);
    lock.lock();
  } catch (const sqlite::Failure& failure) {
    if (!lock.owns_lock()) lock.lock();
    if (failure.kind() == sqlite::Failure::Kind::interrupted && parking_) {
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
