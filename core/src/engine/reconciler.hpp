// Asks the servers for the costs of attempts whose end was not seen. Works in the background when
// lookups become due, and at once for reconcile(). Runs on the engine's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <wayfare/error.hpp>
#include <wayfare/ledger.hpp>

#include "engine/http_get.hpp"
#include "engine/watchers.hpp"
#include "io/loop.hpp"
#include "ledger/shared_ledger.hpp"
#include "config/settings.hpp"

namespace wayfare {

class Reconciler {
 public:
  // Answers on the engine's thread, and with nothing if the answer is long.
  using Get = std::function<void(const Server& server, const std::string& path, const Key* key,
                                 HttpGet::Done done)>;
  using Done = std::function<void(const Reconciled&)>;

  // `settings` and `watchers` outlive it.
  Reconciler(std::shared_ptr<io::Loop> loop, std::shared_ptr<ledger::Ledger> ledger,
             const Settings& settings, Get get, Watchers& watchers);
  ~Reconciler();

  // Starts the background lookups. The first one comes after a second at the earliest.
  void start();
  // Looks up all attempts in one pass. Further callers share the pass that follows the current one.
  void reconcile(Done done);

 private:
  struct Pass {
    bool all = false;
    std::size_t server = 0; // that is asked now, as an index of servers_
    bool failed = false;    // whether that server failed
    std::string after;
    int open = 0; // the number of lookups without an answer
    std::optional<std::string> trouble;
    Reconciled sum;
    std::vector<Done> done;
  };
  void look_at(std::int64_t monotonic_us);
  void look(std::size_t server, std::optional<std::int64_t> earliest_us);
  void begin();
  void take();
  void fail(std::string trouble);
  void leave_server();
  void ask(const ledger::Lookup& lookup);
  void answered(const ledger::Lookup& lookup, const HttpGet::Response& answer);
  void looked_up(const std::string& uid, const ledger::LookupResult& outcome);
  void one_less();
  void give_up_old();
  void end();
  template <class T>
  std::function<void(Result<T>)> on_loop(std::function<void(Result<T>)> then);

  // Shared, because answers of the ledger may come after this is destroyed. The loop then takes no
  // tasks.
  const std::shared_ptr<io::Loop> loop_;
  const std::shared_ptr<ledger::Ledger> ledger_;
  const Settings& settings_;
  const Get get_;
  Watchers& watchers_;
  struct Asked {
    const Server& server;
    ledger::Asker asker;
  };
  std::vector<Asked> servers_; // the default server, and each further one that tells costs later
  std::optional<io::Loop::Timer> timer_;
  std::unique_ptr<Pass> pass_;
  std::vector<Done> waiting_; // for the next pass
};

} // namespace wayfare
