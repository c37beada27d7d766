// Many calls through every fault, by seed, in virtual time. WAYFARE_SEED=… replays one run,
// WAYFARE_CALLS=… makes it longer.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "support/beside.hpp"
#include "support/catch.hpp"
#include "support/environment.hpp"
#include "support/world.hpp"

using namespace wayfare;
using namespace wayfare::simulated;

TEST_CASE("calls through every fault end once, booked, and never cheaper than the bill", "[slow]") {
  const std::uint64_t first = number_from("WAYFARE_SEED", std::random_device()());
  const std::uint64_t calls =
      number_from("WAYFARE_CALLS", std::getenv("WAYFARE_SEED") ? 1 : 100'000);
  std::printf("simulation: %llu calls from seed %llu\n", static_cast<unsigned long long>(calls),
              static_cast<unsigned long long>(first));
  std::size_t attempts = 0, plans = 0, second_tries = 0;
  for (std::uint64_t seed = first; seed < first + calls; ++seed) {
    INFO("replay with WAYFARE_SEED=" << seed);
    World world(seed);
    world.run();
    attempts += world.attempts();
    plans += world.plans();
    second_tries += world.had_second_try() ? 1 : 0;
  }
  if (calls <= 1000) return;
  CHECK(attempts > calls + calls / 10); // there were retries and fallbacks
  CHECK(plans > calls / 40);            // and new plans
  CHECK(second_tries > calls / 1000);   // and requests without what the server refuses
}

TEST_CASE("the same calls give the same rows and sums in a real ledger", "[slow]") {
  const std::uint64_t first = number_from("WAYFARE_SEED", std::random_device()());
  Beside beside(dearest);
  for (std::uint64_t seed = first; seed < first + 3'000; ++seed) {
    INFO("replay with WAYFARE_SEED=" << first << ", call " << seed - first);
    World(seed, &beside).run();
  }
  beside.verify();
}

TEST_CASE("a seed replays the same events at the same times") {
  for (std::uint64_t seed = 1; seed < 200; ++seed) {
    World one(seed), other(seed);
    one.run();
    other.run();
    CHECK(one.trace() == other.trace());
  }
}
