#include "select/ranking.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/time_text.hpp"
#include "select/patterns.hpp"
#include "select/policy.hpp"

namespace wayfare::select {

Moment moment_at(std::int64_t wall_us) {
  const Time now{std::chrono::microseconds(wall_us)};
  return {std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count(),
          day_text(std::chrono::floor<std::chrono::days>(now))};
}

namespace {

// Whether a price is known and not above the limit, where there is one.
bool passes(const std::optional<Price>& price, const std::optional<Price>& most) {
  return !most || (price && *price <= *most);
}

} // namespace

bool is_too_dear(const Model& model, std::int64_t prompt_tokens, const Policy& policy,
                 Seconds now) {
  const MaxPrice& most = policy.max_price;
  if (most == MaxPrice{}) return false;
  const auto per_token = [](const std::optional<Price>& per_million) {
    return per_million ? std::optional(per_million->from_per_million()) : std::nullopt;
  };
  const Prices prices = prices_at(model, prompt_tokens, now);
  return !passes(prices.prompt, per_token(most.prompt)) ||
         !passes(prices.completion, per_token(most.completion)) ||
         (prices.request && !passes(prices.request, most.request)) ||
         (prices.image && !passes(prices.image, most.image));
}

namespace {

bool has_all(const std::vector<std::string>& have, const std::vector<std::string>& wanted) {
  return std::ranges::all_of(
      wanted, [&](const std::string& one) { return std::ranges::find(have, one) != have.end(); });
}

// Why the model cannot serve the request; Why::named where it can.
Why fault_of(const Model& model, const Needs& needs, const Policy& policy, const Moment& moment) {
  if (model.kind == ModelKind::batch) return Why::kind;
  if (has_expired(model, moment.today)) return Why::expired;
  // other servers' lists do not
  const bool tells = !model.input_modalities.empty() || !model.parameters.empty();
  if (tells && !has_all(model.input_modalities, needs.inputs)) return Why::input;
  if (tells && !has_all(model.output_modalities, needs.outputs)) return Why::output;
  if (tells && !has_all(model.parameters, needs.parameters)) return Why::parameter;
  const std::int64_t prompt_tokens = needs.prompt_bytes / bytes_per_token;
  if (model.context_tokens && prompt_tokens > *model.context_tokens) return Why::context;
  if (model.completion_tokens_max &&
      needs.completion_tokens.value_or(0) > *model.completion_tokens_max)
    return Why::completion;
  return is_too_dear(model, prompt_tokens, policy, moment.now) ? Why::too_dear : Why::named;
}

// Why a model is not chosen by itself, though it could serve; Why::named where it may be.
Why exclusion_reason(const Model& model) {
  if (model.kind != ModelKind::model) return Why::kind;
  if (model.free) return Why::free;
  if (!model.prices.prompt || !model.prices.completion || has_unknown_override(model))
    return Why::no_price;
  // billed by something else
  if (model.prices.prompt->mantissa == 0 || model.prices.completion->mantissa == 0)
    return Why::no_price;
  return Why::named;
}

std::optional<Amount> expected_cost(const Model& model, const Needs& needs, Seconds now) {
  const std::int64_t prompt = needs.prompt_bytes / bytes_per_token + 1;
  const std::int64_t answers = std::min<std::int64_t>(needs.answers, 1000);
  const std::int64_t completion =
      std::min(needs.completion_tokens.value_or(expected_completion), expected_completion) *
      answers;
  const Prices prices = prices_at(model, prompt, now);
  auto cost = cost_of(prices, Usage{.prompt_tokens = prompt, .completion_tokens = completion});
  if (!cost || !prices.web_search || !searches_by_itself(model)) return cost;
  // It searches once, at least.
  const auto search = times(*prices.web_search, 1);
  if (!search || __builtin_add_overflow(cost->picodollars, search->picodollars, &cost->picodollars))
    return std::nullopt;
  return cost;
}

// Whether the patterns of the policy keep a name out, or one of the models that the server may take
// instead; Why::named where they do not.
Why denial_of(std::string_view name, const Model* model, const Needs& needs, const Policy& policy,
              const Catalogue& catalogue) {
  if (!has_patterns(policy)) return Why::named;
  if (leaves_model_open(name, model)) return Why::open;
  const auto is_denied = [&](const std::string& other) {
    return !is_allowed(other, catalogue.find(other), policy);
  };
  const bool is_kept_out =
      !is_allowed(name, model, policy) || std::ranges::any_of(needs.other_models, is_denied);
  return is_kept_out ? Why::denied : Why::named;
}

// Every model that may be chosen without being named.
Ranking candidates_of(const Needs& needs, const Policy& policy, const Catalogue& catalogue,
                      const Moment& moment) {
  Ranking ranking;
  ranking.in.reserve(catalogue.models().size());
  ranking.out.reserve(catalogue.models().size());
  for (const Model& model : catalogue.models()) {
    Why why = exclusion_reason(model);
    if (why == Why::named) why = denial_of(model.id, &model, needs, policy, catalogue);
    if (why == Why::named) why = fault_of(model, needs, policy, moment);
    if (why == Why::named)
      ranking.in.push_back({&model, model.id, why, expected_cost(model, needs, moment.now)});
    else
      ranking.out.push_back({&model, model.id, why, {}});
  }
  return ranking;
}

Ranking candidates_of(const Needs& needs, const std::vector<std::string>& named,
                      const Policy& policy, const Catalogue& catalogue, const Moment& moment) {
  Ranking ranking;
  for (const auto& name : named) {
    const Model* model = catalogue.find(name);
    if (const Why denial = denial_of(name, model, needs, policy, catalogue); denial != Why::named)
      ranking.out.push_back({model, name, denial, {}});
    else if (!model)
      ranking.in.push_back({nullptr, name, Why::unknown, {}});
    else if (const Why why = fault_of(*model, needs, policy, moment); why != Why::named)
      ranking.out.push_back({model, name, why, {}});
    else
      ranking.in.push_back({model, name, Why::named, expected_cost(*model, needs, moment.now)});
  }
  return ranking;
}

} // namespace

Ranking rank(const Needs& needs, const std::vector<std::string>& named, const Policy& policy,
             const Catalogue& catalogue, const Moment& moment, const LedgerView& view) {
  Ranking ranking = named.empty() ? candidates_of(needs, policy, catalogue, moment)
                                  : candidates_of(needs, named, policy, catalogue, moment);
  ranking.in = order_of(policy.sort)(needs, std::move(ranking.in), view);
  return ranking;
}

namespace {

std::string listed(const std::vector<std::string>& names) {
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

std::string reason_of(const Ranked& ranked, const Needs& needs) {
  const auto tokens = [](const std::optional<std::int64_t>& count) {
    return count ? std::to_string(*count) : "no";
  };
  switch (ranked.why) {
    case Why::named: return "named by the request";
    case Why::cheap:
      return ranked.expected ? "expected to cost " + ranked.expected->text() + " USD"
                             : "its price is not known";
    case Why::unknown: return "not in the catalogue";
    case Why::kind:
      return ranked.model->kind == ModelKind::router ? "a router: it chooses a model itself"
             : ranked.model->kind == ModelKind::alias
                 ? "another name of " + ranked.model->alias_of
                 : "of the batch interface: it cannot be called";
    case Why::free:
      return "free ones are few a day and not private: taken only where they are named";
    case Why::expired: return "its end was on " + ranked.model->expires;
    case Why::no_price: return "its price is not known";
    case Why::context:
      return "its context of " + tokens(ranked.model->context_tokens) +
             " tokens is shorter than the prompt of about " +
             std::to_string(needs.prompt_bytes / bytes_per_token);
    case Why::completion:
      return "it gives at most " + tokens(ranked.model->completion_tokens_max) + " tokens, " +
             tokens(needs.completion_tokens) + " are asked for";
    case Why::input: return "it does not take all of: " + listed(needs.inputs);
    case Why::output: return "it does not give all of: " + listed(needs.outputs);
    case Why::parameter: return "it does not support all of: " + listed(needs.parameters);
    case Why::too_dear: return "dearer than max_price";
    case Why::denied: return "the policy's patterns do not allow it";
    case Why::open:
      return "the server chooses the model, and may take one that the policy's patterns do not "
             "allow";
  }
  return "";
}

} // namespace

Selection explain(const Ranking& ranking, const Needs& needs, const Policy& policy,
                  const Catalogue& catalogue, const Moment& moment) {
  constexpr int sought_max = 8; // the most names for which the nearest one is sought
  Selection selection;
  selection.policy = policy.sort;
  int sought = 0;
  const auto candidate = [&](const Ranked& ranked) {
    const Bound bound = bound_of(needs, ranked.name, ranked.model, policy);
    std::string reason = reason_of(ranked, needs);
    if ((ranked.why == Why::unknown || ranked.why == Why::expired) && sought++ < sought_max)
      if (const Model* near = catalogue.nearest(ranked.name, moment.today))
        reason += "; the nearest is " + near->id;
    return Candidate{.model = std::string(ranked.name),
                     .reason = std::move(reason),
                     .expected = ranked.expected,
                     .bound = bound.amount,
                     .unbounded = bound.unbounded};
  };
  for (const Ranked& one : ranking.in) selection.ranked.push_back(candidate(one));
  for (const Ranked& one : ranking.out) selection.out.push_back(candidate(one));
  return selection;
}

} // namespace wayfare::select
