// The events of one call, between the thread that makes them and the one that takes them. Bounded: its maker asks has_room() first.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include <wayfare/client.hpp>
#include <wayfare/reply.hpp>

namespace wayfare {

class Mailbox {
 public:
  static constexpr std::size_t room = 64 * 1024; // bytes that may wait; what one piece of the network brings beyond it still fits

  // Counts in `open` from now until its final event was taken, or dropped because nobody wants it.
  explicit Mailbox(std::shared_ptr<std::atomic<std::size_t>> open) : open_(std::move(open)) { ++*open_; }

  // The maker's side. A `done` or `error` event is the final one: nothing follows it.
  void put(std::vector<Event>& events); // leaves `events` empty
  bool has_room();                      // false: full; a taker will be told to wake the maker

  // The taker's side. `wake`: the maker waits for room, and is to be told that there is some.
  Next take(std::chrono::milliseconds timeout, std::vector<Event>& events, bool& wake);
  void forget(); // nobody will take; waiters return `over`
  void close();  // the client is gone: waiters take what is there, else return `closed`

 private:
  void count_out();

  std::shared_ptr<std::atomic<std::size_t>> open_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Event> events_;
  std::size_t bytes_ = 0;
  bool final_ = false, over_ = false, forgotten_ = false, closed_ = false, waiting_ = false, starved_ = false, counted_ = true;
};

} // namespace wayfare
