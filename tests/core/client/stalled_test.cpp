// A thread that has not ended by the deadline of close() must not touch freed memory later. The
// address sanitizer checks it.

#include <wayfare/wayfare.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "client/client_access.hpp"
#include "engine/engine.hpp"
#include "support/catch.hpp"
#include "support/environment.hpp"
#include "support/folder.hpp"
#include "support/server.hpp"

using namespace wayfare;
using namespace std::chrono_literals;

TEST_CASE("an engine that stalls longer than the five seconds of close() uses no freed memory",
          "[slow]") {
  const Folder folder;
  const std::string folder_of_cache = folder / "cache";
  // No models list is cached.
  const Environment environment{{"XDG_CACHE_HOME", folder_of_cache.c_str()}};
  const ::Server server([](const std::string&) { return std::string(); });
  const auto ended = std::make_shared<std::atomic<bool>>(false);
  const auto begun = std::chrono::steady_clock::now();
  {
    auto client = Client::open({.api_key = "sk-or-v1-test",
                                .base_url = server.base_url(),
                                .ledger = folder / "l.db",
                                .dialect = Dialect::openrouter})
                      .value();
    const auto engine = ClientAccess::engine(client).value();
    const auto stalled = std::make_shared<std::atomic<bool>>(false);
    engine->at(0, [stalled] {
      *stalled = true;
      std::this_thread::sleep_for(9000ms);
    });
    while (!*stalled) std::this_thread::sleep_for(1ms);
    // Each of these operations waits for the engine, and each has its own way to answer.
    Request routed{.body = user_message("Hello")};
    routed.route.policy.sort = Sort::cheapest;
    routed.route.deadline = 200ms;
    CHECK(client.submit(Chat{.request = routed}) > 0);
    CHECK(client.submit(Chat{.request = {.body = user_message("Hello")}, .stream = true}) > 0);
    CHECK(client.submit(Select{routed}) > 0);
    CHECK(client.submit(ListModels{}) > 0);
    CHECK(client.submit(Reconcile{}) > 0);
    engine->at(0, [ended] { *ended = true; }); // runs after all of them
  }
  CHECK(std::chrono::steady_clock::now() - begun < 8500ms); // the client did not wait for it
  for (int wait = 0; wait < 1500 && !*ended; ++wait) std::this_thread::sleep_for(10ms);
  CHECK(*ended);
  std::this_thread::sleep_for(200ms);
}
