// Those who watch what happens to the calls of an engine: each has a mailbox that gets a notice for
// each thing. All methods may be called from any thread, and none waits.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

#include <wayfare/notice.hpp>

#include "engine/mailbox.hpp"
#include "ledger/shared_ledger.hpp"

namespace wayfare {

class Watchers : public std::enable_shared_from_this<Watchers> {
 public:
  explicit Watchers(std::shared_ptr<ledger::Ledger> ledger) : ledger_(std::move(ledger)) {}

  // The most watchers of one client.
  static constexpr std::size_t most = 64;

  void add(std::int64_t id, std::shared_ptr<Mailbox> box);
  // Returns false if there is no such watcher.
  bool remove(std::int64_t id);

  std::size_t count() const noexcept { return count_; }
  // Whether somebody watches. Notices need not be made otherwise.
  bool any() const noexcept { return count_ > 0; }

  // Gives the notice its time and its text, and passes it on.
  void tell(Notice notice);

  // Looks in the background for shares of budgets that were spent, and tells those that are new.
  void look_for_crossings();

 private:
  void tell_crossings(const ledger::NewCrossings& found);

  const std::shared_ptr<ledger::Ledger> ledger_;
  std::atomic<std::size_t> count_{0};
  std::mutex mutex_;
  std::unordered_map<std::int64_t, std::shared_ptr<Mailbox>> boxes_;
  std::int64_t last_crossing_ = -1; // the newest one that was seen; below 0: not known yet
  bool looking_ = false, look_again_ = false;
};

} // namespace wayfare
