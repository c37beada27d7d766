// Who watches one client, and who watches all clients of the process.

#include <wayfare/wayfare.hpp>

#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <thread>

#include "support/catch.hpp"
#include "support/folder.hpp"
#include "support/server.hpp"

using namespace wayfare;
using namespace std::chrono_literals;

namespace {

// Answers chats, and lookups with the same cost. "lost" breaks the connection of a chat.
std::string answer(const std::string& body) {
  if (body.empty())
    return Server::plain(R"({"data":{"id":"gen-lost","total_cost":0.25,"model":"m"}})");
  if (body.find("lost") != std::string::npos)
    return "HTTP/1.1 200 OK\r\nX-Generation-Id: gen-lost\r\nContent-Length: 100\r\n\r\n{";
  return Server::pong("0.25");
}

Client open(const Server& server, const std::string& ledger) {
  return Client::open({.api_key = "sk-or-v1-test",
                       .base_url = server.base_url(),
                       .ledger = ledger,
                       .durability = Durability::no_sync,
                       .dialect = Dialect::openrouter,
                       .retries = 0})
      .value();
}

bool chat(Client& client, const std::string& words = "Hi") {
  return client.chat({.body = user_message(words)}).ok();
}

struct Watcher {
  Client& client;
  std::int64_t id;
  explicit Watcher(Client& of_client, WatchOf of = WatchOf::process)
      : client(of_client), id(client.submit(Watch{of})) {}

  // So many notices of this type, or fewer if no more come in time. Others are left out.
  std::vector<Notice> take(std::size_t count, NoticeType type = NoticeType::ended) {
    std::vector<Notice> found;
    std::vector<Event> events;
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (found.size() < count && std::chrono::steady_clock::now() < until) {
      events.clear();
      if (client.next(id, 100ms, events) == NextStatus::closed) break;
      for (const Event& event : events)
        if (event.notice && event.notice->type == type) found.push_back(*event.notice);
    }
    return found;
  }
  // All that are there. Call it after something that came behind them was taken.
  std::vector<Notice> rest() {
    std::vector<Notice> found;
    std::vector<Event> events;
    (void)client.next(id, 0ms, events);
    for (const Event& event : events)
      if (event.notice) found.push_back(*event.notice);
    return found;
  }
};

std::map<std::string, int> by_ledger(const std::vector<Notice>& notices) {
  std::map<std::string, int> count;
  for (const Notice& one : notices) ++count[one.ledger];
  return count;
}

} // namespace

TEST_CASE("one watch of the process sees every client, whatever its ledger and whenever it came") {
  const Folder folder;
  const Server server(answer), other(answer);
  Client first = open(server, folder / "a.db");
  Client watching = open(server, folder / "b.db"); // makes no call itself
  Watcher all(watching);
  REQUIRE(chat(first));
  Client later = open(other, folder / "c.db");
  REQUIRE(chat(later));
  Client again = open(server, folder / "a.db");
  REQUIRE(chat(again));
  const auto notices = all.take(3);
  REQUIRE(notices.size() == 3);
  CHECK(notices[0].ledger == folder / "a.db");
  CHECK(notices[0].base_url == server.base_url());
  CHECK(notices[1].ledger == folder / "c.db");
  CHECK(notices[1].base_url == other.base_url());
  CHECK(notices[2].ledger == folder / "a.db");
  CHECK(notices[2].cost == Amount::parse("0.25"));
  CHECK(all.rest().empty());
}

TEST_CASE("a watch of a client sees its own calls alone") {
  const Folder folder;
  const Server server(answer);
  Client one = open(server, folder / "a.db"), two = open(server, folder / "a.db");
  Watcher own(one, WatchOf::client), all(one);
  REQUIRE(chat(two));
  REQUIRE(chat(one));
  CHECK(all.take(2).size() == 2);
  CHECK(own.take(1).size() == 1);
  CHECK(own.rest().empty());
}

TEST_CASE("a share of a budget is told once to each watch, whichever client has spent it") {
  const Folder folder;
  const Server server(answer);
  Client one = open(server, folder / "a.db"), two = open(server, folder / "a.db");
  for (int at = 1; at <= 3; ++at) { // the first one is spent before anybody watches
    REQUIRE(one.budget({.name = "b" + std::to_string(at),
                        .limit = Amount::parse("1").value(),
                        .window = Window::lifetime,
                        .mode = BudgetMode::soft,
                        .thresholds = std::vector<std::int32_t>{at * 25}})
                .ok());
  }
  REQUIRE(chat(one));
  Client watching = open(server, folder / "b.db");
  Watcher all(watching), of_one(one, WatchOf::client), of_two(two, WatchOf::client);
  REQUIRE(chat(two));
  REQUIRE(chat(one));
  for (Watcher* watcher : {&all, &of_one, &of_two}) {
    const auto told = watcher->take(2, NoticeType::crossing);
    REQUIRE(told.size() == 2);
    CHECK((told[0].budget == "b2" && told[1].budget == "b3"));
    CHECK(told[0].ledger == folder / "a.db");
    CHECK(told[0].base_url.empty());
  }
  // A share that is spent by a smaller limit is told without a call.
  REQUIRE(two.budget({.name = "b1",
                      .limit = Amount::parse("0.5").value(),
                      .thresholds = std::vector<std::int32_t>{150}})
              .ok());
  for (Watcher* watcher : {&all, &of_one, &of_two}) {
    const auto told = watcher->take(1, NoticeType::crossing);
    REQUIRE(told.size() == 1);
    CHECK(told[0].percent == 150);
    CHECK(std::ranges::count(watcher->rest(), NoticeType::crossing, &Notice::type) == 0);
  }
}

TEST_CASE("a cost that another client looks up is told once to each watch of the ledger") {
  const Folder folder;
  const Server server(answer);
  Client one = open(server, folder / "a.db"), two = open(server, folder / "a.db");
  Watcher all(two), of_one(one, WatchOf::client), of_two(two, WatchOf::client);
  CHECK_FALSE(chat(one, "lost"));
  CHECK(two.reconcile().value().settled == 1);
  for (Watcher* watcher : {&all, &of_one, &of_two}) {
    const auto told = watcher->take(1, NoticeType::looked_up);
    REQUIRE(told.size() == 1);
    CHECK(told[0].cost == Amount::parse("0.25"));
    CHECK(std::ranges::count(watcher->rest(), NoticeType::looked_up, &Notice::type) == 0);
  }
}

TEST_CASE("a watch ends with its client, and the others go on") {
  const Folder folder;
  const Server server(answer);
  Client calls = open(server, folder / "a.db"), one = open(server, folder / "b.db"),
         two = open(server, folder / "b.db");
  Watcher ended(one), goes_on(two);
  REQUIRE(chat(calls));
  CHECK(ended.take(1).size() == 1);
  one.close();
  std::vector<Event> events;
  CHECK(one.next(ended.id, 1s, events) == NextStatus::closed);
  REQUIRE(chat(calls));
  CHECK(goes_on.take(2).size() == 2);
  two.cancel(goes_on.id);
  events.clear();
  CHECK(two.next(goes_on.id, 1s, events) == NextStatus::events);
  CHECK(events.back().is_final());
  REQUIRE(chat(calls)); // nobody watches any more
}

TEST_CASE("the calls of a closing client are told to those who watch the process") {
  const Folder folder;
  const Server server(answer);
  Client watching = open(server, folder / "a.db");
  Watcher all(watching);
  {
    Client calls = open(server, folder / "b.db");
    REQUIRE(chat(calls));
  }
  CHECK(by_ledger(all.take(1)) == std::map<std::string, int>{{folder / "b.db", 1}});
}

TEST_CASE("watches of both kinds are counted together") {
  const Folder folder;
  Client client = Client::open({.ledger = folder / "a.db"}).value();
  for (int at = 0; at < 64; ++at)
    REQUIRE(client.submit(Watch{at % 2 == 0 ? WatchOf::client : WatchOf::process}) > 0);
  std::vector<Event> events;
  CHECK(client.next(client.submit(Watch{WatchOf::process}), 1s, events) == NextStatus::events);
  REQUIRE(events.back().error);
  CHECK(events.back().error->code == Code::full);
}

#ifndef __SANITIZE_THREAD__ // which bears no new thread in the child of a process with threads
TEST_CASE("a fork takes no watch along, and the child has its own") {
  const Folder folder;
  const Server server(answer);
  Client client = open(server, folder / "a.db");
  Watcher all(client);
  REQUIRE(chat(client));
  CHECK(all.take(1).size() == 1);
  const pid_t child = fork();
  if (child == 0) {
    int good = 0;
    {
      Client own = open(server, folder / "b.db");
      good += chat(own) ? 1 : 0; // nobody of the parent's watches it
      Watcher mine(own);
      good += chat(own) ? 1 : 0;
      const auto notices = mine.take(1);
      good += notices.size() == 1 && notices[0].ledger == folder / "b.db" ? 1 : 0;
    }
    _exit(good == 3 ? 0 : 1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  REQUIRE(chat(client));
  const auto notices = all.take(1);
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].ledger == folder / "a.db");
}
#endif

TEST_CASE("each attempt of many clients and threads is told once, whoever comes and goes") {
  const Folder folder;
  const Server server(answer);
  constexpr int clients = 4, calls = 40;
  Client watching = open(server, folder / "w.db");
  Watcher all(watching);
  std::atomic<bool> over{false};
  std::thread coming([&] { // watches of others come and go meanwhile, and forks
    while (!over) {
      Client passing = open(server, folder / "w.db");
      Watcher own(passing), other(passing, WatchOf::client);
      passing.cancel(own.id);
      const pid_t child = fork();
      if (child == 0) _exit(0);
      waitpid(child, nullptr, 0);
      std::this_thread::sleep_for(1ms);
    }
  });
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int at = 0; at < clients; ++at)
    threads.emplace_back([&, at] {
      Client client = open(server, folder / (at % 2 == 0 ? "a.db" : "b.db"));
      for (int call = 0; call < calls; ++call) good += chat(client) ? 1 : 0;
    });
  for (std::thread& thread : threads) thread.join();
  over = true;
  coming.join();
  CHECK(good == clients * calls);
  const auto notices = all.take(std::size_t{clients} * calls);
  CHECK(by_ledger(notices) == std::map<std::string, int>{{folder / "a.db", clients * calls / 2},
                                                         {folder / "b.db", clients * calls / 2}});
  std::vector<std::string> entries;
  for (const Notice& one : notices) entries.push_back(one.entry);
  std::ranges::sort(entries);
  CHECK(std::ranges::adjacent_find(entries) == entries.end());
  CHECK(all.rest().empty());
}
