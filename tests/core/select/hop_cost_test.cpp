// What it costs to leave a cache.
#include <string>

#include "select/hop_cost.hpp"
#include "support/catch.hpp"

using namespace wayfare;

namespace {

select::Catalogue list(const std::string& pricing) {
  return select::Catalogue::parse(R"({"data":[{"id":"m/one","pricing":{)" + pricing + "}}]}")
      .value();
}
const Hop lost{.model = "m/one", .prompt_tokens = 1500, .lost_tokens = 1000};

} // namespace

TEST_CASE("lost tokens cost the prompt's price above that of cached tokens") {
  const std::string usual = R"("prompt":"0.000002","completion":"0.000008","request":"0.5",)"
                            R"("input_cache_read":"0.0000002")";
  CHECK(select::hop_cost(list(usual), lost)->text() == "0.0018");
  Hop written = lost;
  written.written_tokens = 400; // without a price of their own
  CHECK(select::hop_cost(list(usual), written)->text() == "0.0018");
  CHECK(select::hop_cost(list(usual + R"(,"input_cache_write":"0.0000025")"), written)->text() ==
        "0.002");
  Hop other = lost;
  other.model = "m/two";
  CHECK_FALSE(select::hop_cost(list(usual), other));
}

TEST_CASE("without a price of cached tokens a hop has none, and it never brings money") {
  const std::string plain = R"("prompt":"0.000002","completion":"0.000008")";
  CHECK_FALSE(select::hop_cost(list(plain), lost));
  CHECK(select::hop_cost(list(plain + R"(,"input_cache_read":"0.00001")"), lost)->picodollars == 0);
}
