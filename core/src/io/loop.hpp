// An event loop of one thread: epoll, an eventfd for calls from other threads, and timers.
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
  // false: the process has no descriptors left
  bool ok() const noexcept { return epoll_ >= 0 && wake_ >= 0; }

  // From any thread: runs `task` on the loop's, in the order of posting. False after close(): the
  // task is dropped.
  bool post(Task task);
  void wake() noexcept; // ends the turn that waits, or the next one
  void close();         // takes no more tasks

  // Everything below is for the loop's thread.
  // Waits for the next thing and does it.
  void turn();
  // Calls `task` once, at monotonic time `at_us` or soon after, unless it is dropped before.
  using Timer = std::pair<std::int64_t, std::uint64_t>;
  Timer at(std::int64_t at_us, Task task);
  void drop(const Timer& timer);
  Timer move(const Timer& timer, std::int64_t at_us); // to another time
  // Calls on_alarm once, as a timer; there is one alarm, and each replaces the one before.
  static constexpr std::int64_t never = INT64_MAX;
  void alarm(std::int64_t at_us) noexcept { alarm_us_ = at_us; }
  std::function<void()> on_alarm;
  // Has `ready(readable, writable)` called while `descriptor` is; both false: no more.
  void watch(int descriptor, bool readable, bool writable);
  // A descriptor that release() will be told of before it is closed: while nobody wants it epoll
  // may go on knowing it, since it is soon wanted again. Not so others: were one closed while a
  // fork's child still holds it, epoll would report it for ever, and no call could take it out any
  // more.
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
  bool closed_ = false, asleep_ = false; // in epoll, where only its descriptor wakes it
  std::map<Timer, Task> timers_;         // by time, then by order of making
  std::uint64_t timers_made_ = 0;
  std::int64_t alarm_us_ = never;
  struct Watched {
    std::uint32_t wanted = 0, known = 0; // by the caller; by epoll
    bool kept = false;
  };
  void ask(int descriptor, Watched& watched, std::uint32_t events);
  std::unordered_map<int, Watched> watched_;
};

} // namespace wayfare::io
