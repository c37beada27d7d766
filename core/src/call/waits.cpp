// A call to which the ledger grants no reservation now. It goes on with its next model, or waits
// for a budget or a rate limit.
#include <utility>

#include "call/call.hpp"
#include "call/cooldown_text.hpp"

namespace wayfare::call {

// Nothing was reserved, so the next model has no wait, and this one no entry.
void Call::cooling(Micros now, const Cooling& why, Actions& actions) {
  if (!attempt_ || !attempt_->is_reserving())
    return refused(now, Error{.code = Code::cancelled}, actions); // the call ended meanwhile
  const std::string& model = models_[at_].model;
  if (!has_next()) {
    Error error = refusal_of(model, why, skipped_);
    if (!attempts_.empty()) error.message += "; the last attempt failed: " + last_error_->message;
    return refused(now, std::move(error), actions);
  }
  skipped_.push_back("skipped " + in_words(model, why));
  end_wait(actions);
  ++at_;
  actions.notices.push_back({.type = NoticeType::fallback,
                             .request_id = plan_.request_id,
                             .model = models_[at_].model,
                             .error = Code::cooling_down});
  begin(now, actions);
}

void Call::over_rate(Micros now, Error why, std::optional<Micros> room_after_us, Actions& actions) {
  if (!room_after_us || !plan_.rate_wait_us || !attempt_ || !attempt_->is_reserving())
    return refused(now, std::move(why), actions);
  const bool begins = !budget_;
  if (begins) budget_.emplace(now, *plan_.rate_wait_us, begun_, plan_.deadline_us);
  if (!budget_->refused(now, *room_after_us, why)) {
    why.message += "; there is room in " + seconds(*room_after_us) + ", later than the call waits";
    why.advice = "raise route.budget_wait or route.deadline, or " + why.advice;
    return refused(now, std::move(why), actions);
  }
  if (begins)
    actions.notices.push_back({.type = NoticeType::waits,
                               .request_id = plan_.request_id,
                               .model = models_[at_].model,
                               .limit = why.limit});
  actions.queue = std::string();
  wait(now, actions);
}

void Call::turn(Micros now, Actions& actions) {
  if (!budget_) return;
  budget_->turn();
  if (!budget_->is_asking()) wait(now, actions);
}

// One step of the wait for a budget, while the ledger is not asked.
void Call::wait(Micros now, Actions& actions) {
  if (budget_->is_over(now)) return refused(now, budget_->error(now), actions);
  if (!budget_->asks(now)) {
    actions.wake_at = budget_->wake_at();
    return;
  }
  plans_ = 1;
  ask(actions);
  actions.wake_at = begun_ + plan_.deadline_us;
}

void Call::end_wait(Actions& actions) {
  if (budget_) actions.queue = std::string();
  budget_.reset();
}

} // namespace wayfare::call
