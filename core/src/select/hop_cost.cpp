#include "select/hop_cost.hpp"

#include "select/cost.hpp"
#include "values/sums.hpp"

namespace wayfare::select {

std::optional<Amount> hop_cost(const Catalogue& catalogue, const Hop& hop) {
  constexpr std::int64_t second_us = 1'000'000;
  const Model* const model = catalogue.find(hop.model);
  if (!model || has_unknown_override(*model)) return std::nullopt;
  Prices prices = prices_at(*model, hop.prompt_tokens, hop.reserved_us / second_us);
  prices.request.reset(); // it is the same with a cache
  const bool pays_writes = prices.cache_write.has_value();
  const auto cold = cost_of(prices, {.prompt_tokens = hop.lost_tokens,
                                     .completion_tokens = 0,
                                     .cache_write_tokens = pays_writes ? hop.written_tokens : 0});
  const auto warm = cost_of(
      prices,
      {.prompt_tokens = hop.lost_tokens, .completion_tokens = 0, .cached_tokens = hop.lost_tokens});
  if (!cold || !warm) return std::nullopt;
  return *warm < *cold ? difference_of(*cold, *warm) : Amount{};
}

} // namespace wayfare::select
