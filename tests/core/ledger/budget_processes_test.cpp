// Budgets under threads, processes and kills: never passed, and used up to the last.

#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "support/catch.hpp"
#include "support/folder.hpp"
#include "support/ledger.hpp"

using namespace ledger_words;

namespace {
std::atomic<time_t> ahead{0}; // of the real time of day, in this process and its children
}
// in the place of the C library's
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const int result = static_cast<int>(syscall(SYS_clock_gettime, clock, time));
  if (result == 0 && clock == CLOCK_REALTIME) time->tv_sec += ahead;
  return result;
}

TEST_CASE("four processes of eight threads use a budget up and never pass it, kills included") {
  const Folder folder;
  const std::string path = folder / "l.db";
  constexpr std::int64_t limit = 20'000, bound = 10;
  Opened opened(path, Durability::no_sync);
  const auto make = [&](const char* name, std::int64_t most, Window window) {
    REQUIRE(
        ask(*opened.ledger,
            SetBudget{
                .name = name, .limit = Amount{most}, .window = window, .mode = BudgetMode::hard}));
  };
  make("all", limit, Window::lifetime);
  make("more", 2 * limit, Window::month);
  const auto worker = [&] { // until nothing is left
    Opened mine(path, Durability::no_sync);
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
  const auto sum = [&](const std::string& column) {
    return number(path, "SELECT " + column + " FROM budget_window WHERE budget = 1");
  };
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
    over = std::ranges::all_of(children, [](pid_t& child) {
      return child < 0 || (waitpid(child, nullptr, WNOHANG) > 0 && (child = -1));
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  CHECK(kills > 0);
  CHECK(looks > 3);
  CHECK(sum("spent_p + reserved_p") <= limit);
  CHECK(sum("spent_p + reserved_p") >= limit * 99 / 100);
  CHECK(sum("excess_p") == 0);
  CHECK(sum("spent_p") == number(path, "SELECT sum(cost_p) FROM entry"));
  CHECK(sum("reserved_p") == number(path, "SELECT coalesce(sum(bound_p), 0) FROM pending"));
  CHECK(number(path, "SELECT max(spent_p + reserved_p) FROM budget_window WHERE budget = 2") ==
        sum("spent_p + reserved_p"));
}

TEST_CASE(
    "four processes of eight threads go from one hour into the next, and each has its own limit",
    "[slow]") {
  const Folder folder;
  const std::string path = folder / "l.db";
  constexpr std::int64_t limit = 6'000, bound = 10, hour = 3'600'000'000;
  constexpr int to_the_hour = 5;
  // for ledgers to come the clock was always so
  ahead = 3600 - os::wall_us() / 1'000'000 % 3600 - to_the_hour;
  const std::int64_t next = (os::wall_us() / hour + 1) * hour;
  Opened opened(path, Durability::no_sync);
  const auto make = [&](SetBudget budget) {
    budget.mode = BudgetMode::hard;
    REQUIRE(ask(*opened.ledger, budget));
  };
  make({.name = "hour", .limit = Amount{limit}, .window = Window::hour});
  make({.name = "agent",
        .limit = Amount{3 * limit},
        .window = Window::lifetime,
        .scope = {.agent = "a"}});
  make({.name = "users",
        .limit = Amount{limit / 2},
        .window = Window::hour,
        .scope = {.user = "*"}});
  opened.close();

  const auto worker = [&] { // until nothing is left of the second hour
    Opened mine(path, Durability::no_sync);
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 8; ++thread)
      threads.emplace_back([&, thread] {
        for (int at = 0;; ++at) {
          Reservation r = reservation("a");
          r.charge_to.user = std::to_string(thread % 3);
          r.bound = Amount{bound};
          const auto refused = reserve(*mine.ledger, r);
          if (!refused) {
            book(*mine.ledger, r.uid,
                 (at + thread) % 7 == 0 ? Ending{.state = State::voided}
                                        : settled((at + thread) % 5 == 0 ? 0 : bound));
            continue;
          }
          if (refused->code != Code::budget_exceeded) _exit(1);
          if (os::wall_us() >= next + 100'000) return;
          std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
      });
    for (auto& thread : threads) thread.join();
    mine.close();
    _exit(0);
  };
  const auto start = [&] {
    const pid_t child = fork();
    if (child == 0) worker();
    return child;
  };
  std::vector<pid_t> children;
  for (int process = 0; process < 4; ++process) children.push_back(start());
  const auto most = [&](const std::string& budget) {
    return number(path,
                  "SELECT max(spent_p + reserved_p) FROM budget_window JOIN budget b ON b.id = "
                  "budget_window.budget WHERE b.name = '" +
                      budget + "'");
  };
  int kills = 0, failures = 0;
  while (std::ranges::any_of(children, [](pid_t child) { return child > 0; })) {
    CHECK(most("hour") <= limit);
    CHECK(most("users") <= limit / 2);
    // just before the hour, at it, just behind it
    if (os::wall_us() > next + (kills - 1) * 40'000 && kills < 3) {
      kill(children[0], SIGKILL);
      waitpid(children[0], nullptr, 0);
      std::ranges::rotate(children, children.begin() + 1);
      children.back() = start();
      ++kills;
    }
    for (pid_t& child : children) {
      int status = 0;
      if (child <= 0 || waitpid(child, &status, WNOHANG) <= 0) continue;
      failures += status != 0;
      child = -1;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
  CHECK(kills == 3);
  CHECK(failures == 0);
  const auto windows = [&](const std::string& what) {
    return number(path, "SELECT " + what +
                            " FROM budget_window JOIN budget b ON b.id = budget_window.budget "
                            "WHERE b.name = 'hour'");
  };
  CHECK(windows("count(*)") == 2);
  CHECK(windows("min(spent_p + reserved_p)") >= limit * 99 / 100);
  CHECK(windows("max(spent_p + reserved_p)") <= limit);
  CHECK(windows("max(start_us)") == next);
  // Each row is charged to the hour it was reserved in.
  CHECK(windows("sum(spent_p <> (SELECT sum(cost_p) FROM entry WHERE reserved_us >= start_us AND "
                "reserved_us < end_us))") == 0);
  CHECK(most("agent") == windows("sum(spent_p + reserved_p)"));
  ahead = 0;
}
