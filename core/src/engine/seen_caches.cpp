#include "engine/seen_caches.hpp"

namespace wayfare {

void WarmCaches::take(const std::string& run, const Billing& billing, const Usage& usage,
                      std::int64_t now_us) {
  if (run.empty()) return;
  const std::int64_t tokens =
      usage.cached_tokens.value_or(0) + usage.cache_write_tokens.value_or(0);
  if (tokens <= 0 || billing.model.empty()) return forget(run);
  std::lock_guard lock(mutex_);
  const auto [known, is_new] = runs_.try_emplace(run);
  known->second = {{billing.model, billing.provider, tokens}, now_us + lifetime_us};
  if (!is_new) return;
  order_.push_back(run);
  if (order_.size() <= runs_max) return;
  runs_.erase(order_.front());
  order_.pop_front();
}

void WarmCaches::forget(const std::string& run) {
  if (run.empty()) return;
  std::lock_guard lock(mutex_);
  const auto known = runs_.find(run);
  if (known != runs_.end()) known->second.until_us = 0;
}

std::optional<WarmCache> WarmCaches::find(const std::string& run, std::int64_t now_us) {
  if (run.empty()) return std::nullopt;
  std::lock_guard lock(mutex_);
  const auto known = runs_.find(run);
  if (known == runs_.end() || now_us >= known->second.until_us) return std::nullopt;
  return known->second.cache;
}

} // namespace wayfare
