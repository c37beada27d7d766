#include "select/cost.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <string_view>

namespace wayfare::select {

namespace {

__extension__ typedef __int128 Wide;

constexpr int picodollar = 12; // decimals

// A sum of prices times units, exact, at a scale that fits them all.
class Sum {
 public:
  void add(const Price& price, std::int64_t units) {
    Wide product = Wide{price.mantissa} * units;
    raise(price.scale);
    for (int at = price.scale; at < scale_; ++at) grow(product);
    lost_ = lost_ || __builtin_add_overflow(sum_, product, &sum_);
  }
  std::optional<Amount> rounded(bool up) {
    raise(picodollar);
    // value at the scale of a picodollar, and what was cut off it, in parts of a unit
    Wide value = sum_, rest = 0, unit = 1;
    for (int at = scale_; at > picodollar; --at)
      lost_ = lost_ || __builtin_mul_overflow(unit, Wide{10}, &unit);
    if (lost_) return std::nullopt;
    rest = value % unit;
    value /= unit;
    if (up ? rest > 0 : rest * 2 > unit || (rest * 2 == unit && value % 2 == 1)) ++value;
    if (value < 0 || value > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
    return Amount{static_cast<std::int64_t>(value)};
  }

 private:
  void raise(int scale) {
    for (; scale_ < scale; ++scale_) grow(sum_);
  }
  void grow(Wide& value) { lost_ = lost_ || __builtin_mul_overflow(value, Wide{10}, &value); }
  Wide sum_ = 0;
  int scale_ = 0;
  bool lost_ = false;
};

// Whether the override's conditions on the clock hold: HHMM, half-open, perhaps past midnight, and
// the day on which it is now.
bool is_now(const PriceOverride& special, Seconds now) {
  const std::chrono::sys_seconds time{std::chrono::seconds(now)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const auto minutes = std::chrono::floor<std::chrono::minutes>(time - day).count();
  const int hhmm = static_cast<int>(minutes / 60 * 100 + minutes % 60);
  if (special.utc_start || special.utc_end) {
    const int start = special.utc_start.value_or(0), end = special.utc_end.value_or(2400);
    const bool within = start <= end ? hhmm >= start && hhmm < end : hhmm >= start || hhmm < end;
    if (!within) return false;
  }
  static constexpr std::array<std::string_view, 7> days{
      "sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};
  const auto today = days[std::chrono::weekday(day).c_encoding()];
  return special.utc_days.empty() ||
         std::ranges::find(special.utc_days, today) != special.utc_days.end();
}

} // namespace

Prices prices_at(const Prices& usual, const std::vector<PriceOverride>& overrides,
                 std::int64_t prompt_tokens, Seconds now) {
  Prices prices = usual;
  for (const PriceOverride& special : overrides) {
    if (!special.understood ||
        (special.above_prompt_tokens && prompt_tokens <= *special.above_prompt_tokens) ||
        !is_now(special, now))
      continue;
    for (const auto& [name, field] : members_of<Prices>)
      if (special.prices.*field) prices.*field = special.prices.*field;
  }
  return prices;
}

bool has_unknown_override(const Model& model) {
  return std::ranges::any_of(model.overrides,
                             [](const PriceOverride& special) { return !special.understood; });
}

Prices dearest(const Model& model, std::int64_t prompt_tokens_max) {
  Prices prices = model.prices;
  for (const PriceOverride& special : model.overrides) {
    if (special.above_prompt_tokens && prompt_tokens_max <= *special.above_prompt_tokens) continue;
    for (const auto& [name, field] : members_of<Prices>)
      if (special.prices.*field &&
          (!(prices.*field) || *(prices.*field) < *(special.prices.*field)))
        prices.*field = special.prices.*field;
  }
  return prices;
}

std::optional<Amount> times(const Price& price, std::int64_t units, bool up) {
  Sum sum;
  sum.add(price, units);
  return sum.rounded(up);
}

std::optional<Amount> cost_of(const Prices& prices, const Usage& usage) {
  if (!usage.prompt_tokens || !usage.completion_tokens) return std::nullopt;
  const std::int64_t cached = usage.cached_tokens.value_or(0),
                     written = usage.cache_write_tokens.value_or(0);
  if (*usage.prompt_tokens < 0 || cached < 0 || written < 0) return std::nullopt;
  const std::int64_t off = written > *usage.prompt_tokens - cached ? cached : cached + written;
  // Audio, images and searches have prices of their own. The list prices no image by the token and
  // no video, and nobody tells which of the cached tokens are audio.
  const std::int64_t heard = usage.prompt_audio_tokens.value_or(0),
                     spoken = usage.completion_audio_tokens.value_or(0),
                     drawn = usage.completion_image_tokens.value_or(0);
  if (usage.prompt_image_tokens.value_or(0) > 0 || usage.prompt_video_tokens.value_or(0) > 0 ||
      (heard > 0 && off > 0))
    return std::nullopt;
  Sum sum;
  bool known = true;
  const auto add = [&](const std::optional<Price>& price, std::int64_t units) {
    if (units == 0) return;
    known = known && price && units > 0;
    if (known) sum.add(*price, units);
  };
  add(prices.prompt, *usage.prompt_tokens - off - heard);
  add(prices.audio, heard);
  add(prices.cache_read, cached);
  add(prices.cache_write, written);
  add(prices.completion, *usage.completion_tokens - spoken - drawn);
  add(prices.audio_output, spoken);
  add(prices.image_output, drawn);
  add(prices.web_search, usage.searches.value_or(0));
  if (prices.request) sum.add(*prices.request, 1);
  return known ? sum.rounded(false) : std::nullopt;
}

} // namespace wayfare::select
