// The open calls of a client: their mailboxes, and which of them wait for something before the
// engine knows them. Shared by the client and by what answers its calls, which may come when the
// client is gone. From any thread.
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
  struct Opened { // an id and its mailbox
    std::int64_t id;
    std::shared_ptr<Mailbox> box;
  };
  Opened open();
  std::size_t open_calls() const noexcept { return shared_->open; }

  std::shared_ptr<Mailbox> find(std::int64_t id);
  void drop(std::int64_t id);

  // A call that waits for the models list or a pass of lookups. Whoever is told true by arrived()
  // gives it its end, or hands it on: the one who brings what it waited for, its deadline, or
  // cancel().
  void await(std::int64_t id);
  bool is_waiting(std::int64_t id);
  bool arrived(std::int64_t id);

  ReadyList& ready() noexcept { return shared_->ready; }

  // The client is closed: whoever waits for events is told.
  void close();

 private:
  const std::shared_ptr<Mailbox::Shared> shared_ = std::make_shared<Mailbox::Shared>();
  std::atomic<std::int64_t> last_id_{0};
  std::mutex mutex_;
  std::unordered_map<std::int64_t, std::shared_ptr<Mailbox>> boxes_;
  std::unordered_set<std::int64_t> waiting_;
};

// The final event of a call.
void finish(Mailbox& box, Error error);
void finish(Mailbox& box, Result<OperationResult> result);

} // namespace wayfare
