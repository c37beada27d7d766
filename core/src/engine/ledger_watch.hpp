// Tells those who watch a client of a ledger, or the whole process, what happens to the ledger:
// shares of budgets that were spent, and costs that were looked up. There is one for all clients of
// a ledger in this process, so that each thing is told once.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <wayfare/notice.hpp>

#include "engine/watch_boxes.hpp"
#include "ledger/shared_ledger.hpp"

namespace wayfare {

class LedgerWatch : public std::enable_shared_from_this<LedgerWatch> {
 public:
  LedgerWatch(std::shared_ptr<ledger::Ledger> ledger, std::string path)
      : ledger_(std::move(ledger)), path_(std::move(path)) {}

  // The boxes of a client of the ledger, from now on.
  void join(const std::shared_ptr<WatchBoxes>& boxes);
  bool has_several_clients() const noexcept { return has_several_; }
  // Whether somebody watches the process or a client of the ledger.
  bool is_watched();
  // The first one who watches has come: what was spent before is not told.
  void begin();
  // Looks in the background for shares that were spent, and tells those that are new.
  void look();
  void tell(Notice notice);

 private:
  void found(const Result<ledger::NewCrossings>& found, std::uint64_t epoch);

  const std::shared_ptr<ledger::Ledger> ledger_;
  const std::string path_;
  std::mutex mutex_;
  std::vector<std::weak_ptr<WatchBoxes>> clients_;
  std::atomic<bool> has_several_{false};
  std::int64_t last_ = -1;  // the newest crossing that was seen; below 0: not known yet
  std::uint64_t epoch_ = 0; // counts begin(): answers of before it are too old
  bool looking_ = false, look_again_ = false;
};

} // namespace wayfare
