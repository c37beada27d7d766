// The thread that drives a client's calls: it asks each call's state machine what to do and lets
// the network, the ledger and the mailbox do it. It waits for neither.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "call/planner.hpp"
#include "engine/active_call.hpp"
#include "engine/engine_state.hpp"
#include "engine/http_get.hpp"
#include "engine/reconciler.hpp"
#include "os/worker.hpp"
#include "values/booking.hpp"
#include "wire/endpoint.hpp"

namespace wayfare {

// A call that is planned and ready to start.
struct Outgoing {
  Request request; // but for its body
  std::shared_ptr<call::Planner> planner;
  call::Planned planned;
  const wire::Endpoint* endpoint = &wire::chat_completions;
  const Key* key = nullptr;  // null: without a key
  std::int64_t since_us = 0; // when it was submitted, by the monotonic clock
};

class Engine final : os::Duty {
 public:
  Engine(std::shared_ptr<const Settings> settings, std::shared_ptr<ledger::Ledger> ledger);
  // false: memory or descriptors are short
  bool ok() const noexcept { return state_.loop->ok() && state_.http.ok(); }

  static void run(const std::shared_ptr<Engine>& engine,
                  // starts the thread, or throws std::system_error
                  std::shared_ptr<ModelSource> models);

  // From any thread. The mailbox gets the call's events.
  void start(std::int64_t id, std::shared_ptr<Mailbox> box, Outgoing call);
  // on its thread, unless it is stopped before
  void at(std::int64_t monotonic_us, std::function<void()> then);
  void cancel(std::int64_t id);
  void resume(std::int64_t id); // its mailbox has room again
  // The models list, with the key unless the server is OpenRouter's, whose lists are public.
  // Answered on the engine's thread; of an engine that is stopped, at once.
  void fetch_models(HttpGet::Done done, HttpGet::Late late);
  // Answered on the engine's thread; of an engine that is stopped, never.
  void reconcile(Reconciler::Done done);

  // Cancels every call, sees their ends booked, and ends the thread; by `deadline` it gives up on
  // what is left. False where the thread did not end in time: it then lives on by itself.
  bool stop(std::chrono::steady_clock::time_point deadline);

  os::Worker& worker() noexcept { return worker_; }

 private:
  // Of os::Duty.
  void step() override;
  bool is_finished() override;
  void leave() noexcept override;
  void wake() noexcept override { state_.loop->wake(); }

  void get(const std::string& path, const Key* key, HttpGet::Done done, HttpGet::Late late);
  struct Goal {
    std::shared_ptr<const io::Target> target;
    std::shared_ptr<const Origin> origin;
  };
  Goal goal_of(const Outgoing& call);

  EngineState state_;
  Reconciler reconciler_;

  // The thread's own.
  std::unordered_map<std::int64_t, std::unique_ptr<HttpGet>> gets_;
  // those of them that have ended: erased outside of their own methods
  std::vector<std::int64_t> got_;
  std::int64_t last_get_ = 0;
  bool stopping_ = false;
  std::chrono::steady_clock::time_point give_up_at_;

  std::mutex goals_mutex_;
  // of calls without headers of their own: by endpoint, key, and streamed or not
  std::map<std::tuple<const wire::Endpoint*, const Key*, bool>, Goal> goals_;

  os::Worker worker_{"wayfare-io", *this}; // the last member: the thread ends before the rest goes
};

} // namespace wayfare
