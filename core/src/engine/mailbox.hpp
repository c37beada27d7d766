// The events of one call, between the thread that makes them and the thread that takes them. Its
// size is bounded: the maker asks has_room() first. If events come while no thread waits for them,
// the call is listed as ready.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include <wayfare/event.hpp>
#include <wayfare/reply.hpp>

#include "engine/ready_list.hpp"

namespace wayfare {

class Mailbox {
 public:
  // The bytes that may wait. One network read may exceed it.
  static constexpr std::size_t room = 64 * 1024;

  // The data that all mailboxes of a client share.
  struct Shared {
    Shared() { rooms_.reserve(rooms_max); }
    // the number of mailboxes whose final event was neither taken nor dropped
    std::atomic<std::size_t> open{0};
    ReadyList ready;

    // A pool of empty vectors with capacity. Thousands of waiting calls need no capacity, and the
    // next batch needs no allocation.
    void give(std::vector<Event>&& room) noexcept; // empty
    void take(std::vector<Event>& room) noexcept;  // which has none

   private:
    static constexpr std::size_t rooms_max = 32;
    std::mutex mutex_;
    std::vector<std::vector<Event>> rooms_;
  };

  Mailbox(std::int64_t id, std::shared_ptr<Shared> shared)
      : shared_(std::move(shared)), place_(id) {
    ++shared_->open;
  }
  ~Mailbox() { shared_->ready.unlist(place_); }
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // For the maker. A `done` or `error` event is the final event. No event may follow it.
  void put(std::vector<Event>& events) { // leaves `events` empty
    if (place(events)) tell();
  }
  // Like put(), but does not wake threads that wait in ReadyList. If it returns true, call tell()
  // afterwards, once for the events of many calls.
  bool place(std::vector<Event>& events);
  // Puts a notice. Drops the oldest ones beyond notices_max, and tells how many in the one that
  // follows them.
  static constexpr std::size_t notices_max = 1024;
  void leave_count(); // a mailbox of notices is no open call
  void put_notice(std::shared_ptr<const Notice> notice);
  void tell() noexcept { shared_->ready.tell(); }
  bool has_room(); // if false, a later take() sets `wake`

  // For the taker. Sets `wake` if the maker waits for room: the taker must then wake the maker.
  NextStatus take(std::chrono::milliseconds timeout, std::vector<Event>& events, bool& wake);
  // That the caller has cancelled the call, wherever it is just now.
  void cancel() noexcept { cancelled_ = true; }
  bool is_cancelled() const noexcept { return cancelled_; }
  void forget(); // no thread will take events any more; waiters return `over`
  // the client is closed: waiters take the events that are there, else return `closed`
  void close();

 private:
  void count_out();

  const std::shared_ptr<Shared> shared_;
  std::mutex mutex_; // locked before the mutex of shared_->ready
  ReadyList::Place place_;
  std::condition_variable arrived_;
  std::atomic<bool> cancelled_{false};
  std::vector<Event> events_;
  std::size_t bytes_ = 0;
  enum class Phase : std::uint8_t {
    open,
    ended,     // the final event has come
    over,      // the final event was taken
    forgotten, // no thread takes events any more
  };
  Phase phase_ = Phase::open;
  bool closed_ = false;  // the client is closed
  bool waiting_ = false; // a thread waits in take()
  bool starved_ = false; // the maker waits for room
  bool counted_ = true;  // counted in shared_->open
};

} // namespace wayfare
