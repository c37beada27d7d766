// The open calls of a client: their mailboxes, and the calls that wait for something before they
// reach the engine. Shared by the client and by callbacks that answer its calls, because a callback
// may run after the client is destroyed. All methods may be called from any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include <wayfare/error.hpp>
#include <wayfare/operations.hpp>

#include "engine/mailbox.hpp"

namespace wayfare {

class CallRegistry {
 public:
  struct Opened { // the id of a call and its mailbox
    std::int64_t id;
    std::shared_ptr<Mailbox> box;
  };
  Opened open();
  std::size_t open_calls() const noexcept { return shared_->open; }

  std::shared_ptr<Mailbox> find(std::int64_t id);
  void drop(std::int64_t id);

  // A call may wait for the models list or for a pass of lookups. Three things can end the wait:
  // the answer, the deadline of the call, or cancel(). arrived() returns true only to the first of
  // them. The first one then ends the call or passes it on.
  void await(std::int64_t id);
  bool is_waiting(std::int64_t id);
  bool arrived(std::int64_t id);

  ReadyList& ready() noexcept { return shared_->ready; }

  // Closes all mailboxes. Threads that wait for events return.
  void close();

 private:
  const std::shared_ptr<Mailbox::Shared> shared_ = std::make_shared<Mailbox::Shared>();
  std::atomic<std::int64_t> last_id_{0};
  std::mutex mutex_;
  std::unordered_map<std::int64_t, std::shared_ptr<Mailbox>> boxes_;
  std::unordered_set<std::int64_t> waiting_;
};

// Put the final event of a call into its mailbox.
void finish(Mailbox& box, Error error);
void finish(Mailbox& box, Result<OperationResult> result);

} // namespace wayfare
