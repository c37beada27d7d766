// The life of one attempt, as a state machine. Pure: it does no I/O, reads no clock and draws no
// chance; whoever drives it tells what happened and when, and does what it asks for.
//
//   fresh -start-> reserving -reserved-> sending -given-> waiting -ended-> booking -booked-> over
//
// It ends early from any phase: before it was given to the network as `void`, after that as
// `unknown`, unless its cost is known.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wayfare/event.hpp>
#include <wayfare/model.hpp>

#include "values/booking.hpp"
#include "values/transfer.hpp"
#include "wire/endpoint.hpp"

namespace wayfare::call {

using Micros = std::int64_t; // of a monotonic clock

// What is to be done after an input, in this order.
struct Actions {
  struct Reserve {
    Uid uid; // of the attempt, whose model is Call::choice()
  };
  bool stop = false; // the transfer, now
  // ask the ledger; answer with reserved(), refused() or plan_again()
  std::optional<Reserve> reserve;
  bool send = false;               // give the request to the network
  std::optional<std::string> note; // tell the ledger the generation id; no answer
  std::optional<Ending> book;      // commit the end; answer with booked()
  std::vector<Event> events;       // hand out; the last one of a call is `done` or `error`
  // call timer() at this time at the latest; replaces no earlier one
  std::optional<Micros> wake_at;
};

class Attempt {
 public:
  struct Plan {
    Uid uid;
    std::string model;
    // what its tokens cost, where the server may tell no cost; null: not known
    std::shared_ptr<const Prices> prices;
    const wire::Endpoint* endpoint = &wire::chat_completions;
    bool streamed = false;
    bool tells_cost = true;                  // see Server
    std::shared_ptr<json::Document> scratch; // see wire::Endpoint::reader
    Micros begun = 0;                        // of the call: what its timings count from
    Micros deadline_us = 0;                  // from there
    Micros first_byte_us = 0;
    Micros idle_us = 0;
  };
  // What came of it. `reply` is there where a request was given to the network, `error` where it is
  // no good answer.
  struct Result {
    std::unique_ptr<Error> error;
    std::unique_ptr<Reply> reply;
    State state = State::voided; // as booked; voided where nothing was
  };

  explicit Attempt(Plan plan)
      : plan_(std::move(plan)),
        prices_(plan_.prices),
        response_(plan_.endpoint->reader(plan_.streamed, plan_.scratch)) {}

  void start(Micros now, Actions& actions);
  // The prices of another plan.
  void priced(std::shared_ptr<const Prices> prices) { prices_ = std::move(prices); }
  void reserved(Micros now, Actions& actions);
  void refused(Error why);
  void given(Micros now, Actions& actions); // the request is given to the network
  void head(Micros now, ResponseHead head, Actions& actions);
  void bytes(Micros now, std::string_view bytes, Actions& actions);
  void paused() { paused_ = true; } // the consumer is slow: we stopped reading
  void resumed(Micros now, Actions& actions);
  void ended(Micros now, const TransferEnd& outcome, Actions& actions);
  void booked();
  void timer(Micros now, Actions& actions);
  void cancel(Micros now, Actions& actions);

  // A delta of text, reasoning or a tool call has come.
  bool has_content() const noexcept { return response_->has_content(); }
  // The ledger has not answered, and its answer is waited for.
  bool is_reserving() const noexcept { return phase_ == Phase::reserving; }
  // Its result is there: its end is booked, or nothing is, or booking takes too long.
  bool told() const noexcept { return told_; }
  Result take_result() { return std::move(result_); }
  // Nothing more will happen, a late answer of the ledger's included.
  bool over() const noexcept { return phase_ == Phase::over; }
  const Uid& uid() const noexcept { return plan_.uid; }

  static constexpr Micros booking_us = 30'000'000; // then the end is told without its booking
  // for the end of the body, behind the stream's last event
  static constexpr Micros lingering_us = 1'000'000;

 private:
  enum class Phase : std::uint8_t {
    fresh,
    reserving,
    sending,
    waiting,
    booking,
    late_reserve, // ended while the ledger had not answered: a reservation that comes now is voided
    late_booking, // told while the end was not booked: nobody waits for the booking
    over,
  };

  void conclude(Micros now, std::optional<Error> error, Actions& actions);
  void tell(State state);
  Micros due() const;
  Error no_answer(const TransferEnd& outcome) const;
  Error overdue(Micros now) const;
  Error fail(Code code, std::string message, std::string advice, bool retryable) const;
  State state_of(const Reply& reply) const;
  Ending ending_of(State state, const Reply& reply) const;
  Reply take_reply();

  const Plan plan_;
  std::shared_ptr<const Prices> prices_;
  const std::unique_ptr<wire::Reader> response_;
  Phase phase_ = Phase::fresh;
  Micros started_ = 0, sent_ = 0, heard_ = 0, booking_since_ = 0, ended_ = 0;
  bool has_head_ = false, paused_ = false, told_ = false;
  Timings timings_;
  Code late_ = Code::ok;
  Result result_;
};

} // namespace wayfare::call
