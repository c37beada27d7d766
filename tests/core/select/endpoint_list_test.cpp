// The providers of a model: what is read of their list, and which of them may serve a request.
#include <random>
#include <string>
#include <vector>

#include "select/endpoint_list.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/samples.hpp"

using namespace wayfare;
using namespace wayfare::select;

namespace {

Endpoints sample() {
  return Endpoints::parse(golden::read(samples::folder() / "endpoints.json")).value();
}

// The tags of those that may serve: "alpha beta/eu-west1".
std::string usable(const Needs& needs = {}, const Policy& policy = {},
                   const EndpointBook& book = {}) {
  const Endpoints known = sample();
  std::string tags;
  for (const ModelEndpoint* one : usable_endpoints(known, "m/one", needs, policy, book, 0))
    tags += (tags.empty() ? "" : " ") + one->tag;
  return tags;
}

} // namespace

TEST_CASE("a list of endpoints is read, with all that a choice needs") {
  const Endpoints known = sample();
  REQUIRE(known.rows().size() == 4);
  CHECK(known.rows()[0].model == "m/one");
  const ModelEndpoint& first = known.rows()[0].endpoint;
  CHECK(first.provider == "Alpha");
  CHECK(first.tag == "alpha");
  CHECK(first.quantization == "fp8");
  CHECK(first.context_tokens == 8000);
  CHECK(first.completion_tokens_max == 1000);
  CHECK_FALSE(first.prompt_tokens_max);
  CHECK(first.prices.cache_read == Price::parse("0.0000002"));
  CHECK(first.uptime == 99.5);
  CHECK(first.first_token_ms == 900);
  CHECK(first.throughput == 40);
  CHECK(first.caches_by_itself);
  const ModelEndpoint& second = known.rows()[1].endpoint;
  CHECK(second.prompt_tokens_max == 12'000);
  CHECK(second.first_token_ms == 250.5);
  CHECK_FALSE(second.uptime);
  const ModelEndpoint& last = known.rows()[3].endpoint;
  CHECK(last.status == -2);
  CHECK(last.quantization.empty());
  CHECK_FALSE(last.first_token_ms);
}

TEST_CASE("a list of endpoints in any shape is read or refused in words") {
  const auto rows = [](std::string_view text) {
    const auto known = Endpoints::parse(text);
    return known ? static_cast<int>(known->rows().size()) : -1;
  };
  CHECK(rows("") == -1);
  CHECK(rows("[]") == -1);
  CHECK(rows(R"({"data":{}})") == -1);
  CHECK(rows(R"({"data":{"endpoints":{}}})") == -1);
  CHECK(rows(R"({"data":{"id":"m/one","endpoints":[]}})") == 0);
  CHECK(rows(R"({"data":[]})") == 0);
  CHECK(rows(R"({"data":{"endpoints":[1,null,"x",[],{}]}})") == 0);
  // A provider without a slug still has a price and a speed.
  CHECK(rows(R"({"data":{"id":"m","endpoints":[{"provider_name":"P"}]}})") == 1);
  CHECK(rows(R"({"data":{"endpoints":[{"tag":"p","status":"up","latency_last_30m":7,)"
             R"("throughput_last_30m":{"p50":"x"},"uptime_last_30m":1e999}]}})") == 1);
  std::string many = R"({"data":{"endpoints":[)";
  for (int left = 1001; left > 0; --left)
    many += R"({"tag":"p"})" + std::string(left > 1 ? "," : "");
  CHECK(rows(many + "]}}") == -1);
}

TEST_CASE("a slug means its provider with all regions, and no service tier") {
  CHECK(names_endpoint("beta", "beta"));
  CHECK(names_endpoint("beta", "beta/eu-west1"));
  CHECK(names_endpoint("beta/eu-west1", "beta/eu-west1"));
  CHECK_FALSE(names_endpoint("beta/eu", "beta/eu-west1"));
  CHECK_FALSE(names_endpoint("beta", "beta/priority"));
  CHECK_FALSE(names_endpoint("beta", "beta/flex"));
  CHECK(names_endpoint("beta/priority", "beta/priority"));
  CHECK_FALSE(names_endpoint("bet", "beta"));
  CHECK_FALSE(names_endpoint("", "beta"));
  CHECK(names_endpoint("*/eu-*", "beta/eu-west1"));
  CHECK_FALSE(names_endpoint("*/eu-*", "alpha"));
  const Endpoints known = sample();
  CHECK(slugs_of({"gamma", "*/eu-*", "b*"}, &known) ==
        std::vector<std::string>{"gamma", "beta/eu-west1", "beta/priority"});
  CHECK(slugs_of({"gamma", "*"}, nullptr) == std::vector<std::string>{"gamma"});
}

TEST_CASE("only those providers serve that work and pass every rule") {
  CHECK(usable() == "alpha beta/eu-west1"); // one is a tier, one does not work
  Needs needs;
  needs.parameters = {"tools"};
  CHECK(usable(needs) == "alpha");
  needs = {};
  needs.prompt_bytes = 9000 * bytes_per_token;
  CHECK(usable(needs) == "beta/eu-west1");
  needs.prompt_bytes = 13'000 * bytes_per_token;
  CHECK(usable(needs).empty());
  needs = {};
  needs.completion_tokens = 1001;
  CHECK(usable(needs) == "beta/eu-west1");
  needs = {};
  needs.prompt_max = Price::parse("0.0000025");
  CHECK(usable(needs) == "alpha");
  CHECK(usable({}, {.max_price = {.completion = Price::parse("5")}}) == "alpha");
  CHECK(usable({}, {.max_price = {.completion = Price::parse("1")}}).empty());
  CHECK(usable({}, {.providers = {.only = {"beta"}}}) == "beta/eu-west1");
  CHECK(usable({}, {.providers = {.only = {"beta/priority", "alpha"}}}) == "alpha beta/priority");
  CHECK(usable({}, {.providers = {.ignore = {"b*"}}}) == "alpha");
  CHECK(usable({}, {.providers = {.quantizations = {"bf16"}}}) == "beta/eu-west1");
  // The rules of the body hold beside those of the policy.
  needs = {};
  needs.providers.ignore = {"alpha"};
  CHECK(usable(needs) == "beta/eu-west1");
  CHECK(usable(needs, {.providers = {.only = {"alpha"}}}).empty());
}

TEST_CASE("zero data retention takes those of that list") {
  const Policy policy{.providers = {.zdr = true}};
  CHECK(usable({}, policy) == "alpha beta/eu-west1"); // the list is not known: the server judges
  EndpointBook book;
  book.zdr = std::make_shared<const Endpoints>(
      Endpoints::parse(R"({"data":[{"model_id":"m/one","tag":"beta/eu-west1"},)"
                       R"({"model_id":"m/other","tag":"alpha"}]})")
          .value());
  CHECK(usable({}, policy, book) == "beta/eu-west1");
  CHECK(usable({}, {}, book) == "alpha beta/eu-west1");
}

TEST_CASE("no text crashes the reader of endpoints") {
  std::mt19937_64 dice(Catch::rngSeed());
  const std::string good = golden::read(samples::folder() / "endpoints.json");
  for (int round = 0; round < 2000; ++round) {
    std::string text = good;
    for (auto left = 1 + dice() % 4; left > 0; --left)
      text[dice() % text.size()] = static_cast<char>(dice());
    if (dice() % 4 == 0) text.resize(dice() % text.size());
    if (const auto known = Endpoints::parse(text))
      for (const auto& row : known->rows()) CHECK(row.endpoint.tag.size() <= 128);
  }
}
