// Budgets under threads, processes and kills: never passed, and used up to the last.

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "support/catch.hpp"
#include "support/folder.hpp"
#include "support/ledger.hpp"

using namespace ledger_words;

TEST_CASE("four processes of eight threads use a budget up and never pass it, kills included") {
  const Folder folder;
  const std::string path = folder / "l.db";
  constexpr std::int64_t limit = 20'000, bound = 10;
  Opened opened(path, Durability::process);
  const auto make = [&](const char* name, std::int64_t most, Window window) {
    std::promise<bool> made;
    opened.ledger->report(Order(Budget{.name = name, .limit = Amount{most}, .window = window, .mode = BudgetMode::hard}),
                          [&](const Result<Report>& report) { made.set_value(report.ok()); });
    REQUIRE(made.get_future().get());
  };
  make("all", limit, Window::lifetime);
  make("more", 2 * limit, Window::month);
  const auto worker = [&] { // until nothing is left
    Opened mine(path, Durability::process);
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 8; ++thread)
      threads.emplace_back([&, thread] {
        for (int at = 0;; ++at) {
          Reservation r = reservation("a");
          r.bound = Amount{bound};
          if (reserve(*mine.ledger, r)) return;
          if ((at + thread) % 7 == 0)
            book(*mine.ledger, r.uid, Ending{.state = State::voided});
          else
            book(*mine.ledger, r.uid, settled((at + thread) % 5 == 0 ? 0 : bound));
        }
      });
    for (auto& thread : threads) thread.join();
    mine.close();
    _exit(0);
  };
  opened.close();
  const auto start = [&] {
    const pid_t child = fork();
    if (child == 0) worker();
    return child;
  };
  std::vector<pid_t> children;
  for (int process = 0; process < 4; ++process) children.push_back(start());
  const auto sum = [&](const std::string& column) { return number(path, "SELECT " + column + " FROM bwin WHERE budget = 1"); };
  int looks = 0, kills = 0;
  for (bool over = false; !over; ++looks) {
    const std::int64_t held = sum("spent_p + reserved_p");
    CHECK(held <= limit);
    if (kills < 3 && held > (kills + 1) * limit / 5) { // and another takes its place
      kill(children[0], SIGKILL);
      waitpid(children[0], nullptr, 0);
      std::ranges::rotate(children, children.begin() + 1);
      children.back() = start();
      ++kills;
    }
    over = std::ranges::all_of(children, [](pid_t& child) { return child < 0 || (waitpid(child, nullptr, WNOHANG) > 0 && (child = -1)); });
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  CHECK(kills > 0);
  CHECK(looks > 3);
  CHECK(sum("spent_p + reserved_p") <= limit);
  CHECK(sum("spent_p + reserved_p") >= limit * 99 / 100);
  CHECK(sum("excess_p") == 0);
  CHECK(sum("spent_p") == number(path, "SELECT sum(cost_p) FROM entry"));
  CHECK(sum("reserved_p") == number(path, "SELECT coalesce(sum(bound_p), 0) FROM pending"));
  CHECK(number(path, "SELECT max(spent_p + reserved_p) FROM bwin WHERE budget = 2") == sum("spent_p + reserved_p"));
}
