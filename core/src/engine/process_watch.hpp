// Those who watch every client of the process, and what the clients of one ledger have in common
// for those who watch. All functions may be called from any thread.
#pragma once

#include <memory>
#include <string>

#include <wayfare/notice.hpp>

#include "engine/ledger_watch.hpp"
#include "engine/watch_boxes.hpp"
#include "ledger/shared_ledger.hpp"

namespace wayfare {

class ProcessWatch {
 public:
  // Whether somebody watches the process.
  static bool any() noexcept;
  static void add(const WatchBoxes::Box& box);
  static bool remove(const WatchBoxes::Box& box); // false if it is not there
  static void put(const std::shared_ptr<const Notice>& notice);

  // Returns what the clients of this ledger have in common.
  static std::shared_ptr<LedgerWatch> of(const std::shared_ptr<ledger::Ledger>& ledger,
                                         const std::string& path);
  // Looks for shares of its budgets that were spent, if somebody watches it.
  static void look_at(const ledger::Ledger* ledger);
};

} // namespace wayfare
