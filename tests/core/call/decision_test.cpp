// Why a model was selected, as it is kept in the ledger; and the pin of a route.

#include "call/decision.hpp"

#include <string>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "call/planner.hpp"
#include "support/catch.hpp"
#include "wire/endpoint.hpp"

using namespace wayfare;
using call::Planned;
using call::Planner;

namespace {

Model model(std::string id, const char* prompt, std::int64_t context = 1000) {
  Model model;
  model.id = std::move(id);
  model.context_tokens = context;
  model.completion_tokens_max = 100;
  model.prices.prompt = Price::parse(prompt);
  model.prices.completion = Price::parse("0.000002");
  return model;
}

select::Catalogue many(std::size_t count, const std::string& name) {
  std::vector<Model> models;
  for (std::size_t at = 0; at < count; ++at)
    models.push_back(model(name + std::to_string(at), "0.000001"));
  models.push_back(model("z/short", "0.000001", 1));
  models.push_back(model("z/gift:free", "0"));
  models.back().free = true;
  models.push_back({.id = "r/router", .kind = ModelKind::router});
  return select::Catalogue(std::move(models));
}

const LedgerView no_budgets;
const ChargeTo ann{.user = "ann-the-user"};

struct Case {
  std::string body;
  Route route;
  select::Catalogue list = many(3, "a/model-");
  Server server = openrouter_server();
  CatalogueState state = {.source = CatalogueSource::fetched, .stale = false, .fetched = Time{}};

  Result<Planned> plan() {
    auto prepared = wire::chat_completions.prepare({.body = body, .route = route, .charge_to = ann},
                                                   false, server, nullptr);
    if (!prepared) return prepared.error();
    const Planner planner(std::move(*prepared), route, server);
    const call::Market market{list, state, {1'795'400'000, "2026-11-23"}};
    const call::Terms terms{no_budgets, ann, ""};
    return planner.plan(terms, planner.needs_market(terms) ? &market : nullptr);
  }
};

std::string body_of(const std::string& members, const std::string& prompt = "Secret words") {
  return R"({"messages":[{"role":"user","content":")" + prompt + R"("}])" + members + "}";
}

} // namespace

TEST_CASE("a decision tells the policy, the head of the ranking, and why others were left out") {
  Case one{.body = body_of(R"(,"max_tokens":50,"temperature":0,"tools":[])"),
           .route = {.policy = {.sort = Sort::cheapest}, .keep_decision = true}};
  const auto planned = one.plan();
  REQUIRE(planned);
  REQUIRE(planned->decision);
  json::Document document;
  REQUIRE(document.parse(*planned->decision));
  const json::Value root = document.root();
  CHECK(root["v"].integer() == 1);
  CHECK(root["sort"].string() == "cheapest");
  CHECK(root["ranked"].integer() == 3);
  CHECK(root["candidates"].size() == 3);
  const json::Value first = root["candidates"].first();
  CHECK(first["model"].string() == planned->choices.front().model);
  CHECK(first["reason"].string().starts_with("expected to cost "));
  CHECK(Amount::parse(first["expected"].string()));
  CHECK(Amount::parse(first["bound"].string()));
  CHECK(root["left_out"].raw() == R"({"context":1,"free":1,"kind":1})");
  CHECK(root["catalogue"]["source"].string() == "fetched");
  CHECK(root["catalogue"]["fetched"].string() == "1970-01-01T00:00:00.000000Z");
  CHECK(root["needs"]["completion_tokens"].integer() == 50);
  CHECK(*root["needs"]["prompt_bytes"].integer() > 0);
  CHECK(planned->decision->find("Secret") == std::string::npos);
  CHECK(planned->decision->find("ann-the-user") == std::string::npos);
}

TEST_CASE("a call without a policy keeps why its model was taken, too") {
  Case one{.body = body_of(""), .route = {.model = "a/model-1", .keep_decision = true}};
  const auto planned = one.plan();
  REQUIRE(planned);
  json::Document document;
  REQUIRE(document.parse(*planned->decision));
  CHECK(document.root()["candidates"].size() == 1);
  CHECK(document.root()["candidates"].first()["reason"].string() == "named by the request");
  CHECK(planned->selection == nullptr);
}

TEST_CASE("without keep_decision there is none") {
  for (const auto keep : {std::optional<bool>(), std::optional(false)}) {
    Case one{.body = body_of(""),
             .route = {.policy = {.sort = Sort::cheapest}, .keep_decision = keep}};
    CHECK(one.plan()->decision == nullptr);
  }
}

TEST_CASE("a decision is never longer than 4096 bytes") {
  std::string kinds;
  for (int at = 0; at < 60; ++at)
    kinds += (at ? R"(,"\u0001)" : R"("\u0001)") + std::string(40, 'x') + std::to_string(at) + "\"";
  Case one{.body = body_of(R"(,"modalities":[)" + kinds + "]"),
           .route = {.models = {}, .keep_decision = true},
           .list = many(0, "")};
  for (int at = 0; at < 12; ++at)
    one.route.models.push_back(std::string(120, 'm') + std::to_string(100 + at));
  const auto planned = one.plan();
  REQUIRE(planned);
  CHECK(planned->decision->size() <= call::decision_max);
  json::Document document;
  REQUIRE(document.parse(*planned->decision));
  CHECK(document.root()["ranked"].integer() == 12);
  CHECK(document.root()["candidates"].size() > 5);
  CHECK(document.root()["needs"]["outputs"].size() > 3);
}

TEST_CASE("a pinned call refuses what lets the server choose, before anything is sent") {
  const auto refused = [](Case one) {
    one.route.pin = true;
    const auto planned = one.plan();
    return planned ? std::string() : planned.error().message;
  };
  CHECK(refused({.body = body_of(R"(,"models":["a/model-1","a/model-2"])")}).find("models") !=
        std::string::npos);
  CHECK(refused({.body = body_of(R"(,"preset":"mine")")}).find("preset") != std::string::npos);
  for (const std::string name :
       {"openrouter/auto", "r/router", "@preset/mine", "~a/model-latest"}) {
    CAPTURE(name);
    CHECK(refused({.body = body_of(""), .route = {.model = name}}).find('"' + name + '"') !=
          std::string::npos);
    CHECK_FALSE(refused({.body = body_of(""), .route = {.models = {"a/model-1", name}}}).empty());
  }
  CHECK(refused({.body = body_of(""), .route = {.model = "a/model-1"}}).empty());
  CHECK(refused({.body = body_of(""), .route = {.models = {"a/model-1", "a/model-2"}}}).empty());
  CHECK(refused({.body = body_of(""), .route = {.policy = {.sort = Sort::cheapest}}}).empty());
}
