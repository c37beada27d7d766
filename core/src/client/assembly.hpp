// The parts of a client: ledger, engine and models list. Each part starts when it is first needed.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <wayfare/error.hpp>

#include "catalogue/server_lists.hpp"
#include "config/settings.hpp"
#include "engine/engine.hpp"
#include "ledger/shared_ledger.hpp"
#include "os/timer.hpp"

namespace wayfare {

class Assembly {
 public:
  Assembly(std::shared_ptr<const Settings> settings, std::shared_ptr<WatchBoxes> boxes)
      : settings_(std::move(settings)), boxes_(std::move(boxes)) {}

  // Start the parts that have not started yet. `before_exit` is registered to run at exit, before
  // the exit handlers of libcurl.
  std::optional<Error> start_ledger(void (*before_exit)());
  std::optional<Error> start_engine(void (*before_exit)());
  // The ledger for an operation that only reads. If there is no file, none is made, and the ledger
  // is an empty one in memory. With `must_be_there`, a missing file is an error.
  // Starts the timer, too.
  Result<std::shared_ptr<ledger::Ledger>> start_reading(bool must_be_there, void (*before_exit)());

  // Only after the start of the part.
  ledger::Ledger& ledger() noexcept { return *ledger_; }
  const std::shared_ptr<Engine>& engine() noexcept { return engine_; }
  ModelSource& models() noexcept { return *lists_->front().models; } // of the default server
  std::weak_ptr<const ListsOfServers> weak_lists() const noexcept { return lists_; }
  std::weak_ptr<ledger::Ledger> weak_ledger() const noexcept { return ledger_; }
  const std::shared_ptr<os::Timer>& timer() noexcept { return timer_; }

  // from any thread; null until the engine has started
  Engine* running_engine() noexcept { return running_; }

  // Ends all parts and waits until `deadline` at most. A thread that has not ended by then is
  // abandoned, and the objects that it uses are kept for ever.
  void close(std::chrono::steady_clock::time_point deadline);

 private:
  std::optional<Error> start_timer();

  const std::shared_ptr<const Settings> settings_;
  const std::shared_ptr<WatchBoxes> boxes_; // of those who watch the client
  std::mutex starting_;
  bool closed_ = false;
  std::shared_ptr<ledger::Ledger> ledger_;
  std::shared_ptr<ledger::Ledger> empty_; // in memory
  std::shared_ptr<os::Timer> timer_;
  std::shared_ptr<const ListsOfServers> lists_;
  std::shared_ptr<Engine> engine_;
  std::atomic<Engine*> running_{nullptr};
};

} // namespace wayfare
