#include "call/planner.hpp"

#include <algorithm>
#include <utility>

#include "base/json_text.hpp"

namespace wayfare::call {

namespace {

// Of a list, all that can serve are tried; of the whole catalogue the best few.
constexpr std::size_t tried_max = 3, told_max = 10;

// A server of another dialect may ignore provider.max_price.
constexpr const char* unkept =
    "a server that is not OpenRouter, which may ignore provider.max_price";

// What is added to the body. `kept`: the prices that the bound was made with, and a cap on the
// completion where the request has none. Else the limits of the policy alone.
wire::Caps caps_of(const select::Bound& bound, const Needs& needs, const Policy& policy,
                   bool kept) {
  wire::Caps caps;
  // what the caller limits stays as it is
  const auto add = [&](const char* name, const std::optional<Price>& price) {
    const bool own = std::ranges::find(needs.own_limits, name) != needs.own_limits.end();
    if (price && !own) caps.max_price.emplace_back(name, json::quoted(price->text()));
  };
  const auto million = [](const std::optional<Price>& price) {
    return price ? std::optional(price->per_million()) : std::nullopt;
  };
  add("prompt", kept ? million(bound.prompt_max) : policy.max_price.prompt);
  add("completion", kept ? million(bound.completion_max) : policy.max_price.completion);
  add("request", kept && bound.request_max && bound.request_max->mantissa > 0
                     ? bound.request_max
                     : policy.max_price.request);
  add("image", policy.max_price.image);
  if (kept) caps.completion_tokens = bound.completion_tokens;
  return caps;
}

// The prices of a call to a server that tells the tokens alone. Not where there is more to pay for,
// or where it depends on the hour.
std::shared_ptr<const Prices> prices_of(const Needs& needs, const Model* model) {
  if (!model || !needs.unbounded.empty() || !model->overrides.empty() || !model->prices.prompt ||
      !model->prices.completion)
    return nullptr;
  return std::make_shared<const Prices>(model->prices);
}

// What a refusal of the caps is told to come from.
std::string asker_of(const std::string* budget, const Route& route, bool kept) {
  if (!kept) return "route.policy.max_price";
  std::string asker = budget ? "the budget " + json::quoted(*budget) : std::string();
  if (route.max_cost) asker += (asker.empty() ? "" : " and ") + std::string("route.max_cost");
  return asker;
}

} // namespace

Planner::Planner(wire::Prepared prepared, Route route, const Server& server)
    : prepared_(std::move(prepared)), route_(std::move(route)), server_(server) {}

bool Planner::has_rules() const { return route_.policy != Policy{} || route_.max_cost.has_value(); }

// OpenRouter has several names for a model. The models list tells them.
bool Planner::has_several_names() const { return server_.keeps_max_price; }

bool Planner::needs_market(const Terms& terms) const {
  const bool needs_names = terms.view.names_models && has_several_names();
  return has_rules() || needs_names ||
         std::ranges::any_of(prepared_.models, [&](const std::string& model) {
           return terms.asks_bound(model, other_names(model, nullptr)) != nullptr;
         });
}

// The `models` of the body, and the other names of each model in the models list.
std::vector<OtherName> Planner::other_names(std::string_view name,
                                            const select::Catalogue* catalogue) const {
  std::vector<OtherName> others;
  const auto add = [&](std::string_view other, std::string_view stands_for) {
    const auto is_same = [&](const OtherName& one) {
      return one.name == other && !one.is_of_window;
    };
    if (!other.empty() && other != name && std::ranges::none_of(others, is_same))
      others.push_back({std::string(other), std::string(stands_for)});
  };
  const auto add_known = [&](std::string_view given) {
    const Model* model = catalogue ? catalogue->find(given) : nullptr;
    if (!model) return;
    for (const std::string* other : {&model->id, &model->canonical_slug, &model->alias_of})
      if (model_without_variant(*other) != model_without_variant(given)) add(*other, given);
  };
  for (const std::string& model : prepared_.needs.other_models) add(model, model);
  add_known(name);
  for (const std::string& model : prepared_.needs.other_models) add_known(model);
  add_windows(name, catalogue, others);
  return others;
}

// The one name of each model that the request names: the id of the models list, and that of the
// model for which an alias stands.
void Planner::add_windows(std::string_view name, const select::Catalogue* catalogue,
                          std::vector<OtherName>& others) const {
  const auto id_of = [&](std::string_view given) {
    const Model* model = catalogue ? catalogue->find(given) : nullptr;
    if (!model) return model_without_variant(given);
    const Model* meant = model->alias_of.empty() ? nullptr : catalogue->find(model->alias_of);
    return model_without_variant(meant                     ? meant->id
                                 : model->alias_of.empty() ? model->id
                                                           : model->alias_of);
  };
  std::vector<std::string_view> named;
  const auto add = [&](std::string_view given) {
    if (!given.empty() && std::ranges::find(named, given) == named.end()) named.push_back(given);
  };
  add(name);
  for (const std::string& model : prepared_.needs.other_models) add(model);
  if (named.empty() ||
      (named.size() == 1 && named.front() == name && id_of(name) == model_without_variant(name)))
    return;
  for (const std::string_view given : named)
    others.push_back({std::string(id_of(given)), std::string(given), true});
}

// The models that the request names: none where it leaves the choice to a policy.
std::vector<std::string> Planner::named() const {
  if (route_.policy.sort == Sort::cheapest && prepared_.models.size() == 1 &&
      prepared_.models.front().empty() && !prepared_.chosen_elsewhere)
    return {};
  return prepared_.models;
}

Choice Planner::choice_of(std::string_view name, const select::Catalogue* catalogue,
                          const Terms& terms) const {
  const Model* const model = catalogue ? catalogue->find(name) : nullptr;
  Choice choice{.model = std::string(name), .other_names = other_names(name, catalogue)};
  choice.names_sought = catalogue || !has_several_names();
  choice.names_no_model = has_several_names() && prepared_.needs.other_models.empty() &&
                          select::leaves_model_open(name, model);
  choice.usage_unasked = prepared_.usage_unasked;
  const std::string* const budget =
      catalogue ? terms.asks_bound(name, choice.other_names) : nullptr;
  choice.bound_sought = budget || route_.max_cost;
  if (has_rules() || choice.bound_sought) {
    const select::Bound bound = select::bound_of(prepared_.needs, name, model, route_.policy);
    const bool keeps = server_.keeps_max_price && prepared_.takes_max_price;
    const bool kept = keeps && bound.amount && choice.bound_sought;
    if (keeps) choice.caps = caps_of(bound, prepared_.needs, route_.policy, kept);
    if (choice.caps != wire::Caps{}) choice.asked_by = asker_of(budget, route_, kept);
    if (!server_.tells_cost) choice.prices = prices_of(prepared_.needs, model);
    if (kept)
      choice.bound = bound.amount;
    else if (choice.bound_sought)
      choice.unbounded = !bound.amount ? bound.unbounded
                         : !server_.keeps_max_price
                             ? unkept
                             : "the body's provider, to which no limit can be added";
    // Where nothing keeps it, what the caller is ready to pay is held, unless the list alone tells
    // that it is not enough.
    if (route_.max_cost && !kept) {
      const auto listed = bound.amount ? bound.amount : bound.at_least;
      choice.bound = listed && *listed > *route_.max_cost ? listed : route_.max_cost;
      choice.warning = "nothing bounds the cost of " + choice.unbounded +
                       ", so that route.max_cost is held for it and not kept";
    }
  }
  choice.added = prepared_.added_for(choice.model, choice.caps);
  return choice;
}

Result<Planned> Planner::plan(const Terms& terms, const Market* market) const {
  Planned planned;
  if (!has_rules()) {
    for (const std::string& name : prepared_.models)
      planned.choices.push_back(choice_of(name, market ? &market->catalogue : nullptr, terms));
    return planned;
  }
  const std::vector<std::string> names = named();
  select::Ranking ranking = select::rank(prepared_.needs, names, route_.policy, market->catalogue,
                                         market->moment, terms.view);
  if (ranking.in.empty()) return no_model_error(ranking, *market);
  const std::size_t tried = std::min(ranking.in.size(), names.empty() ? tried_max : names.size());
  for (std::size_t at = 0; at < tried; ++at) {
    const select::Ranked& one = ranking.in[at];
    planned.choices.push_back(choice_of(one.name, &market->catalogue, terms));
  }
  if (ranking.in.size() > told_max) ranking.in.resize(told_max);
  if (ranking.out.size() > told_max) ranking.out.resize(told_max);
  Selection told =
      select::explain(ranking, prepared_.needs, route_.policy, market->catalogue, market->moment);
  told.catalogue = market->state;
  planned.selection = std::make_shared<const Selection>(std::move(told));
  return planned;
}

std::vector<Choice> Planner::plan_again(const std::vector<Choice>& choices, const Terms& terms,
                                        const Market& market) const {
  std::vector<Choice> again;
  again.reserve(choices.size());
  for (const Choice& choice : choices)
    again.push_back(choice_of(choice.model, &market.catalogue, terms));
  return again;
}

Selection Planner::selection(const Terms& terms, const Market& market) const {
  const std::vector<std::string> names = named();
  Selection told = select::explain(select::rank(prepared_.needs, names, route_.policy,
                                                market.catalogue, market.moment, terms.view),
                                   prepared_.needs, route_.policy, market.catalogue, market.moment);
  told.catalogue = market.state;
  return told;
}

wire::Body Planner::first_body(const Choice& choice) {
  return prepared_.body_of(std::exchange(prepared_.source, {}), choice.model, choice.caps,
                           !choice.usage_unasked);
}
wire::Body Planner::body_of(const Choice& choice, const wire::Body& before) const {
  return prepared_.body_of(before.source(), choice.model, choice.caps, !choice.usage_unasked);
}

Error Planner::no_model_error(const select::Ranking& ranking, const Market& market) const {
  constexpr std::size_t shown = 3;
  select::Ranking head{{}, ranking.out};
  head.out.resize(std::min(shown, head.out.size()));
  std::string why;
  for (const Candidate& one :
       select::explain(head, prepared_.needs, route_.policy, market.catalogue, market.moment).out)
    why += (why.empty() ? "" : "; ") + one.model + ": " + one.reason;
  if (ranking.out.size() > shown)
    why += "; and " + std::to_string(ranking.out.size() - shown) + " more";
  return Error{
      .code = Code::no_model,
      .message = "no model can serve the request: " + why + "; nothing was sent",
      .advice = "name others, or ask for less: the operation select tells the reason of each"};
}

} // namespace wayfare::call
