#include "wire/upstream_cost.hpp"

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

void read_upstream_cost(json::Value is_byok, json::Value upstream, Billing& billing) {
  if (is_byok.kind() != json::Kind::boolean) return;
  billing.is_byok = is_byok.is_true();
  billing.upstream_cost.reset();
  if (*billing.is_byok) billing.upstream_cost = told_amount(upstream);
}

} // namespace wayfare::wire
