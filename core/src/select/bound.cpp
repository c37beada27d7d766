#include <algorithm>

#include "select/ranking.hpp"

namespace wayfare::select {

namespace {

std::optional<Price> dearer(const std::optional<Price>& one, const std::optional<Price>& other) {
  if (!one || !other) return one ? one : other;
  return *one < *other ? other : one;
}

std::string unbounded_part(const Needs& needs, std::string_view name, const Model* model) {
  if (!needs.unbounded.empty()) return needs.unbounded;
  if (!model)
    return "the price of " + std::string(name.empty() ? "a model that the server chooses" : name);
  if (model->kind == ModelKind::router) return "the router " + model->id;
  if (model->kind == ModelKind::batch) return "the batch price of " + model->id;
  // These steer to dearer services, or add some of their own.
  for (const std::string_view variant : {":nitro", ":online"})
    if (name.ends_with(variant)) return "the variant " + std::string(variant);
  if (!model->prices.prompt || !model->prices.completion) return "the price of " + model->id;
  return "";
}

} // namespace

Bound bound_of(const Needs& needs, std::string_view name, const Model* model,
               const Policy& policy) {
  Bound bound;
  bound.unbounded = unbounded_part(needs, name, model);
  if (!bound.unbounded.empty()) return bound;

  const std::int64_t context = model->context_tokens.value_or(needs.prompt_bytes);
  const std::int64_t prompt_tokens = std::min(needs.prompt_bytes, context);
  const auto completion_tokens = needs.completion_tokens        ? needs.completion_tokens
                                 : model->completion_tokens_max ? model->completion_tokens_max
                                                                : model->context_tokens;
  if (!completion_tokens) {
    bound.unbounded = "the length of the answer: neither the request nor the catalogue limits it";
    return bound;
  }
  if (!needs.completion_tokens) bound.completion_tokens = completion_tokens;

  const Prices prices = dearest(*model, prompt_tokens);
  const auto limit = [](const std::optional<Price>& body, const std::optional<Price>& policy_max,
                        const std::optional<Price>& price) {
    return body ? body : policy_max ? std::optional(policy_max->from_per_million()) : price;
  };
  bound.prompt_max = limit(needs.prompt_max, policy.max_price.prompt, prices.prompt);
  bound.completion_max = limit(needs.completion_max, policy.max_price.completion,
                               dearer(prices.completion, prices.reasoning));
  auto prompt_price = dearer(bound.prompt_max, prices.cache_write);
  if (needs.caches) prompt_price = dearer(prompt_price, prices.cache_write_1h);

  const auto prompt = times(*prompt_price, prompt_tokens, true),
             completion = times(*bound.completion_max, *completion_tokens, true);
  const auto request = prices.request ? times(*prices.request, 1, true) : Amount{};
  Amount sum;
  bool fits = prompt && completion && request;
  for (const auto& part : {prompt, completion, request})
    fits = fits && !__builtin_add_overflow(sum.picodollars, part->picodollars, &sum.picodollars);
  if (fits)
    bound.amount = sum;
  else
    bound.unbounded = "its size";
  return bound;
}

} // namespace wayfare::select
