#include "call/planner.hpp"

#include <algorithm>
#include <utility>

#include "base/json_text.hpp"
#include "base/json_writer.hpp"
#include "call/decision.hpp"
#include "values/health.hpp"
#include "values/model_names.hpp"
#include "values/sort.hpp"

namespace wayfare::call {

namespace {

// All models of a list that can serve are tried. The whole catalogue gives the best few.
constexpr std::size_t tried_max = 3, told_max = 10;

// So that the tokens of an attempt fit in 64 bits.
constexpr std::int64_t tokens_max = 1'000'000'000'000, answers_max = 1'000;

// A server of another dialect may ignore provider.max_price.
constexpr const char* unkept =
    "a server that is not OpenRouter, which may ignore provider.max_price";

// Returns what is added to the body. `kept`: the prices that the bound was made with, and a cap on
// the completion where the request has none. Else the limits of the policy alone.
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

// A model of a server whose price is an option. Nothing else is known of it.
Model priced_model(std::string_view name, const TokenPrice& price) {
  Model model;
  model.id = name;
  model.prices.prompt = price.prompt.from_per_million();
  model.prices.completion = price.completion.from_per_million();
  return model;
}

// Returns what a refusal of the caps is told to come from.
std::string asker_of(const std::string* budget, const Route& route, bool kept) {
  if (!kept) return "route.policy.max_price";
  std::string asker = budget ? "the budget " + json::quoted(*budget) : std::string();
  if (route.max_cost) asker += (asker.empty() ? "" : " and ") + std::string("route.max_cost");
  return asker;
}

} // namespace

Planner::Planner(wire::Prepared prepared, Route route, const Server& server)
    : prepared_(std::move(prepared)), route_(std::move(route)), server_(server) {
  if (server_.model.empty()) return;
  route_.policy.sort = Sort::ordered; // there is no choice of models
  route_.policy.speed.reset();
}

bool Planner::has_rules() const { return route_.policy != Policy{} || route_.max_cost.has_value(); }

// OpenRouter has several names for a model. The models list tells them.
bool Planner::has_several_names() const { return server_.keeps_max_price; }

bool Planner::needs_market(const Terms& terms) const {
  const bool needs_names = terms.view.names_models && has_several_names();
  const bool needs_certainty = pins() && has_several_names();
  const bool needs_offers = orders() && !terms.charge_to.run.empty();
  return has_rules() || needs_names || needs_certainty || needs_offers || keeps_decision() ||
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
    // A block or a budget must not be passed by another spelling of its model.
    const std::string folded = has_several_names() ? folded_name(given) : std::string(given);
    if (folded != given) add(folded, given);
    const Model* model = catalogue ? catalogue->find(folded) : nullptr;
    if (!model) return;
    for (const std::string* other : {&model->id, &model->canonical_slug, &model->alias_of})
      if (model_without_variant(*other) != model_without_variant(given)) add(*other, given);
  };
  for (const std::string& model : prepared_.needs.other_models) add(model, model);
  for (const auto& [called, here] : server_.models)
    if (here == name) add(called, name);
  add_known(name);
  for (const std::string& model : prepared_.needs.other_models) add_known(model);
  add_windows(name, catalogue, others);
  return others;
}

// The one name of each model that the request names: the id of the models list, and that of the
// model for which an alias stands.
void Planner::add_windows(std::string_view name, const select::Catalogue* catalogue,
                          std::vector<OtherName>& others) const {
  const auto id_of = [&](std::string_view given) -> std::string_view {
    const Model* model = catalogue ? catalogue->find(given) : nullptr;
    if (!model && catalogue && has_several_names()) model = catalogue->find(folded_name(given));
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
  if (ranks_all_models(route_.policy.sort) && prepared_.models.size() == 1 &&
      prepared_.models.front().empty() && !prepared_.chosen_elsewhere)
    return {};
  return prepared_.models;
}

bool Planner::wants_callable() const {
  return server_.keeps_max_price && has_rules() && named().empty();
}

select::Ranking Planner::rank(const std::vector<std::string>& names, const Terms& terms,
                              const Market& market) const {
  select::Ranking ranking = select::rank(prepared_.needs, names, route_.policy, market.catalogue,
                                         market.moment, terms.view,
                                         {.endpoints = &endpoints_,
                                          .cache = cache_ ? &*cache_ : nullptr,
                                          .seen = seen_,
                                          .callable = callable_.get()});
  if (route_.cooldown == OnCooldown::ignore || terms.view.cooldowns.empty()) return ranking;
  constexpr std::int64_t second_us = 1'000'000;
  for (select::Ranked& one : ranking.in) {
    const std::string name = health_name(one.name);
    one.cools_down = std::ranges::any_of(terms.view.cooldowns, [&](const auto& cooldown) {
      return cooldown.server == server_.base_url && cooldown.slug.empty() &&
             cooldown.model == name && cooldown.until_us > market.moment.now * second_us;
    });
  }
  std::ranges::stable_partition(ranking.in, [](const auto& one) { return !one.cools_down; });
  return ranking;
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
  if (has_rules() || choice.bound_sought || server_.price) add_bound(choice, model, budget);
  const bool is_cached = cache_ && catalogue && model && catalogue->find(cache_->model) == model;
  if (is_cached) choice.order = order_of(model);
  if (!choice.order.empty())
    choice.caps.provider.emplace_back("order", json::array_of({choice.order}));
  choice.may_leave_out = may_leave_out(choice);
  if (choice.may_leave_out)
    choice.ignored = select::slugs_of(route_.policy.providers.ignore,
                                      model ? endpoints_.find(model->id) : nullptr);
  choice.added = prepared_.added_for(choice.model, choice.caps);
  if (!stepped_down_.empty()) choice.warnings.push_back(stepped_down_);
  return choice;
}

select::Bound Planner::bound_of(const Choice& choice, const Model* model) const {
  const Needs& needs = prepared_.needs;
  if (!server_.price) return select::bound_of(needs, choice.model, model, route_.policy);
  select::Bound bound;
  if (server_.is_free())
    bound.amount = Amount{};
  else if (!needs.completion_tokens)
    bound.unbounded = "the length of the answer: the request does not limit it";
  else { // the server knows no limits of prices
    Needs unlimited = needs;
    unlimited.prompt_max = unlimited.completion_max = unlimited.request_max = std::nullopt;
    bound = select::bound_of(unlimited, choice.model, model, Policy{});
  }
  return bound;
}

void Planner::add_bound(Choice& choice, const Model* model, const std::string* budget) const {
  std::optional<Model> own;
  if (server_.price) model = &own.emplace(priced_model(choice.model, *server_.price));
  const select::Bound bound = bound_of(choice, model);
  const bool keeps = server_.keeps_max_price && prepared_.takes_max_price;
  const bool kept = (keeps || server_.price) && bound.amount && choice.bound_sought;
  if (keeps) choice.caps = caps_of(bound, prepared_.needs, route_.policy, kept);
  if (server_.keeps_max_price) choice.caps.provider = provider_members(model);
  if (choice.caps != wire::Caps{}) choice.asked_by = asker_of(budget, route_, kept);
  if (server_.is_free())
    choice.prices = std::make_shared<const Prices>(model->prices);
  else if (!server_.tells_cost)
    choice.prices = prices_of(prepared_.needs, model);
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
    choice.warnings.push_back("nothing bounds the cost of " + choice.unbounded +
                              ", so that route.max_cost is held for it and not kept");
  }
}

std::optional<select::Catalogue> Planner::own_list() const {
  if (!server_.price) return std::nullopt;
  std::vector<Model> models;
  for (const std::string& name : prepared_.models)
    models.push_back(priced_model(name, *server_.price));
  return select::Catalogue(std::move(models));
}

Result<Planned> Planner::plan(const Terms& terms, const Market* market) const {
  Result<Planned> planned = Planned{};
  if (has_rules()) {
    planned = ranked(terms, *market);
  } else {
    for (const std::string& name : prepared_.models)
      planned->choices.push_back(choice_of(name, market ? &market->catalogue : nullptr, terms));
    if (keeps_decision())
      planned->decision = decision_of(select::rank(prepared_.needs, prepared_.models, route_.policy,
                                                   market->catalogue, market->moment, terms.view),
                                      prepared_.needs, route_.policy, *market);
  }
  if (planned && pins())
    if (auto refused = refused_by_pin(planned->choices)) return std::move(*refused);
  return planned;
}

std::optional<Error> Planner::refused_by_pin(const std::vector<Choice>& choices) const {
  const auto open = std::ranges::find_if(choices, &Choice::names_no_model);
  if (open == choices.end()) return std::nullopt;
  return Error::invalid(
      "route.pin is true, and the server chooses the model for " + json::quoted(open->model),
      "name a model, or leave pin out");
}

Result<Planned> Planner::ranked(const Terms& terms, const Market& market) const {
  Planned planned;
  const std::vector<std::string> names = named();
  select::Ranking ranking = rank(names, terms, market);
  if (ranking.in.empty()) return no_model_error(ranking, market);
  if (keeps_decision())
    planned.decision = decision_of(ranking, prepared_.needs, route_.policy, market);
  const std::size_t tried = std::min(ranking.in.size(), names.empty() ? tried_max : names.size());
  for (std::size_t at = 0; at < tried; ++at) {
    const select::Ranked& one = ranking.in[at];
    planned.choices.push_back(choice_of(one.name, &market.catalogue, terms));
  }
  if (ranking.in.size() > told_max) ranking.in.resize(told_max);
  if (ranking.out.size() > told_max) ranking.out.resize(told_max);
  Selection told =
      select::explain(ranking, prepared_.needs, route_.policy, market.catalogue, market.moment);
  told.catalogue = market.state;
  planned.selection = std::make_shared<const Selection>(std::move(told));
  return planned;
}

std::optional<std::int32_t> Planner::degrade_at() const {
  return stepped_down_.empty() ? route_.policy.degrade.at : std::nullopt;
}

Planned Planner::step_down(const std::string& near_end, const Terms& terms, const Market& market,
                           std::vector<Choice> before) {
  const bool is_fixed = prepared_.names_model || prepared_.chosen_elsewhere;
  if (!is_fixed) {
    const Route kept_route = route_;
    const std::vector<std::string> kept_models = prepared_.models;
    if (!route_.policy.degrade.models.empty()) {
      prepared_.models.clear();
      for (const std::string& called : route_.policy.degrade.models)
        prepared_.models.emplace_back(server_.name_of(called));
    }
    route_.policy.sort = Sort::cheapest;
    route_.policy.speed.reset();
    stepped_down_ = near_end + ", so that the call took the cheapest model";
    if (auto planned = plan(terms, &market)) return std::move(*planned);
    route_ = kept_route;
    prepared_.models = kept_models;
  }
  stepped_down_ = near_end + (is_fixed ? ", and the call kept its model: the body names it"
                                       : ", and the call kept its model: no other can serve");
  for (Choice& one : before) one.warnings.push_back(stepped_down_);
  return {.choices = std::move(before), .selection = nullptr};
}

Choice Planner::plan_again(const Choice& choice, const Terms& terms, const Market& market) const {
  return choice_of(choice.model, &market.catalogue, terms);
}

Selection Planner::selection(const Terms& terms, const Market& market) const {
  const std::vector<std::string> names = named();
  Selection told = select::explain(rank(names, terms, market), prepared_.needs, route_.policy,
                                   market.catalogue, market.moment);
  told.catalogue = market.state;
  return told;
}

std::int64_t Planner::tokens_of(const Choice& choice) const {
  const Needs& needs = prepared_.needs;
  const auto cap =
      needs.completion_tokens ? needs.completion_tokens : choice.caps.completion_tokens;
  const std::int64_t answer = std::min(cap.value_or(select::expected_completion), tokens_max);
  const std::int64_t answers = std::clamp<std::int64_t>(needs.answers, 1, answers_max);
  return needs.prompt_bytes / select::bytes_per_token + answer * answers;
}

wire::Body Planner::body_of(const Choice& choice, std::string source) const {
  return prepared_.body_of(std::move(source), choice.model, choice.caps, !choice.usage_unasked);
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
