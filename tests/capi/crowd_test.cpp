// Many threads of every kind on one client. Each call ends exactly once, for exactly one thread.

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "capi/client.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"

using namespace std::chrono_literals;

TEST_CASE("C: a pump, waiters, cancellers and wakers on one client") {
  const Folder folder;
  const Server server([](const std::string& body) {
    if (body.find("\"stream\":true") == std::string::npos)
      return Server::plain(R"({"choices":[{"message":{"content":"x"}}],"usage":{"cost":1}})");
    return Server::stream(
        "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: "
        "{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],"
        "\"usage\":{\"cost\":1}}\n\ndata: [DONE]\n\n");
  });
  CClient client(server, folder / "l.db");
  constexpr int makers = 4, rounds = 40;

  std::mutex mutex;
  // The number of final events by id, for calls that are left to the pumps.
  std::map<std::int64_t, int> pumped;
  std::atomic<bool> stop{false};
  std::atomic<int> waited{0}, forgotten{0};

  const auto drain = [&](std::int64_t id) {
    std::string events;
    while (client.next(id, 0, events) == 1) {
      std::lock_guard lock(mutex);
      pumped[id] += finals(events);
    }
  };
  std::vector<std::thread> pumps;
  for (int at = 0; at < 2; ++at)
    pumps.emplace_back([&] {
      while (!stop) {
        const auto id = wayfare_ready(client, 100);
        if (id <= 0) continue;
        {
          std::lock_guard lock(mutex);
          // A call with a waiting thread, or a call that is not noted yet, which its maker drains.
          if (!pumped.contains(id)) continue;
        }
        drain(id);
      }
    });

  std::vector<std::thread> threads;
  for (int maker = 0; maker < makers; ++maker)
    threads.emplace_back([&, maker] {
      for (int round = 0; round < rounds; ++round) {
        const auto id = client.say("hi", round % 2 == 0);
        switch ((maker + round) % 4) {
          case 0: { // leaves the call to the pumps
            {
              std::lock_guard lock(mutex);
              pumped[id] += 0;
            }
            drain(id);
            break;
          }
          case 1: waited += finals(client.rest(id)) == 1; break;
          case 2:
            wayfare_cancel(client, id, 0);
            waited += finals(client.rest(id)) == 1;
            break;
          default:
            wayfare_cancel(client, id, 1);
            std::string none;
            forgotten += client.next(id, -1, none) == 2;
        }
        wayfare_wake(client);
      }
    });
  for (auto& thread : threads) thread.join();

  const auto all_pumped = [&] {
    std::lock_guard lock(mutex);
    for (const auto& [id, count] : pumped)
      if (count == 0) return false;
    return true;
  };
  for (int tries = 0; tries < 1000 && !all_pumped(); ++tries) std::this_thread::sleep_for(10ms);
  stop = true;
  for (auto& pump : pumps) pump.join();
  CHECK(waited == makers * rounds / 2);
  CHECK(forgotten == makers * rounds / 4);
  CHECK(pumped.size() == makers * rounds / 4);
  for (const auto& [id, count] : pumped) CHECK(count == 1);
}
