#include "wire/key_info.hpp"

#include <optional>

#include "base/cut_text.hpp"
#include "base/json.hpp"
#include "base/time_text.hpp"

namespace wayfare::wire {

namespace {

// An amount of the account. It may be above the cost of one attempt, and below zero.
std::optional<Amount> amount_of(json::Value value) {
  const std::string_view digits = value.is_string() ? value.string() : value.number();
  const bool is_below = digits.starts_with('-');
  auto amount = Amount::parse(digits.substr(is_below ? 1 : 0));
  if (amount && is_below) amount->picodollars = -amount->picodollars;
  return amount;
}

std::optional<bool> truth_of(json::Value value) {
  if (value.kind() != json::Kind::boolean) return std::nullopt;
  return value.is_true();
}

std::optional<std::int64_t> count_of(json::Value value) {
  const auto count = value.integer();
  return count && *count >= 0 ? count : std::nullopt;
}

} // namespace

bool read_key(std::string_view body, KeyInfo& info) {
  json::Document document;
  if (!document.parse_repaired(body)) return false;
  const json::Value data = document.root()["data"];
  if (!data.is_object()) return false;
  info.label = cut_text(data["label"].string());
  info.limit = amount_of(data["limit"]);
  info.limit_remaining = amount_of(data["limit_remaining"]);
  info.limit_reset = cut_text(data["limit_reset"].string());
  info.counts_byok = truth_of(data["include_byok_in_limit"]);
  info.usage = amount_of(data["usage"]);
  info.usage_daily = amount_of(data["usage_daily"]);
  info.usage_weekly = amount_of(data["usage_weekly"]);
  info.usage_monthly = amount_of(data["usage_monthly"]);
  info.byok_usage = amount_of(data["byok_usage"]);
  info.is_free_tier = truth_of(data["is_free_tier"]);
  info.is_management_key = truth_of(data["is_management_key"]);
  if (!info.is_management_key) info.is_management_key = truth_of(data["is_provisioning_key"]);
  info.expires_at = parse_time(data["expires_at"].string());
  const json::Value free = data["free_model_daily_requests"];
  info.free_requests_used = count_of(free["used"]);
  info.free_requests_limit = count_of(free["limit"]);
  return true;
}

void read_credits(std::string_view body, KeyInfo& info) {
  json::Document document;
  if (!document.parse_repaired(body)) return;
  const json::Value data = document.root()["data"];
  if (!data.is_object()) return;
  info.credits_bought = amount_of(data["total_credits"]);
  info.credits_used = amount_of(data["total_usage"]);
}

} // namespace wayfare::wire
