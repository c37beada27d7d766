// The calls whose events nobody waits for, for those who serve many of them from one place: told
// one by one, and by a descriptor for a host's own loop.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace wayfare {

class ReadyList {
 public:
  // One call's place in the list: a link of it, so that listing takes no memory and cannot fail. It
  // must be unlisted before it goes.
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

  // Events wait there. True where tell() must follow, soon: nothing changes where it is listed or
  // was told already.
  bool list(Place& place) noexcept;
  // who waits for what was listed; with no lock held that they will want
  void tell() noexcept;
  void unlist(Place& place) noexcept; // they were taken, or nobody wants them

  // Client's verbs of these names. next() gives an id, 0 or Code::closed.
  std::int64_t next(std::chrono::milliseconds timeout);
  int descriptor();
  void wake();
  void close(); // from now on next() says so, once no call is listed any more

 private:
  void cut(Place& place) noexcept;
  void show() noexcept;

  std::mutex mutex_;
  std::condition_variable changed_;
  Place *first_ = nullptr, *last_ = nullptr;
  bool woken_ = false, closed_ = false, shown_ = false;
  int descriptor_ = -1; // an eventfd, from the first descriptor() on
};

} // namespace wayfare
