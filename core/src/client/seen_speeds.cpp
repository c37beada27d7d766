#include "client/seen_speeds.hpp"

#include <utility>

namespace wayfare {

void SeenSpeeds::ask(ledger::Ledger& ledger, std::int64_t now_us, const Then& then) {
  std::unique_lock lock(mutex_);
  const Rows known = rows_;
  const bool is_old = !known || now_us - asked_us_ >= fresh_us;
  if (is_old) asked_us_ = now_us;
  lock.unlock();
  if (known) then(known);
  if (!is_old) return;
  const auto take = [self = shared_from_this(),
                     then = known ? Then() : then](Result<std::vector<PerformanceRow>> read) {
    Rows rows;
    if (read) rows = std::make_shared<const std::vector<PerformanceRow>>(std::move(*read));
    {
      std::lock_guard taking(self->mutex_);
      if (rows) self->rows_ = rows;
    }
    if (then) then(rows);
  };
  ledger.execute(PerformanceQuery{}, take);
}

} // namespace wayfare
