// A call driven by hand. Each attempt gets its whole answer at once.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "call/call.hpp"

namespace wayfare::simulated {

using call::Micros;

class Walk {
 public:
  explicit Walk(call::Plan plan) : call_(std::move(plan)) {
    call::Actions actions;
    call_.start(now_, actions);
    take(actions);
  }
  Walk& answer(int status, const std::string& body, const std::string& type = "application/json") {
    call::Actions actions;
    call_.reserved(now_, false, actions);
    call_.given(now_, actions);
    call_.head(now_, {status, type, "gen-" + std::to_string(asked.size())}, actions);
    call_.bytes(now_, body, actions);
    call_.ended(now_, {}, actions);
    take(actions);
    call::Actions after;
    call_.booked(now_, after);
    take(after);
    return *this;
  }
  Walk& over_rate(const Error& why, std::optional<Micros> room_after) {
    call::Actions actions;
    call_.over_rate(now_, why, room_after, actions);
    take(actions);
    return *this;
  }
  // The ledger tells that the model cools down.
  Walk& cool(const Cooling& why) {
    call::Actions actions;
    call_.cooling(now_, why, actions);
    take(actions);
    return *this;
  }
  // The ledger tells that providers of the model cool down.
  Walk& leave_out(const std::vector<LedgerView::Cooldown>& cooling, const call::Planner& planner) {
    call::Actions actions;
    call_.leave_out(now_, cooling, planner, actions);
    take(actions);
    return *this;
  }
  Walk& lose(bool unsent) {
    call::Actions actions;
    call_.reserved(now_, false, actions);
    call_.given(now_, actions);
    call_.ended(now_, {.how = TransferEnd::How::lost, .detail = "reset", .unsent = unsent},
                actions);
    take(actions);
    call::Actions after;
    call_.booked(now_, after);
    take(after);
    return *this;
  }
  Walk& wait(Micros time) {
    now_ += time;
    call::Actions actions;
    call_.timer(now_, actions);
    take(actions);
    return *this;
  }
  Walk& cancel() {
    call::Actions actions;
    call_.cancel(now_, actions);
    take(actions);
    return *this;
  }
  // The ledger asks for a new plan. The new plan has the same models with this bound.
  Walk& plan_again(std::optional<Amount> bound) {
    call::Actions actions;
    if (call_.plan_again(now_, actions)) {
      std::vector<call::Choice> choices = call_.choices_left();
      for (call::Choice& choice : choices) choice.bound = bound;
      between_plans();
      call_.planned(now_, std::move(choices), actions);
    }
    take(actions);
    return *this;
  }
  std::function<void()> between_plans = [] {};
  const call::Choice& choice() const { return call_.choice(); }
  const Event& last() const { return events.back(); }
  bool over() const { return call_.over(); }

  std::vector<call::Actions::Reserve> asked;
  std::vector<Ending> booked;
  std::vector<Event> events;
  std::optional<Micros> wake_at;

 private:
  void take(call::Actions& actions) {
    if (actions.reserve) asked.push_back(*actions.reserve);
    if (actions.book) booked.push_back(*actions.book);
    for (Event& event : actions.events) events.push_back(std::move(event));
    wake_at = actions.wake_at;
  }
  call::Call call_;
  Micros now_ = 0;
};

inline call::Plan plan(std::vector<call::Choice> models, int retries = 2) {
  return {.uid = Uid::make(1'790'000'000'000, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}),
          .models = std::move(models),
          .request_id = "r",
          .retries = retries,
          .deadline_us = 100'000'000,
          .first_byte_us = 50'000'000,
          .idle_us = 50'000'000};
}

} // namespace wayfare::simulated
