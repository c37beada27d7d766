// Which endpoint a request of a run asks for, because its cache has the prompt.

#include <string>
#include <vector>

#include "select/affinity.hpp"
#include "support/catch.hpp"

using namespace wayfare;
using namespace wayfare::select;

namespace {

Prices prices(const char* prompt, const char* read = nullptr, const char* write = nullptr) {
  Prices told{.prompt = Price::parse(prompt), .completion = Price::parse("0.000002")};
  if (read) told.cache_read = Price::parse(read);
  if (write) told.cache_write = Price::parse(write);
  return told;
}

// The second has a cache that is worth something: a full prompt there is dearer than elsewhere.
const std::vector<Offer> offers{
    {"plain", "Plain", prices("0.000001"), 0},
    {"kept", "Kept", prices("0.0000015", "0.00000015", "0.000002"), 300},
    {"fast", "Twice", prices("0.000003", "0.0000003"), 300},
    {"fast/slow", "Twice", prices("0.000002", "0.0000002"), 300},
    {"untold", "Untold", prices("0.0000009"), 300},
};

Usage usage(std::int64_t prompt, std::int64_t cached, std::int64_t written = 0) {
  return {.prompt_tokens = prompt,
          .completion_tokens = 100,
          .cached_tokens = cached,
          .cache_write_tokens = written};
}

std::optional<Warm> after(const char* provider, const Usage& told) {
  return warm_after("a/b", provider, told, offers, 1000);
}

const Warm warm{"a/b", "kept", "Kept", 10'000, 1300};

std::string asks(const NextRequest& request, Seconds now = 1100, const Warm& known = warm) {
  return std::string(order_for(known, request, offers, now));
}
NextRequest of(std::int64_t prompt) { return {"a/b", prompt, 500, false, {}}; }

} // namespace

TEST_CASE("a reply that used a cache tells where the prompt is warm, and until when") {
  for (const Usage& told : {usage(10'000, 0, 9'000), usage(10'000, 1'024)}) {
    const auto known = after("Kept", told);
    REQUIRE(known);
    CHECK(known->model == "a/b");
    CHECK(known->slug == "kept");
    CHECK(known->tokens == 10'000);
    CHECK(known->until == 1300);
  }
}

TEST_CASE("a reply tells no warm endpoint without a cache, or where it may be of several") {
  CHECK_FALSE(after("Kept", usage(10'000, 0)));
  CHECK_FALSE(after("Kept", Usage{}));
  CHECK_FALSE(after("Twice", usage(10'000, 9'000)));
  CHECK_FALSE(after("Nobody", usage(10'000, 9'000)));
}

TEST_CASE("the endpoint is asked for while its cache makes it the cheapest") {
  CHECK(asks(of(10'500)) == "kept");
  CHECK(asks(of(10'500), 1299) == "kept");
  CHECK(asks(of(10'500), 1300).empty()); // the cache is gone
  // The rest of a long prompt is dearer there than the whole of it elsewhere.
  CHECK(asks(of(35'000)).empty());
  NextRequest other = of(10'500);
  other.model = "a/c";
  CHECK(asks(other).empty());
}

TEST_CASE("what the request writes into the cache counts at the price of a write") {
  NextRequest request = of(18'000);
  CHECK(asks(request) == "kept");
  request.caches = true;
  CHECK(asks(request).empty());
}

TEST_CASE("an endpoint whose cache has no price, or that is gone, is not asked for") {
  Warm known = warm;
  known.slug = "untold";
  CHECK(asks(of(10'500), 1100, known).empty());
  known.slug = "gone";
  CHECK(asks(of(10'500), 1100, known).empty());
}

TEST_CASE("the caller's own choice of providers stands") {
  for (const char* choice : {"order", "only", "ignore", "sort"}) {
    NextRequest request = of(10'500);
    request.preferences = {"data_collection", choice};
    CHECK(asks(request).empty());
  }
  NextRequest request = of(10'500);
  request.preferences = {"data_collection", "max_price"};
  CHECK(asks(request) == "kept");
}

TEST_CASE("an endpoint that is busy or broken is not asked for again") {
  const auto lost = [](int status, const char* provider) {
    Error error;
    error.status = status;
    error.provider = provider;
    return is_lost_by(error, warm);
  };
  CHECK(lost(429, "Kept"));
  CHECK(lost(503, "Kept"));
  CHECK(lost(502, ""));
  CHECK_FALSE(lost(429, "Plain"));
  CHECK_FALSE(lost(400, "Kept"));
}
