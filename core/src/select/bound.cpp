#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <utility>

#include "select/ranking.hpp"

namespace wayfare::select {

namespace {

// With a provider key of the caller's own, OpenRouter bills this share of the list price beside
// what the provider bills. Whether an endpoint takes such a key is not known beforehand.
constexpr std::int64_t own_key_fee_percent = 5;

std::optional<Price> dearer(const std::optional<Price>& one, const std::optional<Price>& other) {
  if (!one || !other) return one ? one : other;
  return *one < *other ? other : one;
}

bool is_zero(const std::optional<Price>& price) { return price && price->mantissa == 0; }

// Prompt tokens that a vendor adds to each request, whatever it asks for. Source: the usage of
// short requests to x-ai, which bills some 690 tokens.
constexpr std::array<std::pair<std::string_view, std::int64_t>, 1> hidden_by_vendor{
    {{"x-ai/", 768}}};

std::int64_t hidden_tokens(const Needs& needs, const Model& model) {
  std::int64_t tokens = needs.hidden_tokens;
  for (const auto& [vendor, more] : hidden_by_vendor)
    if (model.id.starts_with(vendor)) tokens += more;
  return tokens;
}

// A write to the cache for an hour costs twice the prompt. Source: Anthropic, "Prompt caching".
std::optional<Price> doubled(const std::optional<Price>& price) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  if (!price || price->mantissa <= most / 2)
    return price ? std::optional(Price{price->mantissa * 2, price->scale}) : std::nullopt;
  // A price with so many digits keeps one less, rounded up.
  if (price->scale > 0) return Price{(price->mantissa / 10 + 1) * 2, price->scale - 1};
  return Price{most, 0};
}

std::string output_beside_text(const Model& model) {
  for (const std::string& modality : model.output_modalities)
    if (modality != "text") return modality;
  if (model.prices.image_output) return "image";
  if (model.prices.audio_output) return "audio";
  return {};
}

// ":floor" of "m/one:free:floor"; empty if there is no suffix.
std::string_view suffix_of(std::string_view name) {
  const auto at = name.rfind(':');
  return at == name.npos ? std::string_view() : name.substr(at);
}

// The part of a request to a model that may cost anything; "" where every part has a bound.
std::string unbounded_part(const Needs& needs, std::string_view name, const Model* model) {
  if (!needs.unbounded.empty()) return needs.unbounded;
  if (!model)
    return "the price of " + std::string(name.empty() ? "a model that the server chooses" : name);
  if (model->kind == ModelKind::router) return "the router " + model->id;
  if (model->kind == ModelKind::alias) return "the model that " + model->id + " stands for";
  if (model->kind == ModelKind::batch) return "the batch price of " + model->id;
  // These steer to dearer services, or add some of their own.
  for (const std::string_view variant : {":nitro", ":online"})
    if (name.ends_with(variant)) return "the variant " + std::string(variant);
  const std::string_view asked = suffix_of(name), listed = suffix_of(model->id);
  if (asked != listed && !listed.empty()) return "the variant " + std::string(asked);
  if (!model->prices.prompt || !model->prices.completion) return "the price of " + model->id;
  if (!model->free && (is_zero(model->prices.prompt) || is_zero(model->prices.completion)))
    return "the price of " + model->id + ", which is not billed by the token";
  if (has_unknown_override(*model)) return "a price of " + model->id + " that is not understood";
  if (searches_by_itself(*model)) return "the searches that " + model->id + " makes by itself";
  if (const std::string modality = output_beside_text(*model); !modality.empty())
    return "the " + modality + " output of " + model->id;
  return "";
}

// Adds price * units, rounded up. False where it does not fit.
bool add(Amount& sum, const std::optional<Price>& price, std::int64_t units) {
  if (!price) return true;
  const auto part = times(*price, units, true);
  return part && !__builtin_add_overflow(sum.picodollars, part->picodollars, &sum.picodollars);
}

bool add_fee(Amount& sum) {
  const std::int64_t hundredths = sum.picodollars / 100 + (sum.picodollars % 100 != 0 ? 1 : 0);
  std::int64_t fee = 0;
  return !__builtin_mul_overflow(hundredths, own_key_fee_percent, &fee) &&
         !__builtin_add_overflow(sum.picodollars, fee, &sum.picodollars);
}

// (cap + more) * answers; nothing where it does not fit.
std::optional<std::int64_t> completion_units(const Needs& needs, std::int64_t cap) {
  std::int64_t tokens = 0;
  if (__builtin_add_overflow(cap, needs.more_completion_tokens, &tokens) ||
      __builtin_mul_overflow(tokens, needs.answers, &tokens))
    return std::nullopt;
  return tokens;
}

} // namespace

bool searches_by_itself(const Model& model) {
  static constexpr std::array<std::string_view, 3> marks{"search", "sonar", "-online"};
  const std::string_view name = std::string_view(model.id).substr(model.id.find('/') + 1);
  return model.id.starts_with("perplexity/") ||
         std::ranges::any_of(marks,
                             [&](std::string_view mark) { return name.find(mark) != name.npos; });
}

namespace {

// The fee for one search in each answer.
std::optional<Amount> first_search(const Needs& needs, const Model& model) {
  if (!model.prices.web_search) return std::nullopt;
  return times(*model.prices.web_search, needs.answers, false);
}

} // namespace

Bound bound_of(const Needs& needs, std::string_view name, const Model* model,
               const Policy& policy) {
  Bound bound;
  bound.unbounded = unbounded_part(needs, name, model);
  if (!bound.unbounded.empty()) {
    if (model && searches_by_itself(*model)) bound.at_least = first_search(needs, *model);
    return bound;
  }

  const auto cap = needs.completion_tokens        ? needs.completion_tokens
                   : model->completion_tokens_max ? model->completion_tokens_max
                                                  : model->context_tokens;
  if (!cap) {
    bound.unbounded = "the length of the answer: neither the request nor the catalogue limits it";
    return bound;
  }
  if (!needs.completion_tokens) bound.completion_tokens = cap;

  const std::int64_t prompt_tokens = needs.body_bytes + hidden_tokens(needs, *model);
  const Prices prices = dearest(*model, prompt_tokens);
  const auto limit = [](const std::optional<Price>& own, const std::optional<Price>& of_policy,
                        const std::optional<Price>& listed) {
    return own ? own : of_policy ? of_policy : listed;
  };
  const auto per_token = [](const std::optional<Price>& per_million) {
    return per_million ? std::optional(per_million->from_per_million()) : std::nullopt;
  };
  const MaxPrice& most = policy.max_price;
  bound.prompt_max = limit(needs.prompt_max, per_token(most.prompt), prices.prompt);
  bound.completion_max = limit(needs.completion_max, per_token(most.completion),
                               dearer(prices.completion, prices.reasoning));
  // Servers may take a limit of 0 for none.
  bound.request_max =
      dearer(limit(needs.request_max, most.request, prices.request), prices.request);

  auto prompt_price = dearer(bound.prompt_max, prices.cache_read);
  // A limit on the wire holds for the price of the completion, not for that of the reasoning.
  auto completion_price = dearer(bound.completion_max, prices.reasoning);
  if (!model->overrides.empty()) { // and not for prices that apply above a length of the prompt
    prompt_price = dearer(prompt_price, prices.prompt);
    completion_price = dearer(completion_price, prices.completion);
  }
  auto write_price = prices.cache_write;
  if (needs.caches)
    write_price =
        dearer(write_price, prices.cache_write_1h ? prices.cache_write_1h : doubled(prompt_price));
  // Gemini bills the same tokens as read and as written. Others bill a token once.
  const bool bills_twice = model->id.starts_with("google/") && write_price;
  if (!bills_twice) prompt_price = dearer(prompt_price, write_price);

  const auto units = completion_units(needs, *cap);
  Amount sum;
  if (units && add(sum, prompt_price, prompt_tokens) &&
      (!bills_twice || add(sum, write_price, prompt_tokens)) &&
      add(sum, completion_price, *units) && add(sum, bound.request_max, needs.answers) &&
      add_fee(sum))
    bound.amount = sum;
  else
    bound.unbounded = "its size";
  return bound;
}

} // namespace wayfare::select
