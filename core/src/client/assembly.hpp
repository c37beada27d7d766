// What a client is made of, put together: ledger, engine and models list. Each is started at the
// first use that needs it.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <wayfare/error.hpp>

#include "catalogue/model_source.hpp"
#include "config/settings.hpp"
#include "engine/engine.hpp"
#include "ledger/shared_ledger.hpp"

namespace wayfare {

class Assembly {
 public:
  explicit Assembly(std::shared_ptr<const Settings> settings) : settings_(std::move(settings)) {}

  // Start what is not started yet. `before_exit` is registered to run at the process's exit, behind
  // whatever libcurl registers.
  std::optional<Error> start_ledger(void (*before_exit)());
  std::optional<Error> start_engine(void (*before_exit)());

  // Once they are started.
  ledger::Ledger& ledger() noexcept { return *ledger_; }
  const std::shared_ptr<Engine>& engine() noexcept { return engine_; }
  ModelSource& models() noexcept { return *models_; }

  Engine* running_engine() noexcept { return running_; } // from any thread; null: not started

  // Ends all of it, by `deadline`: a thread that has not ended by then is abandoned with what it
  // needs.
  void close(std::chrono::steady_clock::time_point deadline);

 private:
  const std::shared_ptr<const Settings> settings_;
  std::mutex starting_;
  bool closed_ = false;
  std::shared_ptr<ledger::Ledger> ledger_;
  std::shared_ptr<ModelSource> models_;
  std::shared_ptr<Engine> engine_;
  std::atomic<Engine*> running_{nullptr};
};

} // namespace wayfare
