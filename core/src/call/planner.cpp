#include "call/planning.hpp"

#include <algorithm>
#include <string>

#include "base/json.hpp"
#include "base/json_text.hpp"

namespace wayfare {

namespace {

// The models that the request names: none where it leaves the choice to a policy.
std::vector<std::string> named(const wire::Prepared& prepared, const Route& route) {
  if (route.policy.sort == Sort::cheapest && prepared.models.size() == 1 &&
      prepared.models.front().empty() && !prepared.chosen_elsewhere)
    return {};
  return prepared.models;
}

select::Needs needs_of(const wire::Prepared& prepared) {
  json::Document document;
  document.parse(prepared.source); // as it was when it was prepared
  return select::needs_of(document.root());
}

// What makes the bound true: the prices that it was made with, and a cap on the completion where
// the request has none.
wire::Caps caps_of(const select::Bound& bound, const select::Needs& needs, const Route& route,
                   bool bounded) {
  wire::Caps caps;
  // what the caller limits stays as it is
  const auto add = [&](const char* name, const std::optional<Price>& price) {
    const bool own = std::ranges::find(needs.own_limits, name) != needs.own_limits.end();
    if (price && !own) caps.max_price.emplace_back(name, json::quoted(price->text()));
  };
  const auto million = [](const std::optional<Price>& price) {
    return price ? std::optional(price->per_million()) : std::nullopt;
  };
  add("prompt", bounded ? million(bound.prompt_max) : route.policy.max_price.prompt);
  add("completion", bounded ? million(bound.completion_max) : route.policy.max_price.completion);
  add("request", route.policy.max_price.request);
  add("image", route.policy.max_price.image);
  if (bounded) caps.completion_tokens = bound.completion_tokens;
  return caps;
}

// What a server of another dialect is free to do with provider.max_price.
constexpr const char* unkept =
    "a server that is not OpenRouter, which may ignore provider.max_price";

// What prices a call of which its server will tell the tokens alone. Not where there is more to pay
// for, or it depends on the hour.
std::shared_ptr<const Prices> prices_of(const select::Needs& needs, const Model* model) {
  if (!model || !needs.unbounded.empty() || !model->overrides.empty() || !model->prices.prompt ||
      !model->prices.completion)
    return nullptr;
  return std::make_shared<const Prices>(model->prices);
}

Error no_model_error(const select::Ranking& ranking, const select::Needs& needs,
                     const Policy& policy, const select::Catalogue& catalogue,
                     const select::Moment& moment) {
  select::Ranking head{
      {},
      {ranking.out.begin(), ranking.out.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(
                                                      3, ranking.out.size()))}};
  std::string why;
  for (const Candidate& one : select::explain(head, needs, policy, catalogue, moment).out)
    why += (why.empty() ? "" : "; ") + one.model + ": " + one.reason;
  if (ranking.out.size() > 3) why += "; and " + std::to_string(ranking.out.size() - 3) + " more";
  return Error{.code = Code::no_model,
               .message = "no model can serve the request: " + why + "; nothing was sent",
               .advice = "name others, or ask for less: client.select() tells the reason of each"};
}

} // namespace

bool needs_catalogue(const Route& route) {
  return route.policy != Policy{} || route.max_cost.has_value();
}

Result<Routed> route(wire::Prepared& prepared, const Route& route, bool openrouter,
                     const select::Catalogue& catalogue, const CatalogueState& state,
                     const select::Moment& moment) {
  const select::Needs needs = needs_of(prepared);
  const std::vector<std::string> names = named(prepared, route);
  select::Ranking ranking = select::rank(needs, names, route.policy, catalogue, moment, told_max);
  if (ranking.in.empty()) return no_model_error(ranking, needs, route.policy, catalogue, moment);

  Routed routed;
  const std::size_t tried = std::min(ranking.in.size(), names.empty() ? tried_max : names.size());
  std::vector<std::string> models;
  for (std::size_t at = 0; at < tried; ++at) {
    const select::Ranked& one = ranking.in[at];
    const select::Bound bound = select::bound_of(needs, one.name, one.model, route.policy);
    models.emplace_back(one.name);
    // by what is put into the request
    const bool kept = openrouter && route.max_cost && bound.amount;
    prepared.caps.push_back(openrouter ? caps_of(bound, needs, route, kept) : wire::Caps{});
    call::Choice& choice = routed.choices.emplace_back(call::Choice{.model = models.back()});
    if (!openrouter) choice.prices = prices_of(needs, one.model);
    if (!route.max_cost) continue; // a hard budget will ask for its own bound
    // Where nothing keeps it, what the caller is ready to pay is held, unless the list alone tells
    // that it is not enough.
    choice.bound =
        kept || (bound.amount && *bound.amount > *route.max_cost) ? bound.amount : route.max_cost;
    if (!kept)
      choice.warning = "nothing bounds the cost of " +
                       (bound.amount ? std::string(unkept) : bound.unbounded) +
                       ", so that route.max_cost is held for it and not kept";
  }
  prepared.models = std::move(models);
  if (ranking.in.size() > told_max) ranking.in.resize(told_max);
  if (ranking.out.size() > told_max) ranking.out.resize(told_max);
  Selection told = select::explain(ranking, needs, route.policy, catalogue, moment);
  told.catalogue = state;
  routed.selection = std::make_shared<const Selection>(std::move(told));
  return routed;
}

Bounded bound_by(const select::Catalogue& catalogue, bool openrouter, Reservation& reservation,
                 std::shared_ptr<const std::string>& body) {
  json::Document document;
  document.parse(*body);
  const select::Needs needs = select::needs_of(document.root());
  const Model* model = catalogue.find(reservation.model);
  const select::Bound bound = select::bound_of(needs, reservation.model, model, {});
  reservation.bound = openrouter ? bound.amount : std::nullopt;
  reservation.unbounded = openrouter || !bound.amount ? bound.unbounded : std::string(unkept);
  if (!openrouter) return {.prices = prices_of(needs, model)};
  if (!bound.amount) return {};
  if (document.root()["provider"].exists() && !document.root()["provider"].is_object()) {
    reservation.bound.reset();
    reservation.unbounded = "the body's provider, which is not an object";
    return {};
  }
  const wire::Caps caps = caps_of(bound, needs, {}, true);
  body = std::make_shared<const std::string>(wire::limited(*body, caps));
  return {.added = caps.names()};
}

Selection select_for(const wire::Prepared& prepared, const Route& route,
                     const select::Catalogue& catalogue, const CatalogueState& state,
                     const select::Moment& moment) {
  const select::Needs needs = needs_of(prepared);
  const std::vector<std::string> names = named(prepared, route);
  Selection told = select::explain(select::rank(needs, names, route.policy, catalogue, moment),
                                   needs, route.policy, catalogue, moment);
  told.catalogue = state;
  return told;
}

} // namespace wayfare
