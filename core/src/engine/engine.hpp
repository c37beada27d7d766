// The thread that drives a client's calls: it asks each call's state machine what to do and lets the network, the ledger and the
// mailbox do it. It waits for neither.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "values/booking.hpp"
#include "call/call.hpp"
#include "engine/http_get.hpp"
#include "io/http.hpp"
#include "io/loop.hpp"
#include "ledger/shared_ledger.hpp"
#include "engine/mailbox.hpp"
#include "catalogue/model_source.hpp"
#include "os/fork.hpp"
#include "engine/reconciler.hpp"
#include "call/planning.hpp"
#include "config/settings.hpp"
#include "wire/prepare.hpp"

namespace wayfare {

class Engine : public os::Parkable {
 public:
  Engine(const Settings& settings, std::shared_ptr<ledger::Ledger> ledger);
  ~Engine() override;
  bool ok() const noexcept { return loop_->ok() && http_.ok(); } // false: memory or descriptors are short

  static void run(const std::shared_ptr<Engine>& engine,
                  std::shared_ptr<ModelSource> models); // starts the thread, or throws std::system_error

  // From any thread. The mailbox gets the call's events.
  // `since`: when it was submitted, by the monotonic clock. `key` may be null: none.
  void start(std::int64_t id, std::shared_ptr<Mailbox> box, Request request, wire::Prepared prepared, Routed routed, const Key* key,
             std::int64_t since_us);
  void at(std::int64_t monotonic_us, std::function<void()> then); // on its thread, unless it is stopped before
  void cancel(std::int64_t id);
  void resume(std::int64_t id); // its mailbox has room again
  // The models list, with the key unless the server is OpenRouter's, whose lists are public. Answered on the engine's thread; of an engine
  // that is stopped, at once.
  void fetch_models(HttpGet::Done done, HttpGet::Late late);
  // Answered on the engine's thread; of an engine that is stopped, never.
  void reconcile(Reconciler::Done done);

  // Cancels every call, sees their ends booked, and ends the thread; by `deadline` it gives up on what is left. False where the
  // thread did not end in time: it then lives on by itself.
  bool stop(std::chrono::steady_clock::time_point deadline);

  void park() override;
  void unpark() noexcept override;
  void in_child() noexcept override {}

 private:
  class ActiveCall;
  void loop();
  void rest();
  void fetch(const std::string& path, const Key* key, HttpGet::Done done, HttpGet::Late late);
  void with(std::int64_t id, void (ActiveCall::*then)());
  struct Goal {
    std::shared_ptr<const io::Target> target;
    std::shared_ptr<const Origin> origin;
  };
  Goal goal_of(const Request& request, bool streamed, const Key* key);
  // A hard budget asked for the bound of the last call that was charged to the same: that of the next one is found before the ledger is
  // asked. It is a guess; the ledger judges.
  bool guesses_guarded(const Reservation& reservation) const;
  void was_guarded(const Reservation& reservation, bool hard);

  const Settings settings_;
  const std::shared_ptr<ledger::Ledger> ledger_;
  std::shared_ptr<ModelSource> models_;  // from run() on
  const std::shared_ptr<io::Loop> loop_; // the ledger's answers may come when the engine is gone
  io::Http http_;
  Reconciler reconciler_;

  // The loop thread's own.
  std::unordered_map<std::int64_t, std::shared_ptr<ActiveCall>> calls_;
  std::unordered_set<std::string> guarded_;
  std::vector<std::int64_t> noting_;   // those that note() is to be called of
  std::vector<std::int64_t> finished_; // to be erased, outside of their own methods
  std::shared_ptr<Mailbox> listed_;    // one of those that were listed as ready in this turn
  std::unordered_map<std::int64_t, std::unique_ptr<HttpGet>> fetches_;
  std::vector<std::int64_t> fetched_; // as finished_
  std::int64_t last_fetch_ = 0;
  call::Actions actions_;                                                              // of the call that was asked last
  const std::shared_ptr<json::Document> scratch_ = std::make_shared<json::Document>(); // see wire::ResponseReader
  bool stopping_ = false;
  std::chrono::steady_clock::time_point give_up_at_;

  std::mutex goals_mutex_;
  std::map<std::pair<const Key*, bool>, Goal> goals_; // of calls without headers of their own: by key, streamed or not

  std::mutex mutex_;
  std::condition_variable changed_;
  bool started_ = false, ended_ = false, parking_ = false, parked_ = false;
  std::thread thread_;
};

} // namespace wayfare
