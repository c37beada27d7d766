// Which provider has the prompt of a conversation in its cache, as the answers of this client told.
// From any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include <wayfare/billing.hpp>
#include <wayfare/reply.hpp>

#include "values/warm_cache.hpp"

namespace wayfare {

class WarmCaches {
 public:
  // Caches are taken to live for 5 minutes since their last use. Source: Anthropic, "Prompt
  // caching"; OpenAI says 5 to 10 minutes.
  static constexpr std::int64_t lifetime_us = 300'000'000;
  static constexpr std::size_t runs_max = 4096; // beyond them, the oldest is forgotten

  // An attempt of the run has ended well. Forgets what was known if it neither read nor wrote a
  // cache.
  void take(const std::string& run, const Billing& billing, const Usage& usage,
            std::int64_t now_us);
  // An attempt of the run has failed: the next one may go elsewhere.
  void forget(const std::string& run);
  std::optional<WarmCache> find(const std::string& run, std::int64_t now_us);

 private:
  struct Known {
    WarmCache cache;
    std::int64_t until_us = 0;
  };
  std::mutex mutex_;
  std::unordered_map<std::string, Known> runs_;
  std::deque<std::string> order_; // in which they were first known
};

} // namespace wayfare
