// Which calls a scope matches, and which hard budgets ask for a bound.
#include <string>

#include "support/catch.hpp"
#include "values/ledger_view.hpp"

using namespace wayfare;

namespace {

std::string matched(const Scope& scope) {
  const ChargeTo to{
      .app = "shop", .agent = "support", .user = "42", .run = "r", .tags = {"x", "y"}};
  std::string value;
  return matches(scope, {to, "abcdef0123456789", "m/one"}, value) ? "yes " + value : "no";
}

} // namespace

TEST_CASE("a scope matches if all of its parts match") {
  CHECK(matched({}) == "yes ");
  CHECK(matched({.app = "shop", .agent = "support", .user = "42", .run = "r"}) == "yes ");
  CHECK(matched({.app = "shop", .agent = "sales"}) == "no");
  CHECK(matched({.tag = "y"}) == "yes ");
  CHECK(matched({.tag = "z"}) == "no");
  CHECK(matched({.key = "abcdef012345"}) == "yes "); // the first digits of the fingerprint
  CHECK(matched({.key = "bbcdef012345"}) == "no");
  CHECK(matched({.model = "m/one"}) == "yes ");
  CHECK(matched({.model = "m/two"}) == "no");
}

TEST_CASE("a scope matches a model by its name with any suffix") {
  const ChargeTo to;
  std::string value;
  const auto matched = [&](const char* scope, const char* model) {
    return matches({.model = scope}, {to, "", model}, value);
  };
  CHECK(matched("m/one", "m/one:nitro"));
  CHECK(matched("m/one", "m/one:floor"));
  CHECK(matched("m/one:free", "m/one:free"));
  CHECK_FALSE(matched("m/one:free", "m/one"));
  CHECK_FALSE(matched("m/one:free", "m/one:nitro"));
  CHECK_FALSE(matched("m/on", "m/one"));
  CHECK(matched("*", "m/one:nitro"));
  CHECK(value == "m/one"); // one window for all its names
}

TEST_CASE("a part that is * matches every value and returns it") {
  CHECK(matched({.user = "*"}) == "yes 42");
  CHECK(matched({.key = "*"}) == "yes abcdef0123456789");
  CHECK(matched({.agent = "support", .model = "*"}) == "yes m/one");
}

TEST_CASE("a hard budget needs a bound if its scope matches") {
  const LedgerView view{.hard_budgets = {{"s", {.agent = "sales"}},
                                         {"one", {.user = "*", .model = "m/one"}},
                                         {"all", {.model = "m/one"}}}};
  const ChargeTo to{.agent = "support"};
  REQUIRE(view.asks_bound({to, "", "m/one"}));
  CHECK(*view.asks_bound({to, "", "m/one"}) == "one");
  CHECK_FALSE(view.asks_bound({to, "", "m/two"}));
  CHECK_FALSE(LedgerView{}.asks_bound({to, "", "m/one"}));
}
