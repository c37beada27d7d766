// The thread that drives the calls of a client. It carries out the actions of each call's state
// machine with the network, the ledger and the mailbox. It blocks on none of them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
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

// A call as one of its servers gets it.
struct OutgoingAt {
  std::size_t number = 0; // of the server, among those of the client
  std::shared_ptr<call::Planner> planner;
  std::shared_ptr<const select::Catalogue> catalogue; // null where no list is known
  const Key* key = nullptr;                           // null: no key is sent
};

// A planned call that is ready to start.
struct Outgoing {
  Request request;                 // without its body
  std::string source;              // the body, as the caller gave it
  std::vector<OutgoingAt> servers; // at least one, in the order in which they are asked
  call::Planned planned;           // at all of them
  const wire::Endpoint* endpoint = &wire::chat_completions;
  std::int64_t since_us = 0; // when the call was submitted, by the monotonic clock
  std::optional<std::int64_t> agent_version;
  bool is_profile_old = false;       // the profile of the agent was not read for this call
  std::vector<std::string> warnings; // for the reply
  // Begins the call anew, from the caller's body: if its agent has changed before anything was
  // sent, or if the call fails with an old profile. Empty for a call without an agent.
  std::function<void(std::string body)> again;

  call::Planner& first() { return *servers.front().planner; }
};

class Engine final : os::Duty {
 public:
  // `boxes` are of those who watch the client.
  Engine(std::shared_ptr<const Settings> settings, std::shared_ptr<ledger::Ledger> ledger,
         std::shared_ptr<WatchBoxes> boxes);
  // False if memory or descriptors are short.
  bool ok() const noexcept { return state_.loop->ok() && state_.http.ok(); }

  static void run(const std::shared_ptr<Engine>& engine,
                  // Starts the thread. Throws std::system_error if the system gives no thread.
                  std::shared_ptr<const ListsOfServers> lists);

  // Starts a call. Its events go to the mailbox. This and the following methods may be called from
  // any thread.
  void start(std::int64_t id, std::shared_ptr<Mailbox> box, Outgoing call);
  // Calls `then` on the engine's thread, unless the engine stops before.
  void at(std::int64_t monotonic_us, std::function<void()> then);
  void cancel(std::int64_t id);
  void resume(std::int64_t id); // the mailbox of the call has room again
  // Sends a GET to a path below the base URL of a server of the settings. Answers on the engine's
  // thread, or on another one if the answer is long. A stopped engine answers at once.
  void ask(const Server& server, const std::string& path, const Key* key, HttpGet::Done done,
           HttpGet::Late late = {});
  // The same for a list. Answers with nothing if the engine is destroyed.
  static void fetch(const std::weak_ptr<Engine>& engine, const Server& server,
                    const std::string& path, const Key* key, const ListAnswer& answer,
                    ListLate late);
  // Looks up unknown costs. Answers on the engine's thread. A stopped engine never answers.
  void reconcile(Reconciler::Done done);

  // Cancels every call, books the ends of the calls and ends the thread. Waits until `deadline` at
  // most. Returns false if the thread has not ended by then: it then goes on by itself.
  bool stop(std::chrono::steady_clock::time_point deadline);

  // Where it does what takes that many bytes to read. From any thread.
  os::Aside& aside(std::size_t bytes) const { return state_.aside(bytes); }

  WarmCaches& warm_caches() noexcept { return state_.warm_caches; }
  // Those who watch what happens to the calls.
  Watchers& watchers() noexcept { return state_.watchers; }

  os::Worker& worker() noexcept { return worker_; }

 private:
  // os::Duty.
  void step() override;
  bool is_finished() override;
  void leave() noexcept override;
  void wake() noexcept override { state_.loop->wake(); }

  struct Asked { // for a GET
    const Server& server;
    std::string path;
    const Key* key = nullptr;
    std::size_t size_max = HttpGet::body_max; // of the answer
  };
  void get(const Asked& asked, HttpGet::Done done, HttpGet::Late late);
  struct Goal {
    std::shared_ptr<const io::Target> target;
    std::shared_ptr<const Origin> origin;
  };
  Goal goal_of(const Outgoing& call, const OutgoingAt& at);

  EngineState state_;
  Reconciler reconciler_;

  // Used by the engine's thread only.
  std::unordered_map<std::int64_t, std::unique_ptr<HttpGet>> gets_;
  // The numbers of the ended GETs. They are erased later, outside of their own methods.
  std::vector<std::int64_t> got_;
  std::int64_t last_get_ = 0;
  bool stopping_ = false;
  std::chrono::steady_clock::time_point give_up_at_;

  std::mutex goals_mutex_;
  // For calls without headers of their own: by endpoint, server, key, and whether the answer is
  // streamed.
  std::map<std::tuple<const wire::Endpoint*, std::size_t, const Key*, bool>, Goal> goals_;

  // the last member, so that the thread ends before the others are destroyed
  os::Worker worker_{"wayfare-io", *this};
};

} // namespace wayfare
