#include "select/affinity.hpp"

#include <algorithm>
#include <array>

namespace wayfare::select {

std::optional<Warm> warm_after(std::string_view model, std::string_view provider,
                               const Usage& usage, const std::vector<Offer>& offers, Seconds now) {
  const std::int64_t touched =
      usage.cached_tokens.value_or(0) + usage.cache_write_tokens.value_or(0);
  if (touched <= 0 || std::ranges::count(offers, provider, &Offer::provider) != 1)
    return std::nullopt;
  const Offer& offer = *std::ranges::find(offers, provider, &Offer::provider);
  // Automatic caches tell what was read of them, and not what they keep now: the whole prompt.
  return Warm{.model = std::string(model),
              .slug = offer.slug,
              .provider = offer.provider,
              .tokens = usage.prompt_tokens.value_or(touched),
              .until = now + offer.cache_lifetime};
}

bool is_lost_by(const Error& error, const Warm& warm) {
  const bool is_its_own = error.provider.empty() || error.provider == warm.provider;
  return is_its_own && (error.status == 429 || error.status >= 500);
}

namespace {

bool is_choice(std::string_view preference) {
  static constexpr std::array<std::string_view, 4> choices{"order", "only", "ignore", "sort"};
  return std::ranges::find(choices, preference) != choices.end();
}

} // namespace

std::string_view order_for(const Warm& warm, const NextRequest& request,
                           const std::vector<Offer>& offers, Seconds now) {
  if (warm.model != request.model || now >= warm.until ||
      std::ranges::any_of(request.preferences, is_choice))
    return {};
  const auto own = std::ranges::find(offers, warm.slug, &Offer::slug);
  if (own == offers.end()) return {};
  const Usage cold{.prompt_tokens = request.prompt_tokens,
                   .completion_tokens = request.completion_tokens};
  Usage with_cache = cold;
  with_cache.cached_tokens = std::min(warm.tokens, request.prompt_tokens);
  if (request.caches && own->prices.cache_write)
    with_cache.cache_write_tokens = request.prompt_tokens - *with_cache.cached_tokens;
  const auto cost = cost_of(own->prices, with_cache);
  if (!cost) return {};
  const bool is_dearer = std::ranges::any_of(offers, [&](const Offer& offer) {
    const auto other = cost_of(offer.prices, cold);
    return other && *other <= *cost;
  });
  return is_dearer ? std::string_view() : std::string_view(own->slug);
}

} // namespace wayfare::select
