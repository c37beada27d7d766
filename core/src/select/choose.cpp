#include "select/choose.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace wayfare::select {

namespace {

// What is compared of each model, once for all of them.
struct Wanted {
  std::uint32_t modalities = 0, parameters = 0;
  std::int64_t prompt_tokens = 0;
  std::optional<Price> prompt_max, completion_max, request_max, image_max;

  Wanted(const Needs& needs, const Policy& policy) {
    for (const auto& one : needs.inputs) modalities |= Catalogue::input_bit(one);
    for (const auto& one : needs.outputs) modalities |= Catalogue::output_bit(one);
    for (const auto& one : needs.parameters) parameters |= Catalogue::parameter_bit(one);
    prompt_tokens = needs.prompt_bytes / bytes_per_token;
    if (policy.prompt_max) prompt_max = policy.prompt_max->of_a_million();
    if (policy.completion_max) completion_max = policy.completion_max->of_a_million();
    request_max = policy.request_max;
    image_max = policy.image_max;
  }
};

bool passes(const std::optional<Price>& price, const std::optional<Price>& most) { return !most || (price && *price <= *most); }

// Why the model cannot serve the request; Why::named where it can.
Why fault_of(const Model& model, const Needs& needs, const Wanted& wanted, const Catalogue& catalogue, const Moment& moment) {
  if (model.kind == Model::Kind::batch) return Why::kind;
  if (has_expired(model, moment.today)) return Why::expired;
  const auto& traits = catalogue.traits_of(model);
  const bool tells = !model.input_modalities.empty() || !model.parameters.empty(); // other servers' lists do not
  if (tells && (wanted.modalities & ~traits.modalities) != 0)
    return std::ranges::all_of(needs.inputs, [&](const auto& one) { return (Catalogue::input_bit(one) & traits.modalities) != 0; })
               ? Why::output
               : Why::input;
  if (tells && (wanted.parameters & ~traits.parameters) != 0) return Why::parameter;
  if (model.context_tokens && wanted.prompt_tokens > *model.context_tokens) return Why::context;
  if (model.completion_tokens_max && needs.completion_tokens && *needs.completion_tokens > *model.completion_tokens_max)
    return Why::completion;
  if (wanted.prompt_max || wanted.completion_max || wanted.request_max || wanted.image_max) {
    const Rates rates = rates_at(model, wanted.prompt_tokens, moment.now);
    const bool cheap = passes(rates.prompt, wanted.prompt_max) && passes(rates.completion, wanted.completion_max) &&
                       (!rates.request || passes(rates.request, wanted.request_max)) &&
                       (!rates.image || passes(rates.image, wanted.image_max));
    if (!cheap) return Why::too_dear;
  }
  return Why::named;
}

// Why a model is not chosen by itself, though it could serve.
Why reserve_of(const Model& model) {
  if (model.kind != Model::Kind::model) return Why::kind;
  if (model.free) return Why::free;
  if (!model.rates.prompt || !model.rates.completion || has_unknown_override(model)) return Why::no_price;
  if (model.rates.prompt->mantissa == 0 && model.rates.completion->mantissa == 0) return Why::no_price; // billed by something else
  return Why::named;
}

} // namespace

namespace {

// The tokens that a request is expected to take.
struct Expected {
  std::int64_t prompt, completion;
  explicit Expected(const Needs& needs)
      : prompt(needs.prompt_bytes / bytes_per_token + 1),
        completion(std::min(needs.completion_tokens.value_or(expected_completion), expected_completion)) {}

  std::optional<Amount> cost(const Model& model, const Catalogue::Traits& traits, Seconds now) const {
    if (traits.prompt_e18 < 0 || traits.completion_e18 < 0)
      return cost_of(rates_at(model, prompt, now), {.prompt_tokens = prompt, .completion_tokens = completion});
    __extension__ using Wide = __int128; // the same, without the detours
    constexpr std::int64_t picodollar = 1'000'000;
    const Wide sum = Wide{traits.prompt_e18} * prompt + Wide{traits.completion_e18} * completion;
    const Wide whole = sum / picodollar, rest = sum % picodollar * 2;
    const Wide rounded = whole + (rest > picodollar || (rest == picodollar && whole % 2 == 1) ? 1 : 0);
    if (rounded > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
    return Amount{static_cast<std::int64_t>(rounded)};
  }
};

} // namespace

Ranking rank(const Needs& needs, const std::vector<std::string>& named, const Policy& policy, const Catalogue& catalogue,
             const Moment& moment, std::size_t best) {
  Ranking ranking;
  const Expected expected(needs);
  const Wanted wanted(needs, policy);
  const bool by_price = policy.sort == "cheapest";
  const auto add = [&](const Model& model, std::string_view name, Why reserve) {
    Why why = reserve == Why::named ? fault_of(model, needs, wanted, catalogue, moment) : reserve;
    if (why != Why::named) {
      ranking.out.push_back({&model, name, why, {}});
      return;
    }
    ranking.in.push_back({&model, name, by_price ? Why::cheap : Why::named, expected.cost(model, catalogue.traits_of(model), moment.now)});
  };
  ranking.in.reserve(named.empty() ? catalogue.models().size() : named.size());
  if (named.empty())
    for (const Model& model : catalogue.models()) add(model, model.id, reserve_of(model));
  for (const auto& name : named) {
    if (const Model* model = catalogue.find(name))
      add(*model, name, Why::named);
    else
      ranking.in.push_back({nullptr, name, Why::unknown, {}});
  }
  if (by_price && named.empty()) {
    const auto before = [](const Ranked& one, const Ranked& other) {
      const auto cost = [](const Ranked& of) { return of.expected ? of.expected->picodollars : std::numeric_limits<std::int64_t>::max(); };
      return cost(one) != cost(other) ? cost(one) < cost(other) : one.name < other.name;
    };
    const auto sorted = ranking.in.begin() + static_cast<std::ptrdiff_t>(std::min(best, ranking.in.size()));
    std::partial_sort(ranking.in.begin(), sorted, ranking.in.end(), before);
  } else if (by_price) { // those without a price stay in their order, behind
    std::ranges::stable_sort(ranking.in, {}, [](const Ranked& one) {
      return one.expected ? one.expected->picodollars : std::numeric_limits<std::int64_t>::max();
    });
  }
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

Selection in_words(const Ranking& ranking, const Needs& needs, const Policy& policy, const Catalogue& catalogue, const Moment& moment) {
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
