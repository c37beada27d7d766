#include "call/budget_wait.hpp"

#include <algorithm>
#include <utility>

namespace wayfare::call {

Micros BudgetWait::until() const noexcept {
  return std::min(since_ + most_us_, begun_ + deadline_us_);
}

void BudgetWait::refused(Micros now, std::string budget, Error why) {
  if (budget != budget_) is_first_ = has_turn_ = false;
  budget_ = std::move(budget);
  why_ = std::move(why);
  is_asking_ = false;
  asked_ = now;
  ask_at_.reset();
}

bool BudgetWait::refused(Micros now, Micros room_after_us, Error why) {
  refused(now, std::string(), std::move(why));
  is_first_ = has_turn_ = false;
  ask_at_ = now + room_after_us;
  return *ask_at_ < until();
}

void BudgetWait::turn() { is_first_ = has_turn_ = true; }

bool BudgetWait::asks(Micros now) {
  if (ask_at_) return !is_asking_ && (is_asking_ = now >= *ask_at_);
  const bool looks = is_first_ && now >= asked_ + look_us;
  if (is_asking_ || !(has_turn_ || looks)) return false;
  has_turn_ = false; // one that comes meanwhile counts
  return is_asking_ = true;
}

Micros BudgetWait::wake_at() const {
  if (ask_at_) return std::min(*ask_at_, until());
  return is_first_ ? std::min(asked_ + look_us, until()) : until();
}

Error BudgetWait::error(Micros now) const {
  Error error = why_;
  if (now >= begun_ + deadline_us_) {
    error.code = Code::deadline;
    error.message =
        "the deadline of " + seconds(deadline_us_) + " has passed in a wait: " + why_.message;
    error.advice = "raise route.deadline, " + why_.advice;
    return error;
  }
  error.message = "the call waited " + seconds(most_us_) + ", and " + why_.message;
  error.advice = "raise route.budget_wait, " + why_.advice;
  return error;
}

Error BudgetWait::cancelled() const {
  Error error = why_;
  error.code = Code::cancelled;
  error.message = "the call was cancelled in a wait: " + why_.message;
  error.advice.clear();
  return error;
}

} // namespace wayfare::call
