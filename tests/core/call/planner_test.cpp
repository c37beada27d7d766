// Plans of calls: the models that are tried, their bounds, and what is added to their bodies.
#include <string>
#include <vector>

#include "call/planner.hpp"
#include "support/catch.hpp"
#include "wire/endpoint.hpp"

using namespace wayfare;
using call::Choice;
using call::Planned;
using call::Planner;

namespace {

Model model(std::string id, const char* prompt, const char* completion) {
  Model model;
  model.id = std::move(id);
  model.context_tokens = 1000;
  model.completion_tokens_max = 100;
  model.prices.prompt = Price::parse(prompt);
  model.prices.completion = Price::parse(completion);
  return model;
}

const select::Catalogue& catalogue() {
  Model one = model("a/one", "0.000001", "0.000002"),
        sonar = model("p/sonar", "0.000009", "0.00001");
  one.canonical_slug = "a/one-20260101";
  sonar.prices.web_search = Price::parse("0.005");
  static const auto* const list = new select::Catalogue(std::vector<Model>{
      one, sonar, model("b/two", "0.000003", "0.000004"), model("c/three", "0.000005", "0.000006"),
      model("d/four", "0.000007", "0.000008")});
  return *list;
}

const std::string hello = R"({"messages":[{"role":"user","content":"Hello"}]})";
const CatalogueState state;
const ChargeTo support{.agent = "support"};
const LedgerView no_budgets;
const LedgerView hard_for_support{.hard_budgets = {{"team", {.agent = "support"}}}};

// A planner and what it is given.
struct Case {
  std::string body = hello;
  Route route;
  Server server = openrouter_server();
  Planner planner{
      wire::chat_completions.prepare({.body = body, .route = route}, false, server, nullptr)
          .value(),
      route, server};

  Planned plan(const LedgerView& view = no_budgets) {
    const call::Market market{catalogue(), state, {1'795'400'000, "2026-11-23"}};
    const call::Terms terms{view, support, ""};
    return planner.plan(terms, planner.needs_market(terms) ? &market : nullptr).value();
  }
  std::vector<Choice> plan_again(const std::vector<Choice>& choices, const LedgerView& view) {
    std::vector<Choice> again;
    for (const Choice& choice : choices)
      again.push_back(planner.plan_again(choice, {view, support, ""},
                                         {catalogue(), state, {1'795'400'000, "2026-11-23"}}));
    return again;
  }
};

std::string in_words(const Planned& planned) {
  std::string out;
  for (const Choice& choice : planned.choices)
    out += (out.empty() ? "" : " ") + choice.model + ":" +
           (!choice.bound_sought ? "any"
            : choice.bound       ? choice.bound->text()
                                 : "(" + choice.unbounded + ")");
  return out;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

} // namespace

TEST_CASE("a call without rules and without a hard budget is planned without the catalogue") {
  Case plain{.route = {.models = {"a/one", "x/unknown"}}};
  CHECK_FALSE(plain.planner.needs_market({no_budgets, support, ""}));
  const Planned planned = plain.plan();
  CHECK(in_words(planned) == "a/one:any x/unknown:any");
  CHECK(planned.selection == nullptr);
  CHECK(planned.choices[0].added == std::vector<std::string>{"model"});
  CHECK(*plain.planner.body_of(planned.choices[0], plain.planner.take_source()).text ==
        hello.substr(0, hello.size() - 1) + R"(,"model":"a/one"})");
}

TEST_CASE("a hard budget is given the most that each model can cost, and the body keeps it") {
  Case hard{.route = {.models = {"a/one", "b/two"}}};
  CHECK(hard.planner.needs_market({hard_for_support, support, ""}));
  CHECK_FALSE(hard.planner.needs_market({hard_for_support, {.agent = "other"}, ""}));
  const Planned planned = hard.plan(hard_for_support);
  REQUIRE(planned.choices.size() == 2);
  // The prompt has no more tokens than bytes, and the completion is as long as the model gives.
  const Choice& first = planned.choices[0];
  REQUIRE(first.bound);
  CHECK(first.bound->picodollars < planned.choices[1].bound->picodollars);
  CHECK(first.caps.completion_tokens == 100);
  CHECK(first.added ==
        std::vector<std::string>{"model", "provider.max_price", "max_completion_tokens"});
  const std::string body = *hard.planner.body_of(first, hard.planner.take_source()).text;
  CHECK(has(body, R"("max_completion_tokens":100)"));
  CHECK(has(body, R"("provider":{"max_price":{"prompt":"1","completion":"2"}})"));
}

TEST_CASE("a choice tells what asked for its caps") {
  Case hard{.route = {.model = "a/one"}};
  CHECK(hard.plan(hard_for_support).choices[0].asked_by == "the budget \"team\"");
  CHECK(hard.plan().choices[0].asked_by.empty());
  Case both{.route = {.model = "a/one", .max_cost = Amount{1'000'000'000'000}}};
  CHECK(both.plan().choices[0].asked_by == "route.max_cost");
  CHECK(both.plan(hard_for_support).choices[0].asked_by ==
        "the budget \"team\" and route.max_cost");
  Case policy{.route = {.model = "a/one", .policy = {.max_price = {.prompt = Price::parse("1")}}}};
  CHECK(policy.plan().choices[0].asked_by == "route.policy.max_price");
}

TEST_CASE("what the caller limits in the body stays as it is") {
  Case own{.body = R"({"model":"a/one","messages":[],"max_tokens":7,)"
                   R"("provider":{"max_price":{"prompt":"9"}}})"};
  const Planned planned = own.plan(hard_for_support);
  CHECK(planned.choices[0].added == std::vector<std::string>{"provider.max_price"});
  const std::string body = *own.planner.body_of(planned.choices[0], own.planner.take_source()).text;
  CHECK(has(body, R"("max_price":{"prompt":"9","completion":"2"})"));
  CHECK_FALSE(has(body, "max_completion_tokens"));
}

TEST_CASE("what nothing bounds is named") {
  Case unknown{.route = {.model = "x/unknown"}};
  CHECK(in_words(unknown.plan(hard_for_support)) == "x/unknown:(the price of x/unknown)");
  Case preset{.body = R"({"messages":[],"preset":"p"})"};
  CHECK(in_words(preset.plan(hard_for_support)) == ":(preset)");
  Case odd{.body = R"({"model":"a/one","messages":[],"provider":"p"})"};
  CHECK(in_words(odd.plan(hard_for_support)) ==
        "a/one:(the body's provider, to which no limit can be added)");
  Case other{.route = {.model = "a/one"}, .server = openai_server()};
  const Planned planned = other.plan(hard_for_support);
  CHECK(has(in_words(planned), "a/one:(a server that is not OpenRouter"));
  CHECK(planned.choices[0].caps == wire::Caps{});
  CHECK(planned.choices[0].prices); // its tokens are priced by the catalogue
}

TEST_CASE("max_cost is held where nothing keeps a bound, and the reply has a warning") {
  Case kept{.route = {.model = "a/one", .max_cost = Amount::parse("1")}};
  const Planned planned = kept.plan();
  CHECK(planned.choices[0].warnings.empty());
  CHECK(*planned.choices[0].bound < *Amount::parse("1"));
  Case unkept{.route = {.model = "x/unknown", .max_cost = Amount::parse("1")}};
  CHECK(in_words(unkept.plan()) == "x/unknown:1");
  CHECK(has(unkept.plan().choices[0].warnings.front(), "the price of x/unknown"));
}

TEST_CASE("max_cost refuses a model whose list price for one search is already more") {
  Case dear{.route = {.model = "p/sonar", .max_cost = Amount::parse("0.001")}};
  CHECK(in_words(dear.plan()) == "p/sonar:0.005");
  Case enough{.route = {.model = "p/sonar", .max_cost = Amount::parse("0.01")}};
  CHECK(in_words(enough.plan()) == "p/sonar:0.01");
}

TEST_CASE("a choice has each name of its model, where a rule counts a model") {
  LedgerView counts;
  counts.names_models = true;
  Case alias{.route = {.model = "a/one-20260101"}};
  REQUIRE(alias.planner.needs_market({counts, support, ""}));
  const Choice choice = alias.plan(counts).choices.at(0);
  REQUIRE(choice.other_names.size() == 2);
  CHECK(choice.other_names[1].is_of_window);
  CHECK(choice.other_names[0].name == "a/one");
  CHECK(choice.other_names[0].stands_for == "a/one-20260101");
  counts.hard_budgets = {{"one", {.model = "a/one"}}}; // the bound is sought for each name
  CHECK(alias.plan(counts).choices.at(0).bound);

  Case several{.body = R"({"model":"a/one","models":["b/two","a/one"],"messages":[]})"};
  const Choice both = several.plan(counts).choices.at(0);
  REQUIRE(both.other_names.size() == 4);
  CHECK(both.other_names[0].name == "b/two");
  CHECK(both.other_names[1].name == "a/one-20260101");
  CHECK_FALSE(both.names_no_model);
}

TEST_CASE("a router, a preset and the newest of a family name no model") {
  for (const char* name :
       {"openrouter/auto", "@preset/mine", "a/one@preset/mine", "~a/one-latest"}) {
    Case open{.route = {.model = name}};
    CHECK(open.plan().choices.at(0).names_no_model);
  }
  Case one{.route = {.model = "a/one:nitro"}};
  CHECK_FALSE(one.plan().choices.at(0).names_no_model);
  Case other{.route = {.model = "~own"}, .server = openai_server()}; // there it is a name
  CHECK_FALSE(other.plan().choices.at(0).names_no_model);
}

TEST_CASE("a policy orders the models that are named, or takes the best three of all") {
  Case all{.route = {.policy = {.sort = Sort::cheapest}}};
  const Planned planned = all.plan();
  CHECK(in_words(planned) == "a/one:any b/two:any c/three:any");
  REQUIRE(planned.selection);
  CHECK(planned.selection->ranked.size() == 5);
  Case named{
      .route = {.models = {"d/four", "x/unknown", "a/one"}, .policy = {.sort = Sort::cheapest}}};
  CHECK(in_words(named.plan()) == "a/one:any d/four:any x/unknown:any");
  Case dear{.route = {.models = {"d/four", "a/one"},
                      .policy = {.max_price = {.prompt = Price::parse("2")}}}};
  const Planned cheap = dear.plan();
  CHECK(in_words(cheap) == "a/one:any");
  CHECK(has(*dear.planner.body_of(cheap.choices[0], dear.planner.take_source()).text,
            R"("max_price":{"prompt":"2"})"));
}

TEST_CASE("where no model can serve, the error tells why for each") {
  Case none{
      .route = {.models = {"d/four"}, .policy = {.max_price = {.prompt = Price::parse("0.1")}}}};
  const call::Market market{catalogue(), state, {1'795'400'000, "2026-11-23"}};
  const auto planned = none.planner.plan({no_budgets, support, ""}, &market);
  REQUIRE_FALSE(planned);
  CHECK(planned.error().code == Code::no_model);
  CHECK(has(planned.error().message, "d/four: dearer than max_price"));
}

TEST_CASE("another plan keeps the models, and its bodies are as if they had been made at first") {
  Case one{.body = R"({"messages":[], "provider": {"order":["x"]} })",
           .route = {.models = {"b/two", "a/one"}}};
  Case other{.body = one.body, .route = one.route};
  const Planned first = one.plan(), at_once = other.plan(hard_for_support);
  const wire::Body sent = one.planner.body_of(first.choices[0], one.planner.take_source());
  const std::vector<Choice> again = one.plan_again(first.choices, hard_for_support);
  REQUIRE(again.size() == 2);
  for (std::size_t at = 0; at < again.size(); ++at) {
    CHECK(again[at].model == first.choices[at].model);
    CHECK(again[at].bound == at_once.choices[at].bound);
    CHECK(again[at].added == at_once.choices[at].added);
  }
  const wire::Body body = one.planner.body_of(again[0], sent.source());
  CHECK(*body.text == *other.planner.body_of(at_once.choices[0], other.planner.take_source()).text);
  CHECK(body.source() == one.body);
  CHECK(*one.planner.body_of(first.choices[0], body.source()).text == *sent.text); // and back
}

namespace {

// "b/two=b/two-20260101": the names for windows, each with the name in the request.
std::string windows_of(const Choice& choice) {
  std::string all;
  for (const OtherName& one : choice.other_names)
    if (one.is_of_window) all += (all.empty() ? "" : " ") + one.name + "=" + one.stands_for;
  return all;
}

} // namespace

TEST_CASE("a plan tells the one name of each model, where the request has another or several") {
  const LedgerView each{.names_models = true};
  const auto windows = [&](const std::string& model, const std::string& models) {
    Case one{.body = R"({"messages":[{"role":"user","content":"Hello"}])" + models + "}",
             .route = {.model = model}};
    CHECK(one.planner.needs_market({each, support, ""}));
    return windows_of(one.plan(each).choices.at(0));
  };
  CHECK(windows("a/one", "").empty());
  CHECK(windows("a/one:floor", "").empty());
  CHECK(windows("x/unknown", "").empty());
  CHECK(windows("a/one-20260101", "") == "a/one=a/one-20260101");
  CHECK(windows("a/one-20260101:nitro", "") == "a/one=a/one-20260101:nitro");
  CHECK(windows("b/two", R"(,"models":["a/one-20260101","x/unknown:free","b/two"])") ==
        "b/two=b/two a/one=a/one-20260101 x/unknown=x/unknown:free");
}

TEST_CASE("the one name of an alias is that of the model for which it stands") {
  Model alias = model("~a/latest", "0.000001", "0.000002"),
        lost = model("~b/latest", "0.000001", "0.000002"), one = catalogue().models().front();
  alias.kind = lost.kind = ModelKind::alias;
  alias.alias_of = one.canonical_slug;
  lost.alias_of = "b/none";
  const select::Catalogue list(std::vector<Model>{alias, lost, one});
  const LedgerView each{.names_models = true};
  const auto windows = [&](const std::string& name) {
    const Case asked{.route = {.model = name}};
    const call::Market market{list, state, {1'795'400'000, "2026-11-23"}};
    return windows_of(asked.planner.plan({each, support, ""}, &market).value().choices.at(0));
  };
  CHECK(windows("~a/latest") == "a/one=~a/latest");
  CHECK(windows("~b/latest") == "b/none=~b/latest");
}
