#include "engine/watchers.hpp"

#include <utility>

namespace wayfare {

Watchers::Watchers(const std::shared_ptr<ledger::Ledger>& ledger, std::string path,
                   std::shared_ptr<WatchBoxes> boxes)
    : path_(std::move(path)),
      boxes_(std::move(boxes)),
      of_ledger_(ProcessWatch::of(ledger, path_)) {
  const bool was_watched = of_ledger_->is_watched();
  of_ledger_->join(boxes_);
  if (was_watched)
    of_ledger_->look(); // perhaps the first client of the ledger
  else if (boxes_->count() > 0)
    of_ledger_->begin();
}

void Watchers::tell(Notice notice) {
  notice.ledger = path_;
  const auto shared = finished(std::move(notice));
  boxes_->put(shared);
  ProcessWatch::put(shared);
}

void Watchers::tell_of_ledger(Notice notice) { of_ledger_->tell(std::move(notice)); }

} // namespace wayfare
