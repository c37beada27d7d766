// A models list, and the plan of a request with it: the order is by cost, no cost is below zero,
// and what is sent can be sent. The input is the list, a line "---" and the body of the request.

#include <algorithm>
#include <string>
#include <vector>

#include "call/planner.hpp"
#include "fuzz/check.hpp"
#include "fuzz/decimals.hpp"
#include "fuzz/targets.hpp"
#include "select/model_filter.hpp"
#include "wire/read_needs.hpp"
#include "wire/prepare.hpp"

namespace fuzz {

namespace {

using namespace wayfare;

void check_amount(const std::optional<Amount>& amount) {
  check(!amount || *amount >= Amount{0}, "a cost is below zero");
}

void check_models(const select::Catalogue& catalogue) {
  check(!catalogue.models().empty(), "a models list is empty");
  for (const Model& model : catalogue.models()) {
    const Model* found = catalogue.find(model.id);
    check(found && found->id == model.id, "a model is not found by its id", model.id);
    for (const auto& [name, field] : members_of<Prices>) {
      const auto& price = model.prices.*field;
      check(!price || price->mantissa >= 0, "a price is below zero");
    }
    for (const std::string* text : {&model.id, &model.canonical_slug, &model.name, &model.expires})
      check_utf8(*text, "a text of a model");
  }
}

// Each model passes a filter by what its price is in exact arithmetic of another writing.
void check_filter(const select::Catalogue& catalogue, const Price& most) {
  const ModelFilter filter{.max_price = {.prompt = most, .request = most}};
  const ModelList list = select::filtered(catalogue, filter, "2026-11-23");
  std::size_t passed = 0;
  const auto limit = Decimal::read(most.text());
  for (const Model& model : catalogue.models()) {
    const auto is_within = [&](const Price& price, std::int64_t exponent) {
      auto own = Decimal::read(price.text());
      if (!own->digits.empty()) own->exponent += exponent;
      return !(*limit < *own);
    };
    if (model.prices.prompt && is_within(*model.prices.prompt, 6) &&
        is_within(model.prices.request.value_or(Price{}), 0)) {
      check(passed < list.models.size() && list.models[passed].id == model.id,
            "a filter keeps a model out", model.id);
      ++passed;
    }
  }
  check(passed == list.models.size(), "a filter lets a model by");
}

void check_order(const select::Ranking& ranking) {
  const Amount* before = nullptr;
  bool has_unknown = false;
  for (const select::Ranked& one : ranking.in) {
    check_amount(one.expected);
    check(!(has_unknown && one.expected), "a model of no known cost is before another");
    has_unknown = has_unknown || !one.expected;
    check(!before || !one.expected || *before <= *one.expected, "the order is not by cost");
    before = one.expected ? &*one.expected : before;
  }
}

void check_selection(const Selection& selection) {
  for (const auto* list : {&selection.ranked, &selection.out})
    for (const Candidate& one : *list) {
      check_amount(one.expected);
      check_amount(one.bound);
      check_utf8(one.model + one.reason + one.unbounded, "a text of a candidate");
      check(!one.reason.empty(), "a candidate has no reason", one.model);
    }
}

void check_choices(call::Planner& planner, const std::vector<call::Choice>& choices,
                   std::string_view body) {
  std::optional<wire::Body> before;
  for (const call::Choice& choice : choices) {
    check_amount(choice.bound);
    before = planner.body_of(choice, before ? before->source() : planner.take_source());
    wayfare::json::Document sent;
    if (!sent.parse(*before->text)) fail("what is sent is no JSON: " + sent.error(), *before->text);
    check(!sent.repeated_name(), "a name is sent twice", *before->text);
    check_equal(before->source(), body, "the caller's text changes");
  }
}

void plan(const std::string& body, Route route, const Server& server, bool is_budgeted,
          const call::Market& market) {
  auto prepared = wire::prepare({.body = body, .route = route}, std::nullopt, server);
  if (!prepared) return check_error(prepared.error());
  call::Planner planner(std::move(prepared.value()), std::move(route), server);
  LedgerView view;
  if (is_budgeted) view.hard_budgets.push_back({"b", {}});
  const call::Terms terms{view, {}, "0123"};
  check_selection(planner.selection(terms, market));
  const auto planned = planner.plan(terms, &market);
  if (!planned) return check_error(planned.error());
  check(!planned->choices.empty(), "a plan has no model");
  if (planned->selection) check_selection(*planned->selection);
  for (const call::Choice& choice : planned->choices)
    check_equal(planner.plan_again(choice, terms, market).model, choice.model,
                "a new plan has another model");
  check_choices(planner, planned->choices, body);
}

} // namespace

void plans(std::string_view input) {
  const Parts parts = parts_of(input);
  const std::string_view list = parts.are_two ? parts.first : parts.second;
  const std::string body(parts.are_two ? parts.second
                                       : R"({"messages":[{"role":"user","content":"hi"}]})");
  const auto catalogue = select::Catalogue::parse(list);
  if (!catalogue) return check_error(catalogue.error());
  check_models(*catalogue);
  check_filter(*catalogue, Price{5, 0});
  // Limits at the prices of the list, and just beside them.
  for (std::size_t at = 0; at < std::min<std::size_t>(catalogue->models().size(), 8); ++at) {
    const auto& price = catalogue->models()[at].prices.prompt;
    if (!price) continue;
    Price most = price->per_million();
    check_filter(*catalogue, most);
    most.mantissa -= most.mantissa > 0 ? 1 : 0;
    check_filter(*catalogue, most);
  }

  const CatalogueState state;
  const select::Moment moment = select::moment_at(1'790'000'000'000'000);
  const call::Market market{*catalogue, state, moment};
  wayfare::json::Document document;
  if (document.parse(body) && document.root().is_object() && !document.repeated_name()) {
    const Needs needs = wire::needs_of(document);
    check_order(select::rank(needs, {}, {.sort = Sort::cheapest}, *catalogue, moment, {}));
    for (const Model& model : catalogue->models()) {
      const select::Bound bound = select::bound_of(needs, model.id, &model, {});
      check_amount(bound.amount);
      check_amount(bound.at_least);
      check(bound.amount || !bound.unbounded.empty(), "a bound is missing without a word");
    }
  }

  const Policy policy{.sort = Sort::cheapest,
                      .max_price = {.prompt = Price{3, 0}, .completion = Price{15, 1}}};
  std::string near = catalogue->models().front().id;
  near.pop_back();
  for (const Server& server : {openrouter_server(), openai_server()}) {
    plan(body, {}, server, true, market);
    plan(body, {.policy = policy}, server, false, market);
    plan(body, {.policy = {.sort = Sort::cheapest}, .max_cost = Amount{1'000'000'000'000}}, server,
         true, market);
    if (!near.empty())
      plan(body, {.models = {near, catalogue->models().back().id}, .policy = policy}, server, true,
           market);
  }
}

} // namespace fuzz
