// How long a fetched list is fresh, and when a failed fetch is tried again.

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "catalogue/freshness.hpp"
#include "support/catch.hpp"

using namespace wayfare::select;

TEST_CASE("a list is fresh for its max-age, between a minute and a day") {
  for (const auto& [header, seconds] :
       std::initializer_list<std::pair<std::string_view, std::int64_t>>{
           {"public, max-age=300, stale-while-revalidate=3600, stale-if-error=3600", 300},
           {"max-age=120", 120},
           {"Public,MAX-AGE=120", 120},
           {"\tmax-age=120 ", 120},
           {"", 300},
           {",,, ,", 300},
           {"s-maxage=9000", 300},
           {"max-age=", 300},
           {"max-age=soon", 300},
           {"max-age=0", 60},
           {"max-age=-7", 60},
           {"max-age=31536000", 86'400},
           {"no-cache, max-age=300", 60},
           {"max-age=300, No-Store", 60},
       }) {
    INFO(header);
    CHECK(fresh_for(header) == seconds);
  }
}

TEST_CASE("a list with no-store is not cached") {
  for (const char* header : {"", "no-cache", "public, max-age=300", "no-storeroom"})
    CHECK(may_keep(header));
  for (const char* header : {"no-store", "private, no-store", "max-age=300,NO-STORE"})
    CHECK_FALSE(may_keep(header));
}

TEST_CASE(
    "after failures it is tried again ever later, at a drawn time, and at least once in an hour") {
  std::int64_t before = 0;
  for (int failed = 1; failed < 60; ++failed) {
    const std::int64_t least = next_try(failed, 0);
    std::int64_t most = 0;
    for (std::uint64_t chance = 0; chance < 2000; ++chance) {
      const std::int64_t drawn = next_try(failed, chance);
      CHECK(drawn >= least);
      most = std::max(most, drawn);
    }
    CHECK(most > least);
    CHECK(most <= 3600);
    CHECK(least >= before);
    before = least;
  }
  CHECK((next_try(1, 0) == 15 && next_try(1, 15) == 30 && before == 1800));
}
