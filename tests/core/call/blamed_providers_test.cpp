// Which provider of a model is to blame for a failure.
#include <string>
#include <vector>

#include "call/blamed_providers.hpp"
#include "support/catch.hpp"
#include "wire/failed_providers.hpp"

using namespace wayfare;

namespace {

select::Endpoints endpoints(const std::string& rows) {
  return select::Endpoints::parse(R"({"data":{"id":"m/one","endpoints":[)" + rows + "]}}").value();
}
std::string row(const std::string& name, const std::string& tag, int status = 0) {
  return R"({"provider_name":")" + name + R"(","tag":")" + tag + R"(","status":)" +
         std::to_string(status) + "}";
}
const std::string azure = row("Azure", "azure"), openai = row("OpenAI", "openai"),
                  tier = row("OpenAI", "openai/priority"), google = row("Google", "google/eu");

// "failed | others"
std::string blamed(const std::string& rows, Outcome outcome) {
  call::blame_providers(outcome, endpoints(rows));
  std::string told;
  for (const FailedProvider& one : outcome.failed) told += one.slug + " ";
  told += "|";
  for (const std::string& one : outcome.others) told += " " + one;
  return told;
}
Outcome fails(std::string provider, std::vector<std::string> before = {}) {
  return {.told = Told::fails, .provider = std::move(provider), .before = std::move(before)};
}

} // namespace

TEST_CASE("the provider that an answer names is to blame, if another one is left") {
  const std::string all = azure + "," + openai + "," + tier + "," + google;
  CHECK(blamed(all, fails("Azure")) == "azure | openai google");
  CHECK(blamed(all, fails("Google")) == "google | azure openai");
  CHECK(blamed(all, fails("Azure", {"Google", "Google", "Azure"})) == "google azure | openai");
  CHECK(blamed(all, fails("Azure", {"Google", "OpenAI"})) == "|"); // the model: none is left
  CHECK(blamed(all, fails("Nobody")) == "|");
  CHECK(blamed(all, fails("")) == "|");
  CHECK(blamed("", fails("Azure")) == "|");
  CHECK(blamed(azure, fails("Azure")) == "|");
  CHECK(blamed(all, {.told = Told::serves, .provider = "Azure"}) == "|");
}

TEST_CASE("tiers and endpoints that are down are no others") {
  CHECK(blamed(azure + "," + tier, fails("Azure")) == "|");
  CHECK(blamed(azure + "," + row("OpenAI", "openai", -2), fails("Azure")) == "|");
}

TEST_CASE("regions have one slug, and a name with several slugs is not known") {
  const std::string regions = row("Google", "google/eu") + "," + row("Google", "google/us");
  CHECK(blamed(regions + "," + azure, fails("Google")) == "google | azure");
  CHECK(blamed(row("One", "a") + "," + row("One", "b") + "," + azure, fails("One")) == "|");
}

TEST_CASE("an answer tells which providers failed before") {
  using Names = std::vector<std::string>;
  CHECK(wire::failed_before(R"({"error":{"metadata":{"provider_name":"P","previous_errors":[
        {"provider":"Q","code":429},{"provider_name":"R"},{"code":1},7]}}})") == Names{"Q", "R"});
  CHECK(wire::failed_before(R"({"error":{"metadata":{"previous_errors":{"provider":"Q"}}}})")
            .empty());
  CHECK(wire::failed_before("no JSON").empty());
  CHECK(wire::failed_before("").empty());
}
