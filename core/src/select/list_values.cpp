#include "select/list_values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <utility>

namespace wayfare::select {

using json::Value;

namespace {

constexpr std::size_t overrides_max = 8;
constexpr std::size_t days_max = 7;

constexpr std::array<std::pair<std::string_view, std::optional<Price> Prices::*>, 13> price_names{{
    {"prompt", &Prices::prompt},
    {"completion", &Prices::completion},
    {"input_cache_read", &Prices::cache_read},
    {"input_cache_write", &Prices::cache_write},
    {"input_cache_write_1h", &Prices::cache_write_1h},
    {"internal_reasoning", &Prices::reasoning},
    {"audio", &Prices::audio},
    {"audio_output", &Prices::audio_output},
    {"input_audio_cache", &Prices::audio_cache},
    {"image", &Prices::image},
    {"image_output", &Prices::image_output},
    {"request", &Prices::request},
    {"web_search", &Prices::web_search},
}};

} // namespace

std::string_view digits_of(Value price) {
  return price.is_string() ? price.string() : price.number();
}

Prices prices_of(Value pricing) {
  Prices prices;
  for (const auto& [name, field] : price_names)
    prices.*field = Price::parse(digits_of(pricing[name]));
  return prices;
}

std::vector<std::string> texts_of(Value list, std::size_t most) {
  std::vector<std::string> texts;
  for (Value item = list.first(); list.is_array() && item.exists() && texts.size() < most;
       item = item.next())
    if (const auto text = item.string(); !text.empty() && text.size() <= word_max)
      texts.emplace_back(text);
  return texts;
}

bool fits_in_a_line(std::string_view text, std::size_t most) {
  return text.size() <= most &&
         std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

std::string text_of(Value value, std::size_t most) {
  return fits_in_a_line(value.string(), most) ? std::string(value.string()) : std::string();
}

std::optional<std::int64_t> count_of(Value value) {
  const auto count = value.integer();
  return count && *count > 0 ? count : std::nullopt;
}

bool has_every(const std::vector<std::string>& there, const std::vector<std::string>& wanted) {
  return std::ranges::all_of(
      wanted, [&](const std::string& one) { return std::ranges::find(there, one) != there.end(); });
}

std::optional<double> number_of(Value value) {
  const std::string_view digits = digits_of(value);
  double number = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.empty() || read.ec != std::errc() || !std::isfinite(number)) return std::nullopt;
  return number;
}

namespace {

PriceOverride override_of(Value given) {
  PriceOverride special{.prices = prices_of(given)};
  for (Value member = given.first(); member.exists(); member = member.next()) {
    const auto key = member.key();
    const auto number = member.integer();
    if (key == "min_prompt_tokens") {
      special.above_prompt_tokens = number;
      special.understood = special.understood && number && *number >= 0;
    } else if (key == "utc_start" || key == "utc_end") {
      (key == "utc_start" ? special.utc_start : special.utc_end) =
          number ? std::optional(static_cast<int>(std::clamp<std::int64_t>(*number, 0, 2400)))
                 : std::nullopt;
      special.understood = special.understood && number && *number >= 0 && *number <= 2400;
    } else if (key == "utc_days") {
      special.utc_days = texts_of(member, days_max);
      special.understood = special.understood && !special.utc_days.empty() &&
                           special.utc_days.size() == member.size();
    } else if (const auto price =
                   std::ranges::find(price_names, key, &decltype(price_names)::value_type::first);
               !member.is_null() &&
               (price == price_names.end() || !(special.prices.*(price->second)))) {
      // a condition, or a price, of a version to come; or a price that varies
      special.understood = false;
    }
  }
  return special;
}

// Whether a price, or the list of those that apply at times, is there in a form that cannot be
// read. The prices of prompt and completion tell that themselves: without them there is no price.
bool has_unread_price(Value pricing) {
  const Value overrides = pricing["overrides"];
  if (overrides.exists() && !overrides.is_null() && !overrides.is_array()) return true;
  return std::ranges::any_of(price_names, [&](const auto& known) {
    const Value price = pricing[known.first];
    const bool is_told = price.exists() && !price.is_null() && price.raw() != "\"\"";
    return is_told && known.first != "prompt" && known.first != "completion" &&
           !Price::parse(digits_of(price));
  });
}

} // namespace

std::vector<PriceOverride> overrides_of(Value pricing) {
  std::vector<PriceOverride> found;
  const Value overrides = pricing["overrides"];
  if (has_unread_price(pricing)) found.push_back({.understood = false});
  for (Value one = overrides.first(); overrides.is_array() && one.exists(); one = one.next()) {
    found.push_back(override_of(one));
    if (found.size() < overrides_max || !one.next().exists()) continue;
    found.back().understood = false; // nor are those that follow
    break;
  }
  return found;
}

} // namespace wayfare::select
