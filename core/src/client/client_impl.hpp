// What stands behind a Client: the calls that are open, and what is started at the first use.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <wayfare/client.hpp>

#include <unistd.h>

#include "engine/engine.hpp"
#include "ledger/shared_ledger.hpp"
#include "engine/mailbox.hpp"
#include "catalogue/model_source.hpp"
#include "config/settings.hpp"
#include "wire/prepare.hpp"

namespace wayfare {

inline constexpr std::chrono::milliseconds wait_for_ever(-1);

// Why next() gave no events.
inline Error error_of_next(Next next) { return error_of(next == Next::over ? Code::closed : static_cast<Code>(next)); }

struct Client::Impl {
  explicit Impl(Settings settled) : settings(std::move(settled)) {}

  const Settings settings;

  std::int64_t submit(Request request, bool stream);
  template <class Query>
  std::int64_t submit(Query query);
  std::int64_t submit(ModelsQuery query);
  std::int64_t submit(ReconcileQuery query);
  std::int64_t submit_select(Request request);
  std::int64_t submit(Error refusal);
  Next next(std::int64_t id, std::chrono::milliseconds timeout, std::vector<Event>& events);
  Code cancel(std::int64_t id, bool forget);
  std::int64_t ready(std::chrono::milliseconds timeout);
  int fd();
  void wake();
  Result<Event> last_event(std::int64_t id); // of a call whose only event is its final one
  template <class T>
  Result<T> part_of(std::int64_t id, T Report::* part) {
    auto last = last_event(id);
    if (!last) return last.error();
    return (*last->report).*part;
  }
  void close(std::chrono::steady_clock::time_point deadline);

  // Whether another process used it, of which this one is a fork.
  bool is_foreign() const {
    const pid_t owned = owner_;
    return owned != 0 && owned != getpid();
  }

  // Clients that the host may forget to close, under os::fork_mutex().
  static std::vector<std::weak_ptr<void>>& all();

 private:
  struct Opened { // an id and its mailbox, or a Code below 0
    std::int64_t id;
    std::shared_ptr<Mailbox> box;
  };
  Opened open_call();
  static std::int64_t refuse(const Opened& opened, Error error);
  static void report(const std::shared_ptr<Mailbox>& box, Result<Report> report);
  void route(const Opened& opened, Request request, wire::Prepared prepared, const Key* key, const ModelSource::Snapshot& known,
             std::int64_t since_us);
  void await(std::int64_t id);
  bool is_waiting(std::int64_t id);
  bool arrived(std::int64_t id);
  void wait(std::int64_t id, ModelSource::Then then);
  std::optional<Error> start_ledger();
  std::optional<Error> start_engine();
  std::shared_ptr<Mailbox> box_of(std::int64_t id);
  void drop_box(std::int64_t id);

  std::atomic<pid_t> owner_{0}; // the process that first used it; 0: unused
  std::atomic<bool> closed_{false};
  std::atomic<std::int64_t> last_id_{0};
  const std::shared_ptr<Mailbox::Shared> shared_ = std::make_shared<Mailbox::Shared>();

  std::mutex starting_; // guards the making of the ledger and the engine
  std::shared_ptr<ledger::Ledger> ledger_;
  std::shared_ptr<Engine> engine_;
  std::atomic<Engine*> running_{nullptr}; // the engine, once it runs
  std::shared_ptr<ModelSource> models_;   // with the engine

  std::mutex boxes_mutex_;
  std::unordered_map<std::int64_t, std::shared_ptr<Mailbox>> boxes_;
  std::unordered_set<std::int64_t> waiting_; // calls that wait for the models list, or a pass of lookups: the engine does not know them yet
};

} // namespace wayfare
