#include "select/ranking.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace wayfare::select {

namespace {

// What is compared of each model, once for all of them.
struct Wanted {
  std::uint32_t modalities = 0, parameters = 0;
  std::int64_t prompt_tokens = 0, completion_tokens = 0;
  std::int32_t today = 0;
  std::optional<Price> prompt_max, completion_max, request_max, image_max;
  bool has_prices = false;

  Wanted(const Needs& needs, const Policy& policy, const Moment& moment) {
    for (const auto& one : needs.inputs) modalities |= Catalogue::input_bit(one);
    for (const auto& one : needs.outputs) modalities |= Catalogue::output_bit(one);
    for (const auto& one : needs.parameters) parameters |= Catalogue::parameter_bit(one);
    prompt_tokens = needs.prompt_bytes / bytes_per_token;
    completion_tokens = needs.completion_tokens.value_or(0);
    today = Catalogue::day_of(moment.today);
    if (policy.prompt_max) prompt_max = policy.prompt_max->of_a_million();
    if (policy.completion_max) completion_max = policy.completion_max->of_a_million();
    request_max = policy.request_max;
    image_max = policy.image_max;
    has_prices = prompt_max || completion_max || request_max || image_max;
  }
};

bool passes(const std::optional<Price>& price, const std::optional<Price>& most) { return !most || (price && *price <= *most); }

// Why the model cannot serve the request; Why::named where it can.
Why fault_of(const Model& model, const Catalogue::Traits& traits, const Needs& needs, const Wanted& wanted, Seconds now) {
  if (!traits.callable) return Why::kind;
  if (traits.end <= wanted.today) return Why::expired;
  if (traits.tells && (wanted.modalities & ~traits.modalities) != 0)
    return std::ranges::all_of(needs.inputs, [&](const auto& one) { return (Catalogue::input_bit(one) & traits.modalities) != 0; })
               ? Why::output
               : Why::input;
  if (traits.tells && (wanted.parameters & ~traits.parameters) != 0) return Why::parameter;
  if (wanted.prompt_tokens > traits.context_tokens) return Why::context;
  if (wanted.completion_tokens > traits.completion_tokens_max) return Why::completion;
  if (wanted.has_prices) {
    const Rates rates = rates_at(model, wanted.prompt_tokens, now);
    const bool cheap = passes(rates.prompt, wanted.prompt_max) && passes(rates.completion, wanted.completion_max) &&
                       (!rates.request || passes(rates.request, wanted.request_max)) &&
                       (!rates.image || passes(rates.image, wanted.image_max));
    if (!cheap) return Why::too_dear;
  }
  return Why::named;
}

// Why a model is not chosen by itself, though it could serve.
Why exclusion_reason(const Catalogue::Traits& traits) {
  using Choice = Catalogue::Traits::Choice;
  switch (traits.choice) {
    case Choice::kind: return Why::kind;
    case Choice::free: return Why::free;
    case Choice::no_price: return Why::no_price;
    case Choice::may_be: break;
  }
  return Why::named;
}

// The tokens that a request is expected to take.
struct Expected {
  std::int64_t prompt, completion;
  explicit Expected(const Needs& needs)
      : prompt(needs.prompt_bytes / bytes_per_token + 1),
        completion(std::min(needs.completion_tokens.value_or(expected_completion), expected_completion)) {}

  std::optional<Amount> cost(const Model& model, const Catalogue::Traits& traits, Seconds now) const {
    if (traits.prompt_e18 < 0 || traits.completion_e18 < 0) return cost_at(model, prompt, completion, now);
    std::int64_t of_prompt = 0, of_completion = 0, sum = 0; // the same, without the detours
    if (__builtin_mul_overflow(traits.prompt_e18, prompt, &of_prompt) ||
        __builtin_mul_overflow(traits.completion_e18, completion, &of_completion) || __builtin_add_overflow(of_prompt, of_completion, &sum))
      return cost_at(model, prompt, completion, now);
    constexpr std::int64_t picodollar = 1'000'000;
    const std::int64_t whole = sum / picodollar, rest = sum % picodollar * 2;
    return Amount{whole + (rest > picodollar || (rest == picodollar && whole % 2 == 1) ? 1 : 0)};
  }
};

std::int64_t order_of(const Ranked& one) { return one.expected ? one.expected->picodollars : std::numeric_limits<std::int64_t>::max(); }

bool is_before(const Ranked& one, const Ranked& other) {
  return order_of(one) != order_of(other) ? order_of(one) < order_of(other) : one.name < other.name;
}

// The `best` of the whole catalogue, as a heap while they are looked for: most models are dearer than all of those, and are not kept.
class Best {
 public:
  Best(std::vector<Ranked>& kept, std::size_t best) : kept_(kept), best_(best) {}
  void add(const Ranked& one) {
    if (kept_.size() == best_) {
      if (!is_before(one, kept_.front())) return;
      std::ranges::pop_heap(kept_, is_before);
      kept_.pop_back();
    }
    kept_.push_back(one);
    std::ranges::push_heap(kept_, is_before);
  }

 private:
  std::vector<Ranked>& kept_;
  const std::size_t best_;
};

} // namespace

Ranking rank(const Needs& needs, const std::vector<std::string>& named, const Policy& policy, const Catalogue& catalogue,
             const Moment& moment, std::size_t best) {
  Ranking ranking;
  const Expected expected(needs);
  const Wanted wanted(needs, policy, moment);
  const bool by_price = policy.sort == "cheapest";
  if (named.empty()) {
    const std::size_t size = catalogue.models().size();
    ranking.in.reserve(std::min(best, size));
    ranking.out.reserve(size);
    Best kept(ranking.in, best);
    for (const Model& model : catalogue.models()) {
      const Catalogue::Traits& traits = catalogue.traits_of(model);
      Why why = exclusion_reason(traits);
      if (why == Why::named) why = fault_of(model, traits, needs, wanted, moment.now);
      if (why != Why::named)
        ranking.out.push_back({&model, traits.id, why, {}});
      else
        kept.add({&model, traits.id, Why::cheap, expected.cost(model, traits, moment.now)});
    }
    std::ranges::sort_heap(ranking.in, is_before);
    return ranking;
  }
  for (const auto& name : named) {
    const Model* model = catalogue.find(name);
    if (!model) {
      ranking.in.push_back({nullptr, name, Why::unknown, {}});
      continue;
    }
    const Catalogue::Traits& traits = catalogue.traits_of(*model);
    if (const Why why = fault_of(*model, traits, needs, wanted, moment.now); why != Why::named)
      ranking.out.push_back({model, name, why, {}});
    else
      ranking.in.push_back({model, name, by_price ? Why::cheap : Why::named, expected.cost(*model, traits, moment.now)});
  }
  if (by_price) std::ranges::stable_sort(ranking.in, {}, order_of); // those without a price stay in their order, behind
  return ranking;
}

namespace {

std::string listed(const std::vector<std::string>& names) {
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

std::string reason_of(const Ranked& ranked, const Needs& needs) {
  const auto tokens = [](const std::optional<std::int64_t>& count) { return count ? std::to_string(*count) : "no"; };
  switch (ranked.why) {
    case Why::named: return "named by the request";
    case Why::cheap: return ranked.expected ? "expected to cost " + ranked.expected->text() + " USD" : "its price is not known";
    case Why::unknown: return "not in the catalogue";
    case Why::kind:
      return ranked.model->kind == Model::Kind::router  ? "a router: it chooses a model itself"
             : ranked.model->kind == Model::Kind::alias ? "another name of " + ranked.model->alias_of
                                                        : "of the batch interface: it cannot be called";
    case Why::free: return "free ones are few a day and not private: taken only where they are named";
    case Why::expired: return "its end was on " + ranked.model->expires;
    case Why::no_price: return "its price is not known";
    case Why::context:
      return "its context of " + tokens(ranked.model->context_tokens) + " tokens is shorter than the prompt of about " +
             std::to_string(needs.prompt_bytes / bytes_per_token);
    case Why::completion:
      return "it gives at most " + tokens(ranked.model->completion_tokens_max) + " tokens, " + tokens(needs.completion_tokens) +
             " are asked for";
    case Why::input: return "it does not take all of: " + listed(needs.inputs);
    case Why::output: return "it does not give all of: " + listed(needs.outputs);
    case Why::parameter: return "it does not support all of: " + listed(needs.parameters);
    case Why::too_dear: return "dearer than max_price";
  }
  return "";
}

} // namespace

Selection explain(const Ranking& ranking, const Needs& needs, const Policy& policy, const Catalogue& catalogue, const Moment& moment) {
  Selection selection;
  selection.policy = policy.sort.empty() ? "ordered" : policy.sort;
  const auto candidate = [&](const Ranked& ranked) {
    const Bound bound = bound_of(needs, ranked.name, ranked.model, policy);
    std::string reason = reason_of(ranked, needs);
    if (ranked.why == Why::unknown || ranked.why == Why::expired)
      if (const Model* near = catalogue.nearest(ranked.name, moment.today)) reason += "; the nearest is " + near->id;
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
