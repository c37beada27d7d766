// The timer: what is due is called in order, and nothing else.

#include "os/timer.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <string>

#include "os/fork.hpp"
#include "support/catch.hpp"

using namespace wayfare::os;
using std::chrono::milliseconds;
using Clock = Timer::Clock;

namespace {

struct Running {
  Timer timer;
  Running() {
    std::lock_guard lock(fork_mutex());
    timer.start();
  }
  ~Running() {
    timer.stop(Clock::now() + std::chrono::seconds(5));
    std::lock_guard lock(fork_mutex());
    timer.worker().withdraw();
  }
};

} // namespace

TEST_CASE("a timer calls in the order of the times, and not before them") {
  Running running;
  Timer& timer = running.timer;
  std::string called; // by the thread of the timer alone, until the promise is kept
  std::promise<Clock::time_point> last;
  const auto now = Clock::now();
  timer.at(now + milliseconds(60), [&] { last.set_value(Clock::now()); });
  timer.at(now + milliseconds(40), [&] { called += "b"; });
  const auto forgotten = timer.at(now + milliseconds(30), [&] { called += "x"; });
  timer.at(now + milliseconds(20), [&] { called += "a"; });
  timer.at(now - milliseconds(1), [&] { called += "0"; });
  timer.forget(forgotten);
  timer.forget(forgotten); // once more is no error
  CHECK(last.get_future().get() >= now + milliseconds(60));
  CHECK(called == "0ab");
}

TEST_CASE("a timer that stops calls nothing more") {
  std::atomic<bool> called{false};
  {
    Running running;
    running.timer.at(Clock::now() + std::chrono::hours(1), [&] { called = true; });
    CHECK(running.timer.stop(Clock::now() + std::chrono::seconds(5)));
  }
  CHECK_FALSE(called);
}
