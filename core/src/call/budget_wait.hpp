// How a call waits for a budget that has too little left, or for room in a rate limit. Pure.
//
// For a rate limit it asks at the time that the ledger told. For a budget, the call stands in the
// queue of one budget. Once it is the first there, it asks the ledger again: when the queue gives
// it the turn, and every look_us, because other processes tell nothing.
#pragma once

#include <optional>
#include <string>

#include <wayfare/error.hpp>

#include "call/attempt.hpp"

namespace wayfare::call {

class BudgetWait {
 public:
  static constexpr Micros look_us = 200'000;

  // `most_us`: the longest wait. `deadline`: of the call, begun at `begun`.
  BudgetWait(Micros now, Micros most_us, Micros begun, Micros deadline_us)
      : since_(now), most_us_(most_us), begun_(begun), deadline_us_(deadline_us) {}

  // The ledger has refused the call in favour of a wait for `budget`.
  void refused(Micros now, std::string budget, Error why);
  // The ledger has refused the call in favour of a wait for a rate limit, which has room after that
  // time. False if the call cannot wait so long.
  bool refused(Micros now, Micros room_after_us, Error why);
  // It is the first in the queue of the budget.
  void turn();
  // Whether the call is to ask now. It then asks until refused() comes, or the end.
  bool asks(Micros now);
  bool is_asking() const noexcept { return is_asking_; }
  bool is_over(Micros now) const noexcept { return now >= until(); }
  Micros wake_at() const;

  Error error(Micros now) const; // behind the longest wait or the deadline
  Error cancelled() const;

 private:
  Micros until() const noexcept;

  const Micros since_, most_us_, begun_, deadline_us_;
  std::string budget_;
  Error why_;
  bool is_first_ = false, has_turn_ = false, is_asking_ = false;
  Micros asked_ = 0;             // when the ledger answered last
  std::optional<Micros> ask_at_; // of a rate limit
};

} // namespace wayfare::call
