// The speeds that the ledger has seen, for the calls of a client. They are read from the ledger
// when they are first needed, and again in the background once they are old. From any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include <wayfare/performance.hpp>

#include "ledger/shared_ledger.hpp"

namespace wayfare {

class SeenSpeeds : public std::enable_shared_from_this<SeenSpeeds> {
 public:
  using Rows = std::shared_ptr<const std::vector<PerformanceRow>>;
  using Then = std::function<void(const Rows& rows)>; // null: they cannot be read

  // A report reads up to 20,000 entries. So it is not made for each call.
  static constexpr std::int64_t fresh_us = 10'000'000;

  // Calls `then` once: at once on this thread if the speeds were read before, else on a thread of
  // the ledger.
  void ask(ledger::Ledger& ledger, std::int64_t now_us, const Then& then);

 private:
  std::mutex mutex_;
  Rows rows_;
  std::int64_t asked_us_ = 0; // when they were last asked for
};

} // namespace wayfare
