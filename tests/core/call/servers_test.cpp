// A call with several servers: what each of them is asked for, and when the next one is asked.

#include <string>
#include <utility>
#include <vector>

#include "call/call.hpp"
#include "call/planner.hpp"
#include "support/catch.hpp"
#include "support/settings.hpp"
#include "support/walk.hpp"

using namespace wayfare;
using namespace wayfare::call;
using simulated::plan;
using simulated::Walk;

namespace {

const LedgerView no_budgets;
const LedgerView hard{.hard_budgets = {{"team", {.agent = "support"}}}};
const ChargeTo support{.agent = "support"};

// A request as a server of one's own gets it.
struct Local {
  std::string body;
  Route route{};
  Server server{};
  std::optional<Planner> planner{};

  std::string text(const LedgerView& view = no_budgets) {
    const Choice choice = plan(view).choices.front();
    return *planner->body_of(choice, planner->take_source()).text;
  }
  Planned plan(const LedgerView& view = no_budgets) {
    auto prepared =
        wire::chat_completions.prepare({.body = body, .route = route}, false, server, nullptr);
    planner.emplace(std::move(prepared.value()), route, server);
    const auto own = planner->own_list();
    const select::Catalogue none{std::vector<Model>{}};
    const CatalogueState state;
    const Market market{own ? *own : none, state, {}};
    return planner->plan({view, support, ""}, &market).value();
  }
};

Server local_server(const char* prompt = nullptr, const char* completion = nullptr) {
  Server server = openai_server("http://127.0.0.1:8080/v1");
  server.name = "local";
  if (prompt)
    server.price = TokenPrice{Price::parse(prompt).value(), Price::parse(completion).value()};
  return server;
}

call::Plan plan_at(std::vector<std::pair<std::size_t, std::string>> models, int retries = 0) {
  std::vector<Choice> choices;
  for (auto& [server, model] : models)
    choices.push_back({.server = server, .model = std::move(model)});
  Plan made = plan(std::move(choices), retries);
  made.servers = {{.name = "default"}, {.name = "local", .tells_cost = false}};
  return made;
}

} // namespace

TEST_CASE("a server gets its own name of the model, and the rest of the body as it is") {
  Local one{.body = R"({"messages": [], "model" : "openai/gpt-4o", "n":1})",
            .server = local_server()};
  CHECK(one.text() == one.body);
  one.server.models = {{"openai/gpt-4o", "gpt-4o"}};
  CHECK(one.text() == R"({"messages": [], "model" : "gpt-4o", "n":1})");
  CHECK(one.plan().choices.front().added == std::vector<std::string>{"model"});
  CHECK(one.plan().choices.front().model == "gpt-4o");
  one.server.models.clear();
  one.server.model = "a \"llama\"";
  CHECK(one.text() == R"({"messages": [], "model" : "a \"llama\"", "n":1})");

  Local named{.body = R"({"messages":[]})",
              .route = {.models = {"a/one", "b/two"}},
              .server = local_server()};
  CHECK(named.plan().choices.size() == 2);
  named.server.model = "llama"; // which is asked once
  CHECK(named.plan().choices.size() == 1);
  CHECK(named.text() == R"({"messages":[],"model":"llama"})");
  named.route = {.policy = {.sort = Sort::cheapest}}; // the server leaves no choice
  CHECK(named.plan().choices.front().model == "llama");
}

TEST_CASE("a server with names of its own refuses a choice that it would have to make") {
  Server server = local_server();
  server.model = "llama";
  for (const char* body :
       {R"({"messages":[],"models":["a","b"]})", R"({"messages":[],"preset":"mine"})"}) {
    const auto refused = wire::chat_completions.prepare({.body = body}, false, server, nullptr);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::invalid);
    CHECK(holds(refused.error().message, "names of its own"));
  }
}

TEST_CASE("the price of a server bounds what a call there can cost") {
  const std::string limited = R"({"messages":[],"model":"m","max_tokens":1000})";
  Local unknown{.body = limited, .server = local_server()};
  CHECK_FALSE(unknown.plan(hard).choices.front().bound);

  Local priced{.body = limited, .server = local_server("1", "3")};
  const Choice choice = priced.plan(hard).choices.front();
  REQUIRE(choice.bound);
  CHECK(*choice.bound >= Amount::parse("0.003").value()); // 1,000 tokens of the answer
  CHECK(choice.caps == wire::Caps{});                     // such a server knows no limits of prices
  REQUIRE(choice.prices);
  CHECK(choice.prices->completion == Price::parse("0.000003"));
  // The body's limits of prices do not hold there.
  priced.body = R"({"messages":[],"model":"m","max_tokens":1000,)"
                R"("provider":{"max_price":{"completion":"0.01"}}})";
  CHECK(*priced.plan(hard).choices.front().bound >= *choice.bound);
  priced.body = R"({"messages":[],"model":"m"})";
  const Choice open = priced.plan(hard).choices.front();
  CHECK_FALSE(open.bound);
  CHECK(holds(open.unbounded, "the length of the answer"));

  Local free{.body = R"({"messages":[],"model":"m","n":4})", .server = local_server("0", "0")};
  CHECK(free.plan(hard).choices.front().bound == Amount{0});
  CHECK(free.plan(hard).choices.front().prices->prompt == Price{});

  priced.body = limited;
  priced.route.policy.max_price.completion = Price::parse("2");
  priced.server.model = "m";
  auto prepared = wire::chat_completions.prepare({.body = limited, .route = priced.route}, false,
                                                 priced.server, nullptr);
  Planner planner(std::move(prepared.value()), priced.route, priced.server);
  const auto own = planner.own_list();
  const CatalogueState state;
  const Market market{*own, state, {}};
  CHECK(planner.plan({no_budgets, support, ""}, &market).error().code == Code::no_model);
}

TEST_CASE("a budget of a model counts it under the name of the server, too") {
  Local one{.body = R"({"messages":[],"model":"openai/gpt-4o"})", .server = local_server()};
  one.server.models = {{"openai/gpt-4o", "gpt-4o"}};
  const Choice choice = one.plan(hard).choices.front();
  REQUIRE_FALSE(choice.other_names.empty());
  CHECK(choice.other_names.front().name == "openai/gpt-4o");
}

TEST_CASE("a server that cannot be reached leaves the call to the next server") {
  Walk walk(plan_at({{0, "a"}, {0, "b"}, {1, "llama"}}, 2));
  walk.lose(true);
  CHECK(walk.choice().model == "llama"); // b is at the same server
  walk.answer(200, R"({"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]})");
  REQUIRE(walk.last().type == EventType::done); // the server tells no cost
  const std::vector<wayfare::Attempt>& attempts = walk.last().reply->attempts;
  REQUIRE(attempts.size() == 2);
  CHECK(attempts[0].server == "default");
  CHECK(attempts[1].server == "local");
  CHECK(attempts[1].state == State::settled);

  Walk last(plan_at({{0, "a"}, {1, "llama"}}));
  last.lose(true).lose(true);
  CHECK(last.over()); // without retries
}

TEST_CASE("a model that fails leaves the call to the next model, wherever that is") {
  const std::string refusal = R"({"error":{"code":503,"message":"no"}})";
  Walk walk(plan_at({{0, "a"}, {0, "b"}, {1, "llama"}}));
  walk.answer(503, refusal);
  CHECK(walk.choice().model == "b");
  walk.answer(503, refusal);
  CHECK(walk.choice().model == "llama");
  Walk key(plan_at({{0, "a"}, {0, "b"}, {1, "llama"}}));
  key.answer(401, R"({"error":{"code":401,"message":"no"}})");
  CHECK(key.choice().model == "llama");
}
