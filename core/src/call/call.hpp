// One call: makes attempts, one after the other, until one succeeds or another attempt is no use.
// Pure, like Attempt: times and random numbers come with the plan and the inputs. The client runs
// it with a network and a ledger. The simulator of the tests runs it with random events.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "call/attempt.hpp"
#include "call/budget_wait.hpp"
#include "call/draws.hpp"
#include "call/planner.hpp"
#include "call/refused_additions.hpp"
#include "call/retry.hpp"
#include "wire/endpoint.hpp"

namespace wayfare::call {

// One of the servers of a call.
struct PlannedServer {
  std::string name;       // for the reply; empty if the route names no servers
  bool tells_cost = true; // see Server
  // See Attempt::Plan.
  bool has_one_price = false;
  std::shared_ptr<const select::Catalogue> catalogue;
  bool names_are_sure = true;
};

struct Plan {
  Uid uid; // of the first attempt; the uids of the others and the jitter are derived from it
  std::vector<Choice> models; // the models to try, in this order
  std::string request_id;
  std::optional<std::int64_t> agent_version;  // for the reply
  std::shared_ptr<const Selection> selection; // for the reply
  std::vector<std::string> warnings;          // the same
  const wire::Endpoint* endpoint = &wire::chat_completions;
  bool streamed = false;
  std::vector<PlannedServer> servers{PlannedServer{}};
  // see wire::Endpoint::reader
  std::shared_ptr<json::Document> scratch = std::make_shared<json::Document>();
  std::optional<Micros> budget_wait_us; // the longest wait for a budget, if the call waits for one
  std::optional<Micros> rate_wait_us;   // the same for a rate limit
  int retries = 0;                      // retries of the last model
  std::optional<Amount> max_cost;
  OnCooldown cooldown = OnCooldown::skip;
  Micros waited_us = 0;   // the time between submit() and start()
  Micros deadline_us = 0; // counted from submit()
  Micros first_byte_us = 0;
  Micros idle_us = 0;
  Micros content_us = 0; // 0: no limit
  bool pin = false;      // see Attempt::Plan
};

class Call {
 public:
  static constexpr int plans_max = 3; // the most plans for one attempt

  explicit Call(Plan plan);

  void start(Micros now, Actions& actions);
  // The ledger's answers to a reservation. `hard`: a hard budget holds an amount for it. The reply
  // gets the warnings.
  void reserved(Micros now, bool hard, Actions& actions, std::vector<std::string> warnings = {});
  // `waits_for`: the budget in which the attempt may fit later.
  void refused(Micros now, Error why, Actions& actions, const std::string& waits_for = {});
  // A rate limit has refused the attempt. `room_after_us`: when it has room; none: never.
  void over_rate(Micros now, Error why, std::optional<Micros> room_after_us, Actions& actions);
  // The model cools down, and the reservation was to skip such a model.
  void cooling(Micros now, const Cooling& why, Actions& actions);
  // Providers of the model cool down, and the request is to leave them out.
  void leave_out(Micros now, const std::vector<LedgerView::Cooldown>& cooling,
                 const Planner& planner, Actions& actions);
  // The call is the first in the queue of the budget for which it waits.
  void turn(Micros now, Actions& actions);
  // The ledger asks for a new plan. If it returns true, answer with planned(). It returns false if
  // the call has ended or was planned too often.
  bool plan_again(Micros now, Actions& actions);
  // Takes the new plan for the current model and the models after it. `selection`: null if the
  // models are those of before.
  void planned(Micros now, std::vector<Choice> choices, Actions& actions,
               std::shared_ptr<const Selection> selection = nullptr);
  void given(Micros now, Actions& actions);
  void head(Micros now, ResponseHead head, Actions& actions);
  void bytes(Micros now, std::string_view bytes, Actions& actions);
  void paused();
  void resumed(Micros now, Actions& actions);
  void ended(Micros now, const TransferEnd& outcome, Actions& actions);
  // See Attempt.
  void quantized(std::string as) {
    if (attempt_) attempt_->quantized(std::move(as));
  }
  void booked(Micros now, Actions& actions);
  void timer(Micros now, Actions& actions);
  void cancel(Micros now, Actions& actions);

  // How many bytes of answers bytes() may go through if it gets these, and how many any other
  // input.
  std::size_t weight(std::string_view bytes) const noexcept {
    return attempt_ ? attempt_->weight(bytes) : 0;
  }
  std::size_t weight() const noexcept {
    return (attempt_ ? attempt_->weight() : 0) + (last_reply_ ? last_reply_->raw.size() : 0);
  }
  // Reads with another scratch from now on: that of the thread on which the next input is given.
  void use(const std::shared_ptr<json::Document>& scratch) {
    if (attempt_) attempt_->use(scratch);
  }
  // Whether an attempt has failed and its error was not told yet.
  bool has_failed() const noexcept { return last_error_ || (attempt_ && attempt_->has_failed()); }

  bool is_sending() const noexcept { return attempt_ && attempt_->is_sending(); }
  // Whether no more actions will follow.
  bool over() const noexcept { return told_ && (!attempt_ || attempt_->over()); }
  // The remaining models, beginning with the current one.
  std::vector<Choice> choices_left() const;
  const Choice& choice() const { return models_[at_]; }
  const std::string& request_id() const { return plan_.request_id; }

  // Whether nothing was sent, and no event was given.
  bool may_begin_anew() const noexcept { return !told_ && attempts_.empty(); }
  // Whether another attempt may need the request, for all that has come of the answer.
  bool may_send_again() const noexcept { return !attempt_ || !attempt_->has_content(); }

 private:
  template <class Input>
  void relay(Micros now, Actions& actions, Input input);
  void begin(Micros now, Actions& actions);
  void wait(Micros now, Actions& actions);
  void end_wait(Actions& actions);
  void conclude(Micros now, Actions& actions);
  void finish(std::unique_ptr<Error> error, std::unique_ptr<Reply> reply, Actions& actions);
  bool affords(const Choice& choice) const;
  void ask(Actions& actions);
  bool has_next() const;
  // The next choice: of the same server or of the next one.
  std::size_t next_choice(bool leaves_server) const;
  void leave_usage_out();
  void leave_no_provider_out();
  void warn_of_usage(bool failed, Reply& reply) const;

  const Plan plan_; // without its models
  std::vector<Choice> models_;
  Draws chance_;
  std::optional<Attempt> attempt_;
  std::size_t at_ = 0; // the current model, as an index of models_
  int plans_ = 1;      // plans of the current attempt
  int retries_, waits_ = 0;
  Micros begun_ = 0, waited_ = 0;
  std::optional<Micros> wait_until_; // while waiting between two attempts
  std::optional<BudgetWait> budget_; // while the current attempt waits for a budget or a limit
  std::vector<Event> held_; // events of an attempt without content: another attempt may replace it
  std::vector<wayfare::Attempt> attempts_;
  std::vector<std::string> warnings_, skipped_, added_;
  std::shared_ptr<const Selection> selection_;
  Amount spent_; // the most that the attempts so far can have cost, if the route has a max_cost
  std::unique_ptr<Error> last_error_;
  std::unique_ptr<Reply> last_reply_;
  bool limited_ = false;       // limited by max_cost or a hard budget
  bool usage_refused_ = false; // a server refused stream_options: it gets it no more
  std::size_t refusing_ = 0;   // that server
  bool told_ = false;
};

} // namespace wayfare::call
