#include "ledger/waiting.hpp"

#include <utility>

namespace wayfare::ledger {

std::uint64_t Waiting::join(std::uint64_t place, const std::string& budget, Turn turn) {
  std::lock_guard lock(mutex_);
  if (place == 0) place = ++newest_;
  const auto known = budgets_.find(place);
  if (known != budgets_.end() && known->second == budget) return place;
  if (known != budgets_.end()) take_out(place, std::string(known->second));
  budgets_.insert_or_assign(place, budget);
  Queue& queue = queues_[budget];
  const auto own = queue.emplace(place, std::move(turn)).first;
  waiting_ = budgets_.size();
  // The commits since the refusal have called nobody.
  if (own == queue.begin()) own->second();
  return place;
}

void Waiting::leave(std::uint64_t place) {
  std::lock_guard lock(mutex_);
  const auto known = budgets_.find(place);
  if (known == budgets_.end()) return;
  take_out(place, known->second);
  budgets_.erase(known);
  waiting_ = budgets_.size();
}

// The next one has its turn.
void Waiting::take_out(std::uint64_t place, const std::string& budget) {
  const auto queue = queues_.find(budget);
  const bool was_first = queue->second.begin()->first == place;
  queue->second.erase(place);
  if (queue->second.empty())
    queues_.erase(queue);
  else if (was_first)
    queue->second.begin()->second();
}

bool Waiting::has_turn(const std::string& budget, std::uint64_t place) const {
  if (is_empty()) return true;
  std::lock_guard lock(mutex_);
  const auto queue = queues_.find(budget);
  if (queue == queues_.end()) return true;
  return place != 0 && place <= queue->second.begin()->first;
}

void Waiting::changed() {
  if (is_empty()) return;
  std::lock_guard lock(mutex_);
  for (const auto& [budget, queue] : queues_) queue.begin()->second();
}

} // namespace wayfare::ledger
