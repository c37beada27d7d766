// The state of a Client: its calls and its parts.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include <wayfare/client.hpp>

#include <unistd.h>

#include "catalogue/list_source.hpp"
#include "client/assembly.hpp"
#include "client/call_registry.hpp"
#include "client/chat.hpp"
#include "config/settings.hpp"

namespace wayfare {

inline constexpr std::chrono::milliseconds wait_for_ever(-1);

// The error for a next() that gave no events.
inline Error error_of_next(NextStatus next) {
  if (next != NextStatus::over) return error_of(static_cast<Code>(next));
  return {.code = Code::cancelled, .message = "the call was given up before its end"};
}

struct Client::Impl {
  explicit Impl(std::shared_ptr<const Settings> resolved) : settings(std::move(resolved)) {}

  const std::shared_ptr<const Settings> settings;

  std::int64_t submit(Operation operation);
  std::int64_t submit(Error refusal);
  NextStatus next(std::int64_t id, std::chrono::milliseconds timeout, std::vector<Event>& events);
  Code cancel(std::int64_t id, bool forget);
  std::int64_t ready(std::chrono::milliseconds timeout);
  int fd();
  void wake();
  Result<Event> last_event(std::int64_t id); // of a call that has no events but the final one
  void close(std::chrono::steady_clock::time_point deadline);

  void introduce() const; // to those who watch the process

  // Whether the client was used before this process was forked.
  bool is_foreign() const {
    const pid_t owned = owner_;
    return owned != 0 && owned != getpid();
  }

  // All clients of the process, to close them at exit. Guarded by os::fork_mutex().
  static std::vector<std::weak_ptr<void>>& all();

  const std::shared_ptr<WatchBoxes> watchers = std::make_shared<WatchBoxes>();
  Assembly assembly{settings, watchers};
  std::optional<Error> start_engine() { return assembly.start_engine(&Client::close_forgotten); }

 private:
  using Opened = CallRegistry::Opened;
  Opened open_call(); // the id is a Code below 0 if no call can be opened
  void begin(const Opened& opened, Chat&& chat);
  void begin(const Opened& opened, Select&& select);
  void begin(const Opened& opened, ListModels&& list);
  void begin(const Opened& opened, ListDefaultModels&& list);
  void begin(const Opened& opened, ListEndpoints&& list);
  void begin(const Opened& opened, GetKeyInfo&& query);
  void begin(const Opened& opened, Watch&& watch);
  void watch_process(const Opened& opened);
  bool unwatch(const std::shared_ptr<Mailbox>& box);
  void leave_process();
  void list_models_of_key(const Opened& opened, const ListModels& list);
  void begin(const Opened& opened, Reconcile&& reconcile);
  void begin(const Opened& opened, Replay&& replay);
  void begin(const Opened& opened, CachingQuery&& query);
  void begin(const Opened& opened, ListVersions&& list);
  template <class LedgerOperation>
  void begin(const Opened& opened, LedgerOperation&& operation);
  template <class Report>
  void begin_report(const Opened& opened, const Report& report);
  void wait(std::int64_t id, ModelSource::Then then);
  ChatParts chat_parts(); // after the engine has started

  std::atomic<pid_t> owner_{0}; // the process that first used the client; 0: not used yet
  std::atomic<bool> closed_{false};
  // A thread that close() has abandoned may answer a call after this object is destroyed. So
  // callbacks hold `calls_` and never `this`.
  const std::shared_ptr<CallRegistry> calls_ = std::make_shared<CallRegistry>();
  const std::shared_ptr<AgentProfiles> profiles_ = std::make_shared<AgentProfiles>();
  const std::shared_ptr<SeenSpeeds> speeds_ = std::make_shared<SeenSpeeds>();
  std::mutex watch_mutex_;
  std::vector<std::shared_ptr<Mailbox>> process_watchers_; // of those who watch the process
};

} // namespace wayfare
