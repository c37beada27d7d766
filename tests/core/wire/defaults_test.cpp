// What a call leaves out comes from the defaults of the request and of the client, part by part.

#include <string>
#include <vector>

#include "support/catch.hpp"
#include "wire/defaults.hpp"
#include "wire/prepare.hpp"

using namespace wayfare;
using namespace std::chrono_literals;

namespace {

const std::string plain = R"({"messages":[{"role":"user","content":"Hi"}]})";

Request request_of(std::string body) {
  Request request;
  request.body = std::move(body);
  return request;
}

wire::Prepared prepared(Request request, const Defaults& of_client) {
  REQUIRE_FALSE(wire::take_defaults(request, of_client));
  return wire::prepare(std::move(request), false, openrouter_server()).value();
}

std::string model_of(const std::string& body, const Route& route, const Defaults& of_client,
                     std::vector<Defaults> own = {}) {
  Request request = request_of(body);
  request.route = route;
  request.defaults = std::move(own);
  std::string models;
  for (const auto& model : prepared(std::move(request), of_client).models)
    models += (models.empty() ? "" : " ") + (model.empty() ? "any" : model);
  return models;
}

Route cheapest() {
  Route route;
  route.policy.sort = Sort::cheapest;
  return route;
}

std::string fault(const Defaults& defaults) {
  const auto error = wire::fault_of(defaults);
  return error ? error->message : "";
}

} // namespace

TEST_CASE("the default model counts only where the call chooses none") {
  const Defaults named{.model = "a/default"};
  const std::string in_body = R"({"model":"b/body","messages":[]})";
  CHECK(model_of(plain, {}, {}) == "openai/gpt-4o-mini");
  CHECK(model_of(plain, {}, named) == "a/default");
  CHECK(model_of(in_body, {}, named) == "b/body");
  CHECK(model_of(R"({"model":null,"messages":[]})", {}, named) == "a/default");
  CHECK(model_of(plain, {.model = "c/route"}, named) == "c/route");
  CHECK(model_of(plain, {.models = {"c/one", "c/two"}}, named) == "c/one c/two");
  CHECK(model_of(plain, cheapest(), named) == "any");
  CHECK(model_of(R"({"models":["d/x"],"messages":[]})", {}, named) == "any");
  CHECK(model_of(R"({"preset":"p","messages":[]})", {}, named) == "any");

  const Defaults listed{.route = {.models = {"a/one", "a/two"}}};
  CHECK(model_of(plain, {}, listed) == "a/one a/two");
  CHECK(model_of(in_body, {}, listed) == "b/body"); // no conflict: the list is a default
  CHECK(model_of(plain, {}, {.route = cheapest()}) == "any");
  CHECK(model_of(in_body, {}, {.route = cheapest()}) == "b/body");
}

TEST_CASE("the first defaults that choose the model do, and the client's come last") {
  const Defaults client{.model = "a/client"}, view{.model = "v/view"}, inner{.max_tokens = 9};
  CHECK(model_of(plain, {}, client, {view}) == "v/view");
  CHECK(model_of(plain, {}, client, {inner, view}) == "v/view");
  CHECK(model_of(plain, {}, client, {inner}) == "a/client");
  CHECK(model_of(plain, {}, {.route = {.models = {"a/one"}}}, {view}) == "v/view");
  CHECK(model_of(plain, {}, client, {{.route = {.models = {"v/one"}}}}) == "v/one");
}

TEST_CASE("the default limit of the answer is added where the body has none") {
  const Defaults most{.max_tokens = 77};
  const auto sent = [&](const std::string& body) {
    const wire::Prepared made = prepared(request_of(body), most);
    return *made.body_of(made.source, "m/x", {}).text;
  };
  CHECK(sent(plain).ends_with(R"("max_tokens":77})"));
  CHECK(sent(R"({"messages":[],"max_tokens":null,"model":"m"})").find("\"max_tokens\":77") !=
        std::string::npos);
  for (const char* own : {"max_tokens", "max_completion_tokens"}) {
    const std::string body = std::string(R"({"model":"m","messages":[],")") + own + "\":5}";
    CHECK(sent(body) == body);
  }
  const wire::Prepared made = prepared(request_of(plain), most);
  CHECK(made.needs.completion_tokens == 77);
  CHECK(made.added_for("m/x", {}) == std::vector<std::string>{"model", "max_tokens"});
}

TEST_CASE("routes and accounts are filled part by part") {
  Request request = request_of(plain);
  request.route = {.retries = 1, .key = "own"};
  request.charge_to = {.agent = "own", .tags = {"t"}};
  Defaults view{.route = {.deadline = 5s}, .charge_to = {.user = "view"}};
  view.route.policy.max_price.prompt = Price::parse("1");
  Defaults client{.route = {.retries = 7,
                            .deadline = 9s,
                            .max_cost = Amount::parse("0.5"),
                            .key = "client",
                            .on_budget = OnBudget::wait,
                            .budget_wait = 3s},
                  .charge_to = {.app = "client", .agent = "client", .tags = {"a", "b"}}};
  client.route.policy.max_price = {.prompt = Price::parse("2"), .completion = Price::parse("3")};
  request.defaults = {view};
  REQUIRE_FALSE(wire::take_defaults(request, client));
  CHECK(request.charge_to == ChargeTo{"client", "own", "view", "", {"t"}});
  const Route& route = request.route;
  CHECK(route.retries == 1);
  CHECK(route.deadline == 5s);
  CHECK(route.max_cost == Amount::parse("0.5"));
  CHECK(route.key == "own");
  CHECK(route.on_budget == OnBudget::wait);
  CHECK(route.budget_wait == 3s);
  CHECK(route.policy.max_price == MaxPrice{Price::parse("1"), Price::parse("3"), {}, {}});

  Request refusing = request_of(plain); // it does not wait, so it takes no time for it
  refusing.route.on_budget = OnBudget::refuse;
  REQUIRE_FALSE(wire::take_defaults(refusing, client));
  CHECK(refusing.route.on_budget == OnBudget::refuse);
  CHECK_FALSE(refusing.route.budget_wait);
}

TEST_CASE("defaults that cannot be used are refused by name") {
  CHECK(fault({}).empty());
  CHECK(fault({.max_tokens = 0}) == "max_tokens is not 1 to 2147483647");
  CHECK(fault({.max_tokens = 2'147'483'648}) == "max_tokens is not 1 to 2147483647");
  CHECK(fault({.route = {.retries = 11}}) == "route.retries is not 0 to 10");
  CHECK(fault({.charge_to = {.app = std::string(129, 'x')}}) ==
        "charge_to.app is longer than 128 bytes");
  CHECK(fault({.model = "a/b", .route = {.models = {"c/d"}}}).find("name them once") !=
        std::string::npos);
  Request request = request_of(plain);
  request.defaults.resize(9);
  CHECK(wire::take_defaults(request, {})->message == "defaults has more than 8 of them");
  request.defaults = {{.max_tokens = 0}};
  CHECK(wire::take_defaults(request, {})->code == Code::invalid);
}

TEST_CASE("a name with a control character is not in a message") {
  CHECK(fault({.route = {.models = {"a\n", "a\n"}}}) == R"(route.models has "a\n" twice)");
  CHECK(fault({.route = {.models = {"a\x7F", "a\x7F"}}}) == "route.models has a name twice");
  Request request = request_of("{\"provider\":{\"max_price\":{\"prom\x7Fpt\":\"x\"}}}");
  const auto made = wire::prepare(std::move(request), false, openrouter_server());
  REQUIRE_FALSE(made);
  CHECK(made.error().message.find("max_price.a name is not a price") != std::string::npos);
}

TEST_CASE("a part of charge_to that the client requires may come from the defaults") {
  const std::vector<ChargePart> all{ChargePart::app, ChargePart::agent, ChargePart::user,
                                    ChargePart::run, ChargePart::tags};
  ChargeTo to{"a", "b", "c", "d", {"e"}};
  CHECK_FALSE(wire::missing_part(to, all));
  to.tags.clear();
  CHECK(wire::missing_part(to, all)->message ==
        "charge_to.tags is missing, and the client requires it (require_charge_to)");
  to = {.app = "a"};
  CHECK_FALSE(wire::missing_part(to, {ChargePart::app}));
  CHECK(wire::missing_part(to, all)->message.starts_with("charge_to.agent is missing"));
}
