// The list of calls that have events for which no thread waits. For a program that serves many
// calls from one thread. It gives one call after the other, and a file descriptor for an event
// loop.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace wayfare {

class ReadyList {
 public:
  // The link of one call in the list. Listing it needs no memory and cannot fail. Unlist it before
  // it is destroyed.
  class Place {
   public:
    explicit Place(std::int64_t id) noexcept : id_(id) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    friend class ReadyList;
    enum class State : std::uint8_t { unlisted, listed, told };
    const std::int64_t id_;
    State state_ = State::unlisted;
    Place *before_ = nullptr, *after_ = nullptr;
  };

  ReadyList() = default;
  ~ReadyList();
  ReadyList(const ReadyList&) = delete;
  ReadyList& operator=(const ReadyList&) = delete;

  // Lists a call that has events. Does nothing if the call is listed or was given already. If it
  // returns true, tell() must follow soon.
  bool list(Place& place) noexcept;
  // Wakes the threads that wait in next(). The caller must not hold a lock that these threads need.
  void tell() noexcept;
  void unlist(Place& place) noexcept; // its events were taken or dropped

  // The implementations of Client::ready(), fd() and wake(). next() returns an id, 0 or
  // Code::closed.
  std::int64_t next(std::chrono::milliseconds timeout);
  int descriptor();
  void wake();
  void close(); // from now on next() returns Code::closed when the list is empty

 private:
  void cut(Place& place) noexcept;
  void show() noexcept;

  std::mutex mutex_;
  std::condition_variable changed_;
  Place *first_ = nullptr, *last_ = nullptr;
  bool woken_ = false, closed_ = false, shown_ = false;
  int descriptor_ = -1; // an eventfd; made by the first descriptor()
};

} // namespace wayfare
