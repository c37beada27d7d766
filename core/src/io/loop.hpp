// An event loop for one thread: epoll, an eventfd for other threads, and timers.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace wayfare::io {

class Loop {
 public:
  using Task = std::function<void()>;

  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  // False if the process has no descriptor left.
  bool ok() const noexcept { return epoll_ >= 0 && wake_ >= 0; }

  // Runs `task` on the loop's thread, in the order of posting. After close() it drops the task and
  // returns false. May be called from any thread.
  bool post(Task task);
  void wake() noexcept; // ends the current turn(), or the next one
  void close();         // accepts no more tasks

  // All methods below are for the loop's thread.

  // Waits for the next events, timers and tasks, and handles them.
  void turn();
  // Calls `task` once, at the monotonic time `at_us` or soon after, unless the timer is dropped
  // before.
  using Timer = std::pair<std::int64_t, std::uint64_t>;
  Timer at(std::int64_t at_us, Task task);
  void drop(const Timer& timer);
  Timer move(const Timer& timer, std::int64_t at_us); // changes its time
  // Calls on_alarm once, like a timer. There is only one alarm: a new alarm replaces the old one.
  static constexpr std::int64_t never = INT64_MAX;
  void alarm(std::int64_t at_us) noexcept { alarm_us_ = at_us; }
  std::function<void()> on_alarm;
  // Calls on_ready while `descriptor` is readable or writable. If both are false, stops watching
  // it.
  void watch(int descriptor, bool readable, bool writable);
  // Keeps `descriptor` registered with epoll while it is not watched, which saves two system calls
  // per request. The owner must call release() before closing it. Otherwise a forked child that
  // still has it open would make epoll report it for ever.
  void keep(int descriptor) noexcept;
  void release(int descriptor);
  std::function<void(int descriptor, bool readable, bool writable)> on_ready;

 private:
  int timeout_ms() const;
  void run_posted();
  void run_timers();

  int epoll_ = -1, wake_ = -1;
  std::mutex mutex_;
  std::vector<Task> posted_;
  bool closed_ = false, asleep_ = false; // asleep: waits in epoll, and only `wake_` wakes it
  std::map<Timer, Task> timers_;         // by time, then by order of creation
  std::uint64_t timers_made_ = 0;
  std::int64_t alarm_us_ = never;
  struct Watched {
    // the events that the caller wants; the events registered with epoll
    std::uint32_t wanted = 0, known = 0;
    bool kept = false;
  };
  void ask(int descriptor, Watched& watched, std::uint32_t events);
  std::unordered_map<int, Watched> watched_;
};

} // namespace wayfare::io
