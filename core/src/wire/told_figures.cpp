#include "wire/told_figures.hpp"

#include <charconv>
#include <cmath>
#include <string_view>

namespace wayfare::wire {

std::optional<Amount> told_amount(json::Value value) {
  const std::string_view text = value.is_string() ? value.string() : value.number();
  const bool is_negative = text.starts_with('-');
  const auto amount = Amount::parse(is_negative ? text.substr(1) : text);
  if (!amount || *amount > cost_max || (is_negative && amount->picodollars != 0))
    return std::nullopt;
  return amount;
}

std::optional<ToldCount> told_count(json::Value value) {
  if (const auto whole = value.integer())
    return *whole >= 0 && *whole <= count_max ? std::optional(ToldCount{*whole}) : std::nullopt;
  const std::string_view text = value.number();
  double number = -1;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || read.ec != std::errc() || !(number >= 0)) return std::nullopt;
  if (number > static_cast<double>(count_max)) return std::nullopt;
  return ToldCount{std::llround(number), number != std::floor(number)};
}

void read_upstream_cost(json::Value is_byok, std::optional<Amount> upstream, Billing& billing) {
  if (is_byok.kind() != json::Kind::boolean) return;
  billing.is_byok = is_byok.is_true();
  billing.upstream_cost = is_byok.is_true() ? upstream : std::nullopt;
}

} // namespace wayfare::wire
