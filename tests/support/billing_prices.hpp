// The price list of the billing model: a row of GET /models, read on its own, in exact money.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace billing {

using wayfare::json::Kind;
using wayfare::json::Value;

// Money in units of 1e-24 dollars. Sums and products stop at `most`.
__extension__ typedef unsigned __int128 Money;

inline constexpr int digits_of_dollar = 24;
constexpr Money power_of_ten(int exponent) {
  Money power = 1;
  for (; exponent > 0; --exponent) power *= 10;
  return power;
}
inline constexpr Money dollar = power_of_ten(digits_of_dollar);
inline constexpr Money most = dollar * 10'000'000'000'000;

constexpr Money plus(Money one, Money other) { return std::min(most, one + other); }
constexpr Money times(Money price, std::int64_t count) {
  if (count <= 0 || price == 0) return 0;
  const auto factor = static_cast<Money>(count);
  return price > most / factor ? most : price * factor;
}
// Rounded up to a whole picodollar.
constexpr std::int64_t picodollars(Money money) {
  constexpr Money unit = power_of_ten(digits_of_dollar - 12);
  const Money whole = money / unit + (money % unit == 0 ? 0 : 1);
  constexpr Money last = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::min(whole, last));
}

// Reads a decimal number, with an exponent or without one, as number * 10^digits. What is finer is
// rounded up, what is larger than `most` is `most`. Nothing for what is negative or no number.
inline std::optional<Money> decimal(std::string_view text, int digits) {
  Money value = 0;
  int scale = 0;
  bool any = false, point = false, rest = false;
  std::size_t at = !text.empty() && text[0] == '+' ? 1 : 0;
  for (; at < text.size(); ++at) {
    if (text[at] == '.' && !point) {
      point = true;
      continue;
    }
    if (text[at] < '0' || text[at] > '9') break;
    any = true;
    if (value > most / 100) { // too long to matter
      rest = rest || text[at] != '0';
      scale -= point ? 0 : 1;
      continue;
    }
    value = value * 10 + static_cast<Money>(text[at] - '0');
    scale += point ? 1 : 0;
  }
  if (!any) return std::nullopt;
  int exponent = 0;
  if (at < text.size()) {
    if ((text[at] | 0x20) != 'e' || ++at == text.size()) return std::nullopt;
    const bool negative = text[at] == '-';
    if (text[at] == '-' || text[at] == '+') ++at;
    if (at == text.size()) return std::nullopt;
    for (; at < text.size(); ++at) {
      if (text[at] < '0' || text[at] > '9') return std::nullopt;
      exponent = std::min(exponent * 10 + (text[at] - '0'), 10'000);
    }
    if (negative) exponent = -exponent;
  }
  int shift = digits + exponent - scale;
  for (; shift > 0 && value > 0; --shift) {
    if (value > most / 10) return most;
    value *= 10;
  }
  for (; shift < 0 && value > 0; ++shift) {
    rest = rest || value % 10 != 0;
    value /= 10;
  }
  return std::min(most, value + (rest ? 1 : 0));
}

// A number, or a text that is one.
inline std::optional<Money> decimal_of(Value value, int digits) {
  return decimal(value.is_string() ? value.string() : value.number(), digits);
}
inline std::optional<std::int64_t> count_of(Value value) {
  const auto count = decimal_of(value, 0); // rounded up
  constexpr Money last = 1'000'000'000'000;
  return count ? std::optional(static_cast<std::int64_t>(std::min(*count, last))) : std::nullopt;
}

// The member of that name. Of several ones the last counts, as in JSON.parse and json.loads.
inline Value last(Value object, std::string_view name) {
  Value found;
  if (!object.is_object()) return found;
  for (Value member = object.first(); member.exists(); member = member.next())
    if (member.key() == name) found = member;
  return found;
}

using PriceTable = std::map<std::string, Money, std::less<>>; // dollars for each unit

// Prices that hold under conditions. All the conditions of one must hold.
struct Condition {
  std::optional<std::int64_t> above_prompt; // the prompt has more tokens than this
  std::optional<int> from, until;           // minutes of the day, in UTC
  std::vector<std::string> days;
  bool unknown = false; // there is a condition besides
  PriceTable prices;
};

inline constexpr const char* days_of_week[] = {"monday", "tuesday",  "wednesday", "thursday",
                                               "friday", "saturday", "sunday"};
struct Time {
  int day = 0, minute = 0;
};

// A model of the list. Its prices are those of the cheapest endpoint.
struct Row {
  std::string id, slug;
  PriceTable prices;
  bool varies = false; // it has no price of its own, or one that is not known
  std::optional<std::int64_t> context, answer_max;
  std::vector<std::string> outputs;
  std::vector<Condition> conditions;

  bool gives(std::string_view output) const {
    return std::find(outputs.begin(), outputs.end(), output) != outputs.end();
  }
  bool has_author(std::string_view author) const {
    const std::string_view name = std::string_view(id).substr(id.starts_with('~') ? 1 : 0);
    return name.starts_with(author) && name.substr(author.size()).starts_with('/');
  }
  // Only these names say that a price of zero is the whole price.
  bool is_free() const { return id.ends_with(":free") || id == "openrouter/free"; }
};

inline PriceTable read_prices(Value pricing, bool& varies) {
  PriceTable table;
  for (Value one = pricing.first(); pricing.is_object() && one.exists(); one = one.next()) {
    if (one.is_array() || one.is_object() || one.is_null()) continue;
    if (const auto price = decimal_of(one, digits_of_dollar))
      table[std::string(one.key())] = *price;
    else
      varies = varies || one.key() == "prompt" || one.key() == "completion";
  }
  return table;
}

inline int minute_of(std::int64_t hhmm) { return static_cast<int>(hhmm / 100 * 60 + hhmm % 100); }

inline Condition read_condition(Value given) {
  Condition condition;
  bool varies = false;
  condition.prices = read_prices(given, varies);
  for (Value one = given.first(); one.exists(); one = one.next()) {
    const auto name = one.key();
    if (name == "min_prompt_tokens")
      condition.above_prompt = one.integer();
    else if (name == "utc_start" && one.integer())
      condition.from = minute_of(*one.integer());
    else if (name == "utc_end" && one.integer())
      condition.until = minute_of(*one.integer());
    else if (name == "utc_days" && one.is_array())
      for (Value day = one.first(); day.exists(); day = day.next())
        condition.days.emplace_back(day.string());
    else if (!one.is_string())
      condition.unknown = true;
    else if (name.starts_with("min_") || name.starts_with("max_") || name.starts_with("utc_"))
      condition.unknown = true;
  }
  return condition;
}

inline Row read_row(Value model) {
  Row row;
  row.id = last(model, "id").string();
  row.slug = last(model, "canonical_slug").string();
  const Value pricing = last(model, "pricing"), top = last(model, "top_provider");
  row.prices = read_prices(pricing, row.varies);
  row.varies = row.varies || !row.prices.contains("prompt") || !row.prices.contains("completion");
  row.varies = row.varies || row.id.ends_with(":batch") ||
               last(last(model, "architecture"), "tokenizer").string() == "Router";
  if (row.id == "openrouter/free") row.varies = false;
  for (const Value length : {last(model, "context_length"), last(top, "context_length")})
    if (const auto tokens = length.integer())
      row.context = std::max(row.context.value_or(0), *tokens);
  row.answer_max = last(top, "max_completion_tokens").integer();
  const Value outputs = last(last(model, "architecture"), "output_modalities");
  for (Value one = outputs.first(); outputs.is_array() && one.exists(); one = one.next())
    row.outputs.emplace_back(one.string());
  const Value overrides = last(pricing, "overrides");
  for (Value one = overrides.first(); overrides.is_array() && one.exists(); one = one.next())
    row.conditions.push_back(read_condition(one));
  return row;
}

inline bool holds(const Condition& condition, std::int64_t prompt_tokens, Time time) {
  if (condition.above_prompt && prompt_tokens <= *condition.above_prompt) return false;
  if (!condition.days.empty() && std::find(condition.days.begin(), condition.days.end(),
                                           days_of_week[time.day]) == condition.days.end())
    return false;
  const int from = condition.from.value_or(0), until = condition.until.value_or(24 * 60);
  return from <= until ? from <= time.minute && time.minute < until
                       : from <= time.minute || time.minute < until;
}

} // namespace billing
