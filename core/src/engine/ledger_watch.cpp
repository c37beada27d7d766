#include "engine/ledger_watch.hpp"

#include <algorithm>
#include <utility>

#include "engine/process_watch.hpp"

namespace wayfare {

void LedgerWatch::join(const std::shared_ptr<WatchBoxes>& boxes) {
  std::lock_guard lock(mutex_);
  std::erase_if(clients_, [](const auto& one) { return one.expired(); });
  clients_.push_back(boxes);
  has_several_ = clients_.size() > 1;
}

bool LedgerWatch::is_watched() {
  if (ProcessWatch::any()) return true;
  std::lock_guard lock(mutex_);
  return std::ranges::any_of(clients_, [](const auto& one) {
    const auto boxes = one.lock();
    return boxes && boxes->count() > 0;
  });
}

void LedgerWatch::begin() {
  {
    std::lock_guard lock(mutex_);
    ++epoch_;
    last_ = -1;
    looking_ = false;
  }
  look();
}

// One look at a time: the shares that were spent meanwhile are found by one more.
void LedgerWatch::look() {
  std::int64_t after = 0;
  std::uint64_t epoch = 0;
  {
    std::lock_guard lock(mutex_);
    look_again_ = true;
    if (looking_) return;
    looking_ = true;
    look_again_ = false;
    after = last_;
    epoch = epoch_;
  }
  ledger_->new_crossings(
      after, [weak = weak_from_this(), epoch](const Result<ledger::NewCrossings>& found) {
        if (const auto self = weak.lock()) self->found(found, epoch);
      });
}

void LedgerWatch::found(const Result<ledger::NewCrossings>& found, std::uint64_t epoch) {
  if (found)
    for (const Crossing& one : found->crossings)
      tell({.type = NoticeType::crossing,
            .budget = one.name,
            .value = one.value,
            .percent = one.percent});
  {
    std::lock_guard lock(mutex_);
    if (epoch != epoch_) return;
    looking_ = false;
    if (found) last_ = std::max(last_, found->last);
    if (!found || !look_again_) return;
  }
  look();
}

void LedgerWatch::tell(Notice notice) {
  notice.ledger = path_;
  const auto shared = finished(std::move(notice));
  std::vector<std::shared_ptr<WatchBoxes>> clients;
  {
    std::lock_guard lock(mutex_);
    for (const auto& one : clients_)
      if (auto boxes = one.lock()) clients.push_back(std::move(boxes));
  }
  for (const auto& boxes : clients) boxes->put(shared);
  ProcessWatch::put(shared);
}

} // namespace wayfare
