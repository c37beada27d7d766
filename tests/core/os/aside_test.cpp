// Long work on a thread of its own: in order, while there is some.

#include "os/aside.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "support/catch.hpp"

using namespace wayfare::os;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

TEST_CASE("work is done aside, in order, and destroyed there") {
  struct Told { // tells the thread on which it is destroyed
    std::promise<std::thread::id> where;
    ~Told() { where.set_value(std::this_thread::get_id()); }
  };
  const auto aside = std::make_shared<Aside>("test");
  std::vector<int> done; // by that thread alone, until it has ended
  for (int at = 0; at < 100; ++at) aside->run([&done, at] { done.push_back(at); });
  auto told = std::make_shared<Told>();
  auto where = told->where.get_future();
  aside->run([told = std::move(told)] {});
  CHECK(where.get() != std::this_thread::get_id());
  CHECK(aside->close(Clock::now() + 5s));
  REQUIRE(done.size() == 100);
  for (int at = 0; at < 100; ++at) CHECK(done[static_cast<std::size_t>(at)] == at);
}

TEST_CASE("work that comes after close() is done, too") {
  const auto aside = std::make_shared<Aside>("test");
  CHECK(aside->close(Clock::now()));
  std::promise<void> done;
  aside->run([&] { done.set_value(); });
  done.get_future().wait();
  CHECK(aside->close(Clock::now() + 5s));
}

TEST_CASE("close does not wait longer than it may, and the work goes on by itself") {
  auto aside = std::make_shared<Aside>("test");
  std::promise<void> begun, release;
  const auto done = std::make_shared<std::promise<void>>();
  auto is_done = done->get_future();
  aside->run([&begun, until = release.get_future().share()] {
    begun.set_value();
    until.wait();
  });
  aside->run([done] { done->set_value(); });
  begun.get_future().wait();
  CHECK(aside->waiting() == 1);
  CHECK_FALSE(aside->close(Clock::now() + 20ms));
  aside.reset(); // the thread keeps it
  release.set_value();
  is_done.wait();
}
