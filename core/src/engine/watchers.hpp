// Those who watch the calls of an engine: those who watch its client, and those who watch the
// process. All methods may be called from any thread, and none waits.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <wayfare/notice.hpp>

#include "engine/ledger_watch.hpp"
#include "engine/process_watch.hpp"
#include "engine/watch_boxes.hpp"
#include "ledger/shared_ledger.hpp"

namespace wayfare {

class Watchers {
 public:
  // `boxes` are of those who watch the client. `path` is that of the ledger.
  Watchers(const std::shared_ptr<ledger::Ledger>& ledger, std::string path,
           std::shared_ptr<WatchBoxes> boxes);

  // The most watchers of one client.
  static constexpr std::size_t most = 64;

  // Whether somebody watches. Notices need not be made otherwise.
  bool any() const noexcept { return boxes_->count() > 0 || ProcessWatch::any(); }

  // Whether somebody watches this client or another one of the ledger.
  bool any_of_ledger() const {
    return any() || (of_ledger_->has_several_clients() && of_ledger_->is_watched());
  }

  // Gives the notice its ledger, its time and its text, and passes it on.
  void tell(Notice notice);
  // The same for a notice that concerns all clients of the ledger.
  void tell_of_ledger(Notice notice);
  LedgerWatch& of_ledger() noexcept { return *of_ledger_; }

 private:
  const std::string path_;
  const std::shared_ptr<WatchBoxes> boxes_;
  const std::shared_ptr<LedgerWatch> of_ledger_;
};

} // namespace wayfare
