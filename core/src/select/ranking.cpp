#include "select/ranking.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/time_text.hpp"
#include "select/list_values.hpp"
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

// Why the model cannot serve the request; Why::named where it can.
Why fault_of(const Model& model, const Needs& needs, const Policy& policy, const Moment& moment) {
  if (model.kind == ModelKind::batch) return Why::kind;
  if (has_expired(model, moment.today)) return Why::expired;
  // other servers' lists do not
  const bool tells = !model.input_modalities.empty() || !model.parameters.empty();
  if (tells && !has_every(model.input_modalities, needs.inputs)) return Why::input;
  if (tells && !has_every(model.output_modalities, needs.outputs)) return Why::output;
  if (tells && !has_every(model.parameters, needs.parameters)) return Why::parameter;
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

// `cached`: the tokens of the prompt that are in a cache. They cost less only where the cache has a
// price.
std::optional<Amount> expected_cost(const Model& model, const Prices& usual,
                                    const std::vector<PriceOverride>& overrides, const Needs& needs,
                                    std::int64_t cached, Seconds now) {
  const std::int64_t prompt = needs.prompt_bytes / bytes_per_token + 1;
  const std::int64_t answers = std::min<std::int64_t>(needs.answers, 1000);
  const std::int64_t completion =
      std::min(needs.completion_tokens.value_or(expected_completion), expected_completion) *
      answers;
  const Prices prices = prices_at(usual, overrides, prompt, now);
  Usage usage{.prompt_tokens = prompt, .completion_tokens = completion};
  if (prices.cache_read) usage.cached_tokens = std::min(cached, prompt);
  auto cost = cost_of(prices, usage);
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

// The quality of a model by the policy; nothing where it is not known.
std::optional<double> quality_of(std::string_view name, const Model* model, const Policy& policy) {
  for (const Score& one : policy.scores)
    if (names_model(one.model, name, model)) return one.score;
  if (!policy.scores.empty() || !model) return std::nullopt;
  switch (policy.quality.value_or(Quality::intelligence)) {
    case Quality::intelligence: return model->intelligence;
    case Quality::coding: return model->coding;
    case Quality::agentic: break;
  }
  return model->agentic;
}

// Ranks models one by one.
class Ranker {
 public:
  Ranker(const Needs& needs, const Policy& policy, const Catalogue& catalogue, const Moment& moment,
         const Hints& hints)
      : needs_(needs),
        policy_(policy),
        catalogue_(catalogue),
        moment_(moment),
        hints_(hints),
        seen_(seen_of(hints, catalogue)),
        warm_(hints.cache ? catalogue.find(hints.cache->model) : nullptr),
        judges_quality_(policy.sort == Sort::best || policy.min_quality || policy.quality ||
                        !policy.scores.empty()) {}

  // Every model that may be chosen without being named.
  Ranking all() {
    ranking_.in.reserve(catalogue_.models().size());
    ranking_.out.reserve(catalogue_.models().size());
    for (const Model& model : catalogue_.models()) {
      Why why = exclusion_reason(model);
      if (why == Why::named) why = denial_of(model.id, &model, needs_, policy_, catalogue_);
      if (why == Why::named && hints_.callable && !hints_.callable->find(model.id)) why = Why::key;
      if (why == Why::named)
        judge(model, model.id);
      else
        ranking_.out.push_back({&model, model.id, why, {}, {}, {}, {}});
    }
    return std::move(ranking_);
  }

  Ranking of(const std::vector<std::string>& named) {
    for (const auto& name : named) {
      const Model* model = catalogue_.find(name);
      const Why denial = denial_of(name, model, needs_, policy_, catalogue_);
      if (policy_.sort == Sort::fixed && &name != &named.front())
        ranking_.out.push_back({model, name, Why::further, {}, {}, {}, {}});
      else if (denial != Why::named)
        ranking_.out.push_back({model, name, denial, {}, {}, {}, {}});
      else if (model)
        judge(*model, name);
      else
        judge_unknown(name);
    }
    return std::move(ranking_);
  }

 private:
  void judge(const Model& model, std::string_view name) {
    Ranked one{.model = &model, .name = name};
    one.why = fault_of(model, needs_, policy_, moment_);
    if (one.why == Why::named) judge_quality(one);
    if (one.why == Why::named) judge_providers(one);
    (one.why == Why::named ? ranking_.in : ranking_.out).push_back(one);
  }

  void judge_unknown(std::string_view name) {
    Ranked one{.model = nullptr, .name = name};
    judge_quality(one);
    if (hints_.endpoints && has_patterns(policy_.providers)) one.why = Why::provider;
    if (one.why != Why::named) return ranking_.out.push_back(one);
    judge_speed(one, {}, {}, {});
    one.why = Why::unknown;
    ranking_.in.push_back(one);
  }

  void judge_quality(Ranked& one) const {
    if (!judges_quality_) return;
    one.quality = quality_of(one.name, one.model, policy_);
    if (policy_.min_quality && one.quality.value_or(-1e300) < *policy_.min_quality)
      one.why = Why::quality;
  }

  std::int64_t cached_tokens(const Model& model, std::string_view provider) const {
    const bool is_warm =
        warm_ == &model && (provider.empty() || hints_.cache->provider == provider);
    return is_warm ? hints_.cache->tokens : 0;
  }

  // The cost, and where the providers are known, whether there is one and how fast it is.
  void judge_providers(Ranked& one) const {
    const Model& model = *one.model;
    const auto& rules = policy_.providers;
    const bool denies_free = rules.data_collection == DataCollection::deny ||
                             needs_.providers.data_collection == DataCollection::deny;
    if (model.free && denies_free) return void(one.why = Why::provider);
    const Endpoints* known = hints_.endpoints ? hints_.endpoints->find(model.id) : nullptr;
    if (!known && has_patterns(rules) && hints_.endpoints) return void(one.why = Why::provider);
    if (!known) {
      judge_speed(one, {}, {}, {});
      one.expected = expected_cost(model, model.prices, model.overrides, needs_,
                                   cached_tokens(model, {}), moment_.now);
      return;
    }
    const auto usable =
        usable_endpoints(*known, model.id, needs_, policy_, *hints_.endpoints, moment_.now);
    if (usable.empty()) return void(one.why = Why::provider);
    for (const ModelEndpoint* endpoint : usable) {
      const auto cost = expected_cost(model, endpoint->prices, endpoint->overrides, needs_,
                                      cached_tokens(model, endpoint->provider), moment_.now);
      if (cost && (!one.expected || *cost < *one.expected)) one.expected = cost;
      judge_speed(one, endpoint->provider, endpoint->first_token_ms, endpoint->throughput);
    }
  }

  // The speed of one provider, or of all where `provider` is empty: as the ledger has seen it, else
  // as the server tells it.
  void judge_speed(Ranked& one, std::string_view provider, std::optional<double> first,
                   std::optional<double> rate) const {
    for (const Seen& seen : seen_) {
      const PerformanceRow& row = *seen.row;
      const bool is_it = one.model ? seen.model == one.model : row.model == one.name;
      if (!is_it || (!provider.empty() && row.provider != provider)) continue;
      if (!provider.empty()) return take_speed(one, row.first_token_ms, row.throughput);
      take_speed(one, row.first_token_ms, row.throughput);
    }
    take_speed(one, first, rate);
  }
  static void take_speed(Ranked& one, const std::optional<double>& first,
                         const std::optional<double>& rate) {
    if (first && (!one.first_token_ms || *first < *one.first_token_ms)) one.first_token_ms = first;
    if (rate && (!one.throughput || *rate > *one.throughput)) one.throughput = rate;
  }

  struct Seen { // by the ledger, often enough
    const PerformanceRow* row;
    const Model* model; // null: the list does not have it
  };
  static std::vector<Seen> seen_of(const Hints& hints, const Catalogue& catalogue) {
    constexpr std::int64_t answers_min = 10; // fewer tell little
    std::vector<Seen> seen;
    for (const PerformanceRow& row : hints.seen)
      if (row.answers >= answers_min) seen.push_back({&row, catalogue.find(row.model)});
    return seen;
  }

  const Needs& needs_;
  const Policy& policy_;
  const Catalogue& catalogue_;
  const Moment& moment_;
  const Hints& hints_;
  const std::vector<Seen> seen_;
  const Model* const warm_; // a cache has the beginning of the prompt; null: none does
  const bool judges_quality_;
  Ranking ranking_;
};

} // namespace

Ranking rank(const Needs& needs, const std::vector<std::string>& named, const Policy& policy,
             const Catalogue& catalogue, const Moment& moment, const LedgerView& view,
             const Hints& hints) {
  Ranker ranker(needs, policy, catalogue, moment, hints);
  Ranking ranking = named.empty() ? ranker.all() : ranker.of(named);
  ranking.in = order_of(policy)(needs, std::move(ranking.in), view);
  return ranking;
}

} // namespace wayfare::select
