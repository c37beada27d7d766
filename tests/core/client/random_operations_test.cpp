// Several threads do anything at any time, with clients and ledgers that others open and close
// meanwhile. Under the thread sanitizer this finds races; here it finds calls that end twice or
// never, and ledgers that are not whole. WAYFARE_SECONDS: how long, 1 by default.

#include <wayfare/wayfare.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/environment.hpp"
#include "support/folder.hpp"
#include "support/server.hpp"

using namespace wayfare;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

const std::string plain_body =
    R"({"id":"gen-1","model":"m/x","choices":[{"index":0,"finish_reason":"stop","message":)"
    R"({"role":"assistant","content":"pong"}}],"usage":{"prompt_tokens":3,"completion_tokens":4,)"
    R"("cost":0.001}})";

std::string stream_body() {
  std::string body;
  for (int at = 0; at < 30; ++at)
    body += "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ab\"}}]}\n\n";
  return body +
         "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":"
         "{\"prompt_tokens\":3,\"completion_tokens\":4,\"cost\":0.001}}\n\ndata: [DONE]\n\n";
}

std::string answer(const std::string& body) {
  if (body.find("broken") != std::string::npos) return "";
  return body.find("\"stream\":true") != std::string::npos ? Server::stream(stream_body())
                                                           : Server::plain(plain_body);
}

// Four clients on two ledgers. Each may be closed and opened again while other threads use it.
class Clients {
 public:
  Clients(const Server& server, const Folder& folder) : server_(server), folder_(folder) {
    for (std::size_t at = 0; at < open_.size(); ++at) open(at);
  }
  std::shared_ptr<Client> at(std::size_t at) {
    std::lock_guard lock(mutex_);
    return open_[at];
  }
  void open(std::size_t at) {
    const std::string ledger = folder_ / (at % 2 == 0 ? "even.db" : "odd.db");
    auto made = Client::open({.api_key = "sk-or-v1-test",
                              .base_url = server_.base_url(),
                              .ledger = ledger,
                              .durability = Durability::no_sync,
                              .dialect = Dialect::openrouter,
                              .deadline = 20s,
                              .retries = 0})
                    .value();
    std::lock_guard lock(mutex_);
    open_[at] = std::make_shared<Client>(std::move(made));
  }

  std::array<std::atomic<int>, 2> replies{}; // by ledger

 private:
  const Server& server_;
  const Folder& folder_;
  std::mutex mutex_;
  std::array<std::shared_ptr<Client>, 4> open_;
};

// Takes the events of a call until its final one. Returns false if there was none in time.
bool ends_once(Client& client, std::int64_t id, bool& replied) {
  std::vector<Event> events;
  const auto until = Clock::now() + 60s;
  while (Clock::now() < until) {
    events.clear();
    const NextStatus got = client.next(id, 100ms, events);
    if (got == NextStatus::closed || got == NextStatus::over) return true;
    if (got != NextStatus::events) continue;
    if (!events.back().is_final()) continue;
    replied = events.back().reply != nullptr;
    return client.next(id, 0ms, events) != NextStatus::events;
  }
  return false;
}

// What a call may ask of the selection.
void draw_route(Request& request, std::mt19937_64& chance) {
  Route& route = request.route;
  switch (chance() % 10) {
    case 0: route.policy.sort = Sort::fastest; return;
    case 1: route.policy.sort = Sort::best; return;
    case 2: route.policy.degrade = {.at = 50, .models = {"m/y"}}; return;
    case 3: route.cooldown = OnCooldown::refuse; return;
    case 4: route.models.emplace_back("m/y"); return;
    case 5: route.keep_decision = true; return;
    case 6:
      request.charge_to.run = "r" + std::to_string(chance() % 3);
      route.affinity_order = true;
      return;
    default: return;
  }
}

// Reports and rules of the selection.
void select(Client& client, std::mt19937_64& chance) {
  switch (chance() % 8) {
    case 0: return void(client.performance());
    case 1: return void(client.cooldowns());
    case 2: return void(client.end_cooldown("m/x"));
    case 3:
      return void(client.rate_limit(
          {.name = "b", .requests = 1'000'000, .remove = false, .scope = Scope{.agent = "b"}}));
    case 4: return void(client.rate_limit({.name = "b", .remove = true}));
    case 5: return void(client.run(ListEndpoints{.model = "m/x"}));
    case 6: return void(client.caching({.by = {Dimension::run}}));
    default: return void(client.replay({.model = "openai/gpt-4o-mini"}));
  }
}

void call(Clients& clients, std::size_t at, Client& client, std::mt19937_64& chance,
          std::atomic<int>& endless) {
  const bool streamed = chance() % 2 == 0;
  Request request{.body = user_message(chance() % 20 == 0 ? "broken" : "hi"),
                  .charge_to = {.agent = chance() % 2 == 0 ? "a" : "b"}};
  request.route.models = {"m/x"};
  if (chance() % 3 == 0) request.agent = request.charge_to.agent;
  draw_route(request, chance);
  const std::int64_t id = client.submit(Chat{.request = std::move(request), .stream = streamed});
  if (id < 0) return; // closed
  const auto what = chance() % 8;
  if (what == 0) client.cancel(id, false);
  if (what == 1) {
    client.cancel(id, true);
    return;
  }
  bool replied = false;
  if (!ends_once(client, id, replied)) ++endless;
  if (replied) ++clients.replies[at % 2];
}

// Creates or changes the agent a or b, as it happens to be.
void change_agent(Client& client, std::mt19937_64& chance) {
  const std::string name = chance() % 2 == 0 ? "a" : "b";
  const auto known = client.run(GetAgent{.name = name});
  if (!known) {
    const Profile profile{.defaults = {.model = "m/x"}, .system = "Be kind."};
    return void(client.run(CreateAgent{name, profile}));
  }
  const std::string words = "Be " + std::to_string(chance() % 5);
  switch (chance() % 5) {
    case 0: return void(client.run(ArchiveAgent{.name = name}));
    case 1: return void(client.run(RestoreAgent{.name = name}));
    case 2: return void(client.run(AgentHistory{.name = name}));
    default: return void(client.run(EditAgent{name, known->version, {.system = words}}));
  }
}

// Watches for a moment, and leaves in one of three ways.
void watch(Client& client, std::mt19937_64& chance, std::atomic<int>& endless) {
  const std::int64_t id =
      client.submit(Watch{chance() % 2 == 0 ? WatchOf::client : WatchOf::process});
  if (id < 0) return; // closed
  std::vector<Event> events;
  (void)client.next(id, std::chrono::milliseconds(chance() % 20), events);
  const auto what = chance() % 3;
  client.cancel(id, what == 0);
  bool replied = false;
  if (what == 1 && !ends_once(client, id, replied)) ++endless;
}

void operate(Clients& clients, std::mt19937_64& chance, std::atomic<int>& endless) {
  const std::size_t at = chance() % 4;
  const auto client = clients.at(at);
  switch (chance() % 40) {
    case 0:
      client->close();
      clients.open(at);
      return;
    case 1: (void)client->usage({.by = {Dimension::agent}}); return;
    case 2: (void)client->entries({.limit = 5}); return;
    case 3: (void)client->budgets(); return;
    case 4:
      (void)client->budget({.name = "a",
                            .limit = Amount::parse("1000").value(),
                            .window = Window::day,
                            .mode = BudgetMode::soft,
                            .scope = Scope{.agent = "a"},
                            .thresholds = std::vector<std::int32_t>{1, 50}});
      return;
    case 5: (void)client->budget({.name = "a", .remove = true}); return;
    case 6: (void)client->block({.agent = "nobody"}); return;
    case 7: (void)client->unblock({.agent = "nobody"}); return;
    case 8: (void)client->unknown(); return;
    case 9: (void)client->verify(); return;
    case 10: (void)client->ready(1ms); return;
    case 11: client->wake(); return;
    case 12: (void)client->reconcile(); return;
    case 13:
    case 14: return watch(*client, chance, endless);
    case 15:
    case 16:
    case 17: return change_agent(*client, chance);
    case 18:
    case 19: return select(*client, chance);
    default: return call(clients, at, *client, chance, endless);
  }
}

} // namespace

TEST_CASE("whatever threads do at once, each call ends once and the ledgers stay whole") {
  const std::uint64_t seed = number_from("WAYFARE_SEED", std::random_device{}());
  INFO("WAYFARE_SEED=" << seed);
  const Folder folder;
  const Server server(answer);
  Clients clients(server, folder);
  std::atomic<int> endless{0}, done{0};
  const auto until = Clock::now() + std::chrono::seconds(number_from("WAYFARE_SECONDS", 1));
  std::vector<std::thread> threads;
  for (std::uint64_t number = 0; number < 5; ++number)
    threads.emplace_back([&, number] {
      std::mt19937_64 chance(seed + number);
      for (; Clock::now() < until; ++done) operate(clients, chance, endless);
    });
  for (std::thread& thread : threads) thread.join();
  for (std::size_t at = 0; at < 4; ++at) clients.at(at)->close();
  CHECK(endless == 0);
  CHECK(done > 20);
  for (std::size_t at = 0; at < 2; ++at) {
    clients.open(at);
    const auto rows = clients.at(at)->usage().value();
    const auto verified = clients.at(at)->verify().value();
    CHECK(verified.problems == std::vector<std::string>{});
    int told = 0; // each version that served is there
    for (const Entry& entry :
         clients.at(at)->entries({.limit = 10'000, .newest = true}).value().entries)
      if (entry.agent_version && ++told < 100)
        CHECK(clients.at(at)->run(ExplainEntry{entry.entry}).value().agent.has_value());
    if (rows.empty()) continue;
    const UsageRow& all = rows.front();
    CHECK(all.calls - all.unknown >= clients.replies[at]);
    CHECK(all.cost.picodollars % 1'000'000'000 == 0); // each answer costs 0.001
    CHECK(all.cost.picodollars / 1'000'000'000 >= clients.replies[at]);
    CHECK(all.cost.picodollars / 1'000'000'000 <= all.calls);
  }
}
