#include "select/replay.hpp"

#include <algorithm>
#include <functional>
#include <type_traits>
#include <utility>

#include "base/json_text.hpp"
#include "select/cost.hpp"

namespace wayfare::select {

namespace {

constexpr std::size_t models_max = 1000, name_max = 128;
constexpr std::int64_t second_us = 1'000'000;
// A cost, and those of the prompt and of the completion, are each rounded: their difference may be
// so much though nothing else was billed.
constexpr std::int64_t rounding_p = 2;

bool is_name(std::string_view text) { return !text.empty() && text.size() <= name_max; }

// Why a model of the list cannot price a call; "" if it can.
std::string fault_of_target(std::string_view name, const Catalogue& catalogue,
                            const Moment& moment) {
  const Model* const model = catalogue.find(name);
  if (model && model->kind != ModelKind::router) return {};
  if (model) return json::quoted(name) + " is a router, which has no price of its own";
  const Model* const near = catalogue.nearest(name, moment.today);
  return "the models list has no model " + json::quoted(name) +
         (near ? "; the nearest is " + near->id : std::string());
}

// Whether `other` never costs less than `one`, and has no more room. The prices of both hold at all
// times and for every prompt.
bool is_never_better(const Model& other, const Model& one) {
  if (!one.overrides.empty() || !other.overrides.empty()) return false;
  const auto is_dearer = [&](std::optional<Price> Prices::* price, bool must_be_there) {
    const auto &more = other.prices.*price, &less = one.prices.*price;
    if (must_be_there && more.has_value() != less.has_value()) return false;
    return !less || (more && *less <= *more);
  };
  const auto has_less_room = [](const std::optional<std::int64_t>& less,
                                const std::optional<std::int64_t>& more) {
    return !more || (less && *less <= *more);
  };
  return is_dearer(&Prices::prompt, true) && is_dearer(&Prices::completion, true) &&
         is_dearer(&Prices::cache_read, true) && is_dearer(&Prices::cache_write, true) &&
         is_dearer(&Prices::request, false) &&
         has_less_room(other.context_tokens, one.context_tokens) &&
         has_less_room(other.completion_tokens_max, one.completion_tokens_max);
}

bool has_room(const Model& model, const Usage& usage) {
  const std::int64_t prompt = usage.prompt_tokens.value_or(0),
                     completion = usage.completion_tokens.value_or(0);
  if (model.completion_tokens_max && completion > *model.completion_tokens_max) return false;
  return !model.context_tokens || prompt <= *model.context_tokens - completion;
}

} // namespace

std::string fault_of(const Replay& query) {
  const int ways =
      (query.model.empty() ? 0 : 1) + (query.models.empty() ? 0 : 1) + (query.policy ? 1 : 0);
  if (ways > 1) return "replay has more than one of model, models and policy: give one of them";
  if (query.model.size() > name_max) return "model of replay is longer than 128 bytes";
  if (query.models.size() > models_max) return "models of replay has more than 1000 models";
  for (const auto& [from, to] : query.models) {
    if (!is_name(from) || !is_name(to))
      return "models of replay has a name that has not 1 to 128 bytes";
    const auto is_same = [&](const auto& other) { return other.first == from; };
    if (std::ranges::count_if(query.models, is_same) > 1)
      return "models of replay has " + json::quoted(from) + " twice";
  }
  if (query.policy && query.policy->sort != Sort::cheapest)
    return "policy of replay has not the sort cheapest";
  if (query.policy && *query.policy != Policy{.sort = Sort::cheapest,
                                              .max_price = query.policy->max_price,
                                              .allow = query.policy->allow,
                                              .deny = query.policy->deny})
    return "policy of replay has more than sort, max_price, allow and deny: an entry does not tell "
           "the rest";
  if (!query.by) return {};
  for (const Dimension by : *query.by) {
    if (name(by).empty()) return "by of replay has an unknown dimension";
    if (by == Dimension::tag)
      return "replay is asked for by \"tag\": a call with several tags would count several times";
    if (std::ranges::count(*query.by, by) > 1)
      return "replay is asked for by \"" + std::string(name(by)) + "\" twice";
  }
  return {};
}

Result<std::unique_ptr<PastCalls>> Repricer::make(const Replay& query,
                                                  std::shared_ptr<const Catalogue> catalogue,
                                                  std::optional<CatalogueState> state,
                                                  const Moment& moment) {
  std::string fault;
  if (!query.model.empty()) fault = fault_of_target(query.model, *catalogue, moment);
  for (const auto& [from, to] : query.models)
    if (fault.empty()) fault = fault_of_target(to, *catalogue, moment);
  if (!fault.empty())
    return Error::invalid("replay cannot price calls: " + fault, "name a model of the models list");
  return std::unique_ptr<PastCalls>(
      new Repricer(query, std::move(catalogue), std::move(state), moment));
}

Repricer::Repricer(const Replay& query, std::shared_ptr<const Catalogue> catalogue,
                   std::optional<CatalogueState> state, const Moment& moment)
    : query_(query), catalogue_(std::move(catalogue)), state_(std::move(state)) {
  if (query_.policy) choose_candidates(moment);
}

// The models that a call without a named model could take, cheapest first, without those that are
// never better than another.
void Repricer::choose_candidates(const Moment& moment) {
  const Ranking ranking = rank(Needs{}, {}, *query_.policy, *catalogue_, moment, LedgerView{});
  for (const Ranked& one : ranking.in) {
    if (searches_by_itself(*one.model)) continue; // its searches are not in the tokens
    const auto is_worse_than = [&](const Model* other) {
      return is_never_better(*one.model, *other);
    };
    if (std::ranges::none_of(candidates_, is_worse_than)) candidates_.push_back(one.model);
  }
}

Repricer::Target Repricer::target_of(std::string_view served) {
  const Model* const own = catalogue_->find(served);
  const Model* target = own;
  if (!query_.model.empty()) target = catalogue_->find(query_.model);
  for (const auto& [from, to] : query_.models)
    if (from == served || (own && from == own->id)) target = catalogue_->find(to);
  return {.model = target, .is_same = own && own == target};
}

const Repricer::Target& Repricer::known_target(std::string_view served) {
  if (const auto known = targets_.find(served); known != targets_.end()) return known->second;
  return targets_.emplace(std::string(served), target_of(served)).first->second;
}

Repricer::Priced Repricer::price_at(const PastCall& call, const Target& target) const {
  if (!target.model) return {.outcome = Outcome::no_model};
  if (has_unknown_override(*target.model)) return {.outcome = Outcome::no_price};
  Priced priced{.model = target.model, .is_exact = target.is_same};
  Usage usage = call.usage;
  Prices prices = prices_at(*target.model, *usage.prompt_tokens, call.reserved_us / second_us);
  if (!prices.prompt || !prices.completion) return {.outcome = Outcome::no_price};
  // Without a price of their own, these are tokens of the prompt.
  for (const auto& [count, price] : {std::pair{&Usage::cached_tokens, &Prices::cache_read},
                                     std::pair{&Usage::cache_write_tokens, &Prices::cache_write}})
    if ((usage.*count).value_or(0) > 0 && !(prices.*price)) {
      usage.*count = 0;
      priced.is_exact = false;
    }
  // The part that is not for tokens has what a request costs.
  if (call.non_token_cost && prices.request && prices.request->mantissa > 0) {
    prices.request.reset();
    priced.is_exact = false;
  }
  const auto tokens = cost_of(prices, usage);
  if (!tokens) return {.outcome = Outcome::no_tokens}; // counts that cannot be
  priced.outcome = Outcome::priced;
  priced.cost = *tokens;
  const std::int64_t other = call.non_token_cost.value_or(Amount{}).picodollars;
  if (other < -rounding_p || other > rounding_p) priced.non_token.picodollars = other;
  if (__builtin_add_overflow(priced.cost.picodollars, priced.non_token.picodollars,
                             &priced.cost.picodollars))
    return {.outcome = Outcome::no_tokens};
  return priced;
}

Repricer::Priced Repricer::cheapest(const PastCall& call) const {
  Priced best{.outcome = Outcome::no_model};
  const Target own{.model = catalogue_->find(call.model), .is_same = true};
  for (const Model* one : candidates_) {
    if (!has_room(*one, call.usage)) continue;
    if (is_too_dear(*one, *call.usage.prompt_tokens, *query_.policy, call.reserved_us / second_us))
      continue;
    const Priced priced = price_at(call, {.model = one, .is_same = own.model == one});
    const bool is_first = best.outcome != Outcome::priced;
    if (priced.outcome == Outcome::priced ? is_first || priced.cost < best.cost
                                          : is_first && priced.outcome != Outcome::no_model)
      best = priced;
  }
  return best;
}

Repricer::Priced Repricer::price(const PastCall& call) {
  if (call.is_byok) return {.outcome = Outcome::byok};
  if (!call.usage.prompt_tokens || !call.usage.completion_tokens)
    return {.outcome = Outcome::no_tokens};
  return query_.policy ? cheapest(call) : price_at(call, known_target(call.model));
}

void Repricer::sum(std::int64_t& sum, std::int64_t more) {
  overflows_ = __builtin_add_overflow(sum, more, &sum) || overflows_;
}

void Repricer::add(const PastCall& call) {
  if (call.group >= groups_.size()) groups_.resize(call.group + 1);
  Sums& sums = groups_[call.group];
  ReplayRow& row = sums.row;
  ++row.calls;
  row.unknown += call.cost ? 0 : 1;
  const std::int64_t cost = call.cost.value_or(Amount{}).picodollars;
  sum(row.cost.picodollars, cost);
  const Priced priced = price(call);
  switch (priced.outcome) {
    case Outcome::no_price: ++row.no_price; return;
    case Outcome::no_model: ++row.no_model; return;
    case Outcome::no_tokens: ++row.no_tokens; return;
    case Outcome::byok: ++row.byok; return;
    case Outcome::priced: break;
  }
  if (row.priced == 0) sums.model = priced.model;
  if (sums.model != priced.model) sums.model = nullptr;
  ++row.priced;
  sums.is_exact = sums.is_exact && priced.is_exact;
  sum(row.priced_cost.picodollars, cost);
  sum(row.replayed_cost.picodollars, priced.cost.picodollars);
  sum(row.non_token_cost.picodollars, priced.non_token.picodollars);
}

Result<Replayed> Repricer::take(std::vector<ReplayRow> rows) {
  Replayed replayed{.rows = {}, .total = {}, .catalogue = state_};
  ReplayRow& total = replayed.total;
  total.exact = true;
  bool is_one = true;
  const Model* model = nullptr;
  groups_.resize(rows.size());
  for (std::size_t at = 0; at < rows.size(); ++at) {
    const Sums& sums = groups_[at];
    ReplayRow row = sums.row;
    for_each_field<ReplayRow>([&](const auto& leaf) {
      using Member = std::remove_cvref_t<decltype(leaf.get(row))>;
      if constexpr (std::is_same_v<Member, std::optional<std::string>>)
        leaf.get(row) = std::move(leaf.get(rows[at]));
      else if constexpr (std::is_same_v<Member, std::int64_t>)
        sum(leaf.get(total), leaf.get(row));
      else if constexpr (std::is_same_v<Member, Amount>)
        sum(leaf.get(total).picodollars, leaf.get(row).picodollars);
    });
    row.exact = row.priced > 0 && sums.is_exact;
    if (sums.model) row.replayed_model = sums.model->id;
    if (row.priced > 0) {
      total.exact = total.exact && row.exact;
      is_one = is_one && sums.model && (!model || model == sums.model);
      model = sums.model;
    }
    replayed.rows.push_back(std::move(row));
  }
  total.exact = total.exact && total.priced > 0;
  if (is_one && model) total.replayed_model = model->id;
  if (overflows_) return Error::invalid("a sum of the replay does not fit in 64 bits");
  return replayed;
}

} // namespace wayfare::select
