// The state machine of a call. The input is what happens to it, byte by byte: answers of the
// ledger, parts of an answer of the server, time that passes, a cancel. Whatever happens, and in
// whatever order, the call reserves before it sends, books before it ends, and ends once.

#include <string>
#include <string_view>
#include <vector>

#include "call/call.hpp"
#include "fuzz/check.hpp"
#include "fuzz/targets.hpp"

namespace fuzz {

namespace {

using namespace wayfare;
using call::Actions;
using call::Micros;

constexpr Micros second = 1'000'000;
constexpr int retries = 2;

constexpr std::string_view pieces[] = {
    "data: {\"id\":\"g\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n",
    "data: {\"id\":\"g\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],"
    "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4,\"cost\":0.5}}\n\n",
    "data: [DONE]\n\n",
    ": wait\n\n",
    "data: {\"error\":{\"code\":502,\"message\":\"it broke\"}}\n\n",
    "{\"error\":{\"code\":400,\"message\":\"no stream_options\"}}",
    "{\"id\":\"g\",\"choices\":[{\"index\":0,\"message\":{\"content\":\"Hi\"},"
    "\"finish_reason\":\"stop\"}],\"usage\":{\"cost\":0.5}}",
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"c\","
    "\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}}]}\n\n",
};

call::Plan plan_of(Choices& choices) {
  call::Plan plan{.uid = Uid::make(1, {}),
                  .streamed = choices.below(2) == 0,
                  .servers = {{.tells_cost = choices.below(3) != 0}},
                  .retries = retries,
                  .deadline_us = 60 * second,
                  .first_byte_us = 20 * second,
                  .idle_us = 10 * second,
                  .content_us = choices.below(2) == 0 ? 0 : 15 * second};
  for (unsigned models = 1 + choices.below(2); models > 0; --models)
    plan.models.push_back({.model = "m/" + std::to_string(models),
                           .bound = Amount{1'000'000'000'000},
                           .added = {"stream_options"}});
  if (choices.below(2) == 0) plan.budget_wait_us = 20 * second;
  if (choices.below(3) == 0) plan.max_cost = Amount{2'000'000'000'000};
  return plan;
}

class Story {
 public:
  explicit Story(Choices& choices) : choices_(choices), call_(plan_of(choices)) {}

  void run() {
    is_hard_ = choices_.below(4) == 0;
    drive([&](Actions& actions) { call_.start(now_, actions); });
    while (!choices_.is_empty() && !call_.over()) happen();
    // What is still open is answered, until nothing is.
    if (!is_told_) drive([&](Actions& actions) { call_.cancel(now_, actions); });
    for (int left = 100; left > 0 && !call_.over(); --left) {
      if (is_reserving_) answer_ledger(0);
      if (is_booking_) booked();
      pass(40 * second);
    }
    check(is_told_, "a call has no end");
    check(call_.over(), "a call waits for something that has come");
    check(sent_ <= 2 + retries + 1, "a call is sent too often");
  }

 private:
  template <class Input>
  void drive(Input input) {
    Actions actions;
    input(actions);
    if (actions.stop) is_sent_ = has_head_ = false;
    if (actions.reserve) {
      check(!is_reserving_ && !is_sent_ && !is_booking_, "two attempts are open at once");
      is_reserving_ = true;
      is_reserved_ = false;
    }
    if (actions.send) {
      check(is_reserved_, "a request is sent before it is reserved");
      is_sent_ = true;
      ++sent_;
    }
    if (actions.book) {
      check(is_reserved_ || is_reserving_, "an end is booked without a reservation");
      check(actions.book->state != State::reserved, "an end is booked that is none");
      is_booking_ = true;
    }
    for (const Event& event : actions.events) take(event);
  }

  void take(const Event& event) {
    check(!is_told_, "an event follows the final one");
    if (!event.is_final()) return;
    is_told_ = true;
    if (event.error) check_error(*event.error);
    const bool is_unbooked = event.error && event.error->code == Code::not_booked;
    check(!is_booking_ || is_unbooked || !is_reserved_, "a call ends before its end is booked");
  }

  void happen() {
    switch (choices_.below(9)) {
      case 0:
      case 1: // the ledger
        if (is_reserving_) return answer_ledger(choices_.below(8));
        if (is_booking_) return booked();
        return;
      case 2: // the network has the request, or the head of its answer
        if (!is_sent_) return;
        if (!has_head_) return head();
        return;
      case 3:
      case 4:
        if (has_head_) return bytes(pieces[choices_.below(std::size(pieces))]);
        return;
      case 5:
        if (has_head_) return bytes(choices_.text(choices_.next()));
        return;
      case 6: return end();
      case 7: return pass(choices_.next() * second / 10);
      default: return rare();
    }
  }

  void rare() {
    switch (choices_.below(4)) {
      case 0: return drive([&](Actions& actions) { call_.cancel(now_, actions); });
      case 1:
        if (has_head_) call_.paused();
        return;
      case 2:
        if (has_head_) drive([&](Actions& actions) { call_.resumed(now_, actions); });
        return;
      default: return drive([&](Actions& actions) { call_.turn(now_, actions); });
    }
  }

  void answer_ledger(unsigned how) {
    is_reserving_ = false;
    if (how == 7) {
      bool is_wanted = false;
      auto again = call_.choices_left();
      drive([&](Actions& actions) { is_wanted = call_.plan_again(now_, actions); });
      if (is_wanted) drive([&](Actions& actions) { call_.planned(now_, again, actions); });
      return;
    }
    if (how == 6 || how == 5) {
      const Error why{.code = how == 6 ? Code::budget_exceeded : Code::ledger_unavailable,
                      .message = "no"};
      return drive(
          [&](Actions& actions) { call_.refused(now_, why, actions, how == 6 ? "b" : ""); });
    }
    is_reserved_ = true;
    drive([&](Actions& actions) { call_.reserved(now_, is_hard_, actions); });
  }

  void booked() {
    is_booking_ = is_reserved_ = false;
    drive([&](Actions& actions) { call_.booked(now_, actions); });
  }

  void head() {
    static constexpr int statuses[] = {200, 200, 200, 400, 402, 408, 429, 500, 502, 503, 504, 302};
    ResponseHead head{.status = statuses[choices_.below(std::size(statuses))]};
    if (choices_.below(4) == 0) head.retry_after = "7";
    if (choices_.below(2) == 0) head.generation_id = "gen-1";
    has_head_ = true;
    drive([&](Actions& actions) { call_.given(now_, actions); });
    if (is_sent_) drive([&](Actions& actions) { call_.head(now_, head, actions); });
  }

  void bytes(std::string_view bytes) {
    drive([&](Actions& actions) { call_.bytes(now_, bytes, actions); });
  }

  void end() {
    if (!is_sent_) return;
    using How = TransferEnd::How;
    static constexpr How after[] = {How::whole, How::lost, How::too_large};
    static constexpr How before[] = {How::dns, How::connect, How::tls, How::connect_timeout,
                                     How::lost};
    const TransferEnd outcome{.how = has_head_ ? after[choices_.below(std::size(after))]
                                               : before[choices_.below(std::size(before))],
                              .detail = "as chosen"};
    is_sent_ = has_head_ = false;
    drive([&](Actions& actions) { call_.ended(now_, outcome, actions); });
  }

  void pass(Micros time) {
    now_ += time;
    drive([&](Actions& actions) { call_.timer(now_, actions); });
  }

  Choices& choices_;
  call::Call call_;
  Micros now_ = 0;
  int sent_ = 0;
  bool is_hard_ = false;
  bool is_reserving_ = false, is_reserved_ = false, is_booking_ = false; // the ledger
  bool is_sent_ = false, has_head_ = false;                              // the network
  bool is_told_ = false;
};

} // namespace

void calls(std::string_view input) {
  Choices choices(input);
  Story(choices).run();
}

} // namespace fuzz
