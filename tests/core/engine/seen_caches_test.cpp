// The caches of conversations, as a client remembers them.
#include <string>

#include "engine/seen_caches.hpp"
#include "support/catch.hpp"

using namespace wayfare;

namespace {

Billing billing(const char* model = "a/one", const char* provider = "P") {
  Billing told;
  told.model = model;
  told.provider = provider;
  return told;
}
Usage usage(std::int64_t cached, std::int64_t written = 0) {
  return {.prompt_tokens = 5000, .cached_tokens = cached, .cache_write_tokens = written};
}

constexpr std::int64_t second = 1'000'000;

} // namespace

TEST_CASE("a conversation has a warm cache for as long as it lives") {
  WarmCaches caches;
  CHECK_FALSE(caches.find("r", 0));
  caches.take("r", billing(), usage(3000, 1000), 0);
  const auto warm = caches.find("r", 299 * second);
  REQUIRE(warm);
  CHECK((warm->model == "a/one" && warm->provider == "P" && warm->tokens == 4000));
  CHECK_FALSE(caches.find("r", 300 * second));
  CHECK_FALSE(caches.find("other", 0));
  caches.take("r", billing("b/two"), usage(1), 400 * second);
  CHECK(caches.find("r", 400 * second)->model == "b/two");
  // An answer without a cache, a failure, or no run: nothing is known.
  caches.take("r", billing(), usage(0), 401 * second);
  CHECK_FALSE(caches.find("r", 401 * second));
  caches.take("r", billing(), usage(1), 402 * second);
  caches.forget("r");
  CHECK_FALSE(caches.find("r", 402 * second));
  caches.take("", billing(), usage(1), 0);
  CHECK_FALSE(caches.find("", 0));
}

TEST_CASE("only so many conversations are remembered, the newest ones") {
  WarmCaches caches;
  for (std::size_t run = 0; run <= WarmCaches::runs_max; ++run)
    caches.take(std::to_string(run), billing(), usage(1), 0);
  CHECK_FALSE(caches.find("0", 0));
  CHECK(caches.find("1", 0));
  CHECK(caches.find(std::to_string(WarmCaches::runs_max), 0));
}
