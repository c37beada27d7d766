// One call: attempts, one after the other, until one is good or there is no use in another. Pure,
// as an attempt is; its clock and chance come in with the plan and the inputs. The client drives it
// with a network and a ledger, the simulator with a dice.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "call/attempt.hpp"
#include "call/planner.hpp"
#include "call/retry.hpp"
#include "wire/endpoint.hpp"

namespace wayfare::call {

struct Plan {
  Uid uid; // of the first attempt; those of the others, and the jitter, are drawn from it
  std::vector<Choice> models; // to try, in this order
  std::string request_id;
  std::shared_ptr<const Selection> selection; // for the reply
  const wire::Endpoint* endpoint = &wire::chat_completions;
  bool streamed = false;
  bool tells_cost = true; // see Server
  // see wire::Endpoint::reader
  std::shared_ptr<json::Document> scratch = std::make_shared<json::Document>();
  int retries = 0; // of the last model
  std::optional<Amount> max_cost;
  Micros waited_us = 0;   // since submit, before the start
  Micros deadline_us = 0; // from submit
  Micros first_byte_us = 0;
  Micros idle_us = 0;
};

class Call {
 public:
  static constexpr int plans_max = 3; // of one attempt

  explicit Call(Plan plan);

  void start(Micros now, Actions& actions);
  // The ledger's answers to a reservation. `hard`: a hard budget holds it. The warnings are for the
  // reply.
  void reserved(Micros now, bool hard, Actions& actions, std::vector<std::string> warnings = {});
  void refused(Micros now, Error why, Actions& actions);
  // The ledger asks for another plan. True: answer with planned(). False: the call has ended, or
  // its plan was made too often.
  bool plan_again(Micros now, Actions& actions);
  // The present model and those after it, planned again.
  void planned(Micros now, std::vector<Choice> choices, Actions& actions);
  void given(Micros now, Actions& actions);
  void head(Micros now, ResponseHead head, Actions& actions);
  void bytes(Micros now, std::string_view bytes, Actions& actions);
  void paused();
  void resumed(Micros now, Actions& actions);
  void ended(Micros now, const TransferEnd& outcome, Actions& actions);
  void booked(Micros now, Actions& actions);
  void timer(Micros now, Actions& actions);
  void cancel(Micros now, Actions& actions);

  // Nothing more will be asked for.
  bool over() const noexcept { return told_ && (!attempt_ || attempt_->over()); }
  // The models that are left, the present one first.
  std::vector<Choice> choices_left() const;
  const Choice& choice() const { return models_[at_]; }

  // Another attempt may need the request.
  bool may_send_again() const noexcept { return !told_ && !(attempt_ && attempt_->has_content()); }

 private:
  template <class Input>
  void relay(Micros now, Actions& actions, Input input);
  void begin(Micros now, Actions& actions);
  void conclude(Micros now, Actions& actions);
  void finish(std::unique_ptr<Error> error, std::unique_ptr<Reply> reply, Actions& actions);
  bool affords(const Choice& choice) const;
  std::uint64_t draw();

  const Plan plan_; // but for its models
  std::vector<Choice> models_;
  std::uint64_t chance_;
  std::optional<Attempt> attempt_;
  std::size_t at_ = 0; // of models_
  int plans_ = 1;      // of the present attempt
  int retries_, waits_ = 0;
  Micros begun_ = 0, waited_ = 0;
  std::optional<Micros> wait_until_; // between two attempts
  std::vector<Event> held_;          // of an attempt without content: another may take its place
  std::vector<wayfare::Attempt> attempts_;
  std::vector<std::string> warnings_, added_;
  Amount spent_; // at most, by the attempts so far, where max_cost is asked for
  std::unique_ptr<Error> last_error_;
  std::unique_ptr<Reply> last_reply_;
  bool limited_ = false; // by max_cost or a hard budget
  bool told_ = false;
};

} // namespace wayfare::call
