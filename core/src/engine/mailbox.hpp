// The events of one call, between the thread that makes them and the one that takes them. Bounded:
// its maker asks has_room() first. What comes while nobody waits for it is listed as ready.
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
  // bytes that may wait; what one piece of the network brings beyond it still fits
  static constexpr std::size_t room = 64 * 1024;

  // What the mailboxes of a client have in common.
  struct Shared {
    Shared() { rooms_.reserve(rooms_max); }
    // those whose final event was not taken yet, nor dropped because nobody wants it
    std::atomic<std::size_t> open{0};
    ReadyList ready;

    // Room for events that is not in use: ten thousand calls that wait need none, and the next
    // batch need not be made room for.
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

  // The maker's side. A `done` or `error` event is the final one: nothing follows it.
  void put(std::vector<Event>& events) { // leaves `events` empty
    if (place(events)) tell();
  }
  // As put(), but who waits in ReadyList is told by the tell() that must follow where it says so:
  // once for the events of many calls.
  bool place(std::vector<Event>& events);
  void tell() noexcept { shared_->ready.tell(); }
  bool has_room(); // false: full; a taker will be told to wake the maker

  // The taker's side. `wake`: the maker waits for room, and is to be told that there is some.
  NextStatus take(std::chrono::milliseconds timeout, std::vector<Event>& events, bool& wake);
  void forget(); // nobody will take; waiters return `over`
  void close();  // the client is gone: waiters take what is there, else return `closed`

 private:
  void count_out();

  const std::shared_ptr<Shared> shared_;
  std::mutex mutex_; // taken before that of shared_->ready
  ReadyList::Place place_;
  std::condition_variable arrived_;
  std::vector<Event> events_;
  std::size_t bytes_ = 0;
  enum class Phase : std::uint8_t {
    open,
    ended,     // the final event has come
    over,      // it was taken
    forgotten, // nobody takes events any more
  };
  Phase phase_ = Phase::open;
  bool closed_ = false;  // the client is gone
  bool waiting_ = false; // somebody waits in take()
  bool starved_ = false; // the maker waits for room
  bool counted_ = true;  // among the open ones
};

} // namespace wayfare
