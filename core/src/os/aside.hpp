// Does long work one after the other, off the threads that must not wait for it. Its thread begins
// with the first work, and ends when there was none for a while. The work may hold no lock that the
// child of a fork needs: a fork does not wait for it, and in the child it does not go on.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

namespace wayfare::os {

// Held by std::shared_ptr. Its thread keeps it, so work that close() has not awaited goes on.
class Aside : public std::enable_shared_from_this<Aside> {
 public:
  using Work = std::function<void()>;

  // `name`: of the thread.
  explicit Aside(const char* name) : name_(name) {}

  // Runs `work` after all that came before, and destroys it there. Runs it at once on this thread
  // if the system gives no other one. From any thread.
  void run(Work work);

  // How many works have not begun yet.
  std::size_t waiting();

  // Ends the thread once it has no more work, and waits for that until `deadline` at most. Returns
  // false if it has not ended by then. Work that comes later is still run.
  bool close(std::chrono::steady_clock::time_point deadline);

 private:
  void serve(std::chrono::seconds lingers);

  const char* const name_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Work> works_;
  bool has_thread_ = false, closed_ = false;
};

} // namespace wayfare::os
