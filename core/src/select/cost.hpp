// Computes what a request costs at a model's prices. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <wayfare/model.hpp>
#include <wayfare/reply.hpp>

namespace wayfare::select {

using Seconds = std::int64_t; // UTC, since 1970

// A request is expected to take four bytes a token, and of the completion as much as it asks for
// but at most expected_completion tokens.
inline constexpr std::int64_t bytes_per_token = 4, expected_completion = 512;

// The usual prices with what stands in for them now. Overrides that are not understood are left
// out; has_unknown_override() tells.
Prices prices_at(const Prices& usual, const std::vector<PriceOverride>& overrides,
                 std::int64_t prompt_tokens, Seconds now);
inline Prices prices_at(const Model& model, std::int64_t prompt_tokens, Seconds now) {
  return prices_at(model.prices, model.overrides, prompt_tokens, now);
}
bool has_unknown_override(const Model& model);

// The dearest of each price that may apply to a prompt of at most so many tokens, at any time.
// Nothing for a price that may not be known.
Prices dearest(const Model& model, std::int64_t prompt_tokens_max);

// price * units, rounded once: half to even, or up.
std::optional<Amount> times(const Price& price, std::int64_t units, bool up = false);

// The cost of this usage, rounded once, half to even; nothing where a price or a count that it
// needs is not known.
//   (prompt - cached - written) * prompt + cached * cache_read + written * cache_write + completion
//   * completion + request
// Some servers count the same tokens as cached and written: where both pass the prompt, written is
// not taken off.
std::optional<Amount> cost_of(const Prices& prices, const Usage& usage);

} // namespace wayfare::select
