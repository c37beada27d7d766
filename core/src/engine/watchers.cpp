#include "engine/watchers.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "call/notice_text.hpp"
#include "os/clock.hpp"

namespace wayfare {

void Watchers::add(std::int64_t id, std::shared_ptr<Mailbox> box) {
  {
    std::lock_guard lock(mutex_);
    boxes_.emplace(id, std::move(box));
    count_ = boxes_.size();
  }
  look_for_crossings(); // from now on
}

bool Watchers::remove(std::int64_t id) {
  std::lock_guard lock(mutex_);
  const bool was_there = boxes_.erase(id) > 0;
  count_ = boxes_.size();
  return was_there;
}

void Watchers::tell(Notice notice) {
  notice.time = Time(std::chrono::microseconds(os::wall_us()));
  if (notice.text.empty()) notice.text = call::text_of(notice);
  const auto shared = std::make_shared<const Notice>(std::move(notice));
  std::vector<std::shared_ptr<Mailbox>> boxes;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [id, box] : boxes_) boxes.push_back(box);
  }
  for (const auto& box : boxes) box->put_notice(shared);
}

// One look at a time: the shares that were spent meanwhile are found by one more.
void Watchers::look_for_crossings() {
  std::int64_t after = 0;
  {
    std::lock_guard lock(mutex_);
    look_again_ = true;
    if (looking_) return;
    looking_ = true;
    look_again_ = false;
    after = last_crossing_;
  }
  ledger_->new_crossings(after,
                         [weak = weak_from_this()](const Result<ledger::NewCrossings>& found) {
                           const auto self = weak.lock();
                           if (!self) return;
                           if (found) self->tell_crossings(*found);
                           bool again = false;
                           {
                             std::lock_guard lock(self->mutex_);
                             self->looking_ = false;
                             if (found)
                               self->last_crossing_ = std::max(self->last_crossing_, found->last);
                             again = found && self->look_again_;
                           }
                           if (again) self->look_for_crossings();
                         });
}

void Watchers::tell_crossings(const ledger::NewCrossings& found) {
  for (const Crossing& one : found.crossings)
    tell({.type = NoticeType::crossing,
          .budget = one.name,
          .value = one.value,
          .percent = one.percent});
}

} // namespace wayfare
