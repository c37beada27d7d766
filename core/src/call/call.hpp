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
#include "call/retry.hpp"

namespace wayfare::call {

// One of the models that a call may take, in the order in which they are tried.
struct Choice {
  std::string model;
  // what an attempt can cost at most; nothing where that is not known
  std::optional<Amount> bound;
  std::string warning; // for the reply, where it serves
  std::shared_ptr<const Prices>
      prices; // for a server that tells no cost; null where there are none
};

struct Plan {
  Uid uid; // of the first attempt; those of the others, and the jitter, are drawn from it
  std::vector<Choice> models;
  std::string request_id;
  std::vector<std::string> added;
  std::shared_ptr<const Selection> selection; // for the reply
  bool streamed = false;
  bool openrouter = true;
  // see wire::ResponseReader
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
  explicit Call(Plan plan);

  void start(Micros now, Actions& actions);
  // `guarded`: a hard budget holds it. The warnings are for the reply.
  void reserved(Micros now, bool guarded, Actions& actions, std::vector<std::string> warnings = {});
  // What else was put into the request, for the reply.
  void added(const std::vector<std::string>& names);
  // The prices that were found for the attempt, as Choice has them.
  void priced(std::shared_ptr<const Prices> prices);
  void refused(Micros now, Error why, Actions& actions);
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

  const Plan plan_;
  std::uint64_t chance_;
  std::optional<Attempt> attempt_;
  std::size_t at_ = 0; // of plan_.models
  int retries_, waits_ = 0;
  Micros begun_ = 0, waited_ = 0;
  std::optional<Micros> wait_until_; // between two attempts
  std::vector<Event> held_;          // of an attempt without content: another may take its place
  std::vector<wayfare::Attempt> attempts_;
  std::vector<std::string> warnings_, added_;
  Amount spent_; // at most, by the attempts so far, where max_cost is asked for
  std::unique_ptr<Error> last_error_;
  std::unique_ptr<Reply> last_reply_;
  bool guarded_ = false, told_ = false;
};

} // namespace wayfare::call
