// The life of one call, as a state machine. Pure: it does no I/O, reads no clock and draws no chance; whoever drives it tells what
// happened and when, and does what it asks for. The client drives it with a network and a ledger, the simulator with a dice.
//
//   fresh -start-> reserving -reserved-> sending -given-> waiting -ended-> booking -booked-> over
//
// A call ends early from any phase: before it was given to the network as `void`, after that as `unknown`, unless its cost is known.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "booking.hpp"
#include "wire/answer.hpp"

namespace wayfare::call {

using Micros = std::int64_t; // of a monotonic clock

struct Plan {
  Uid uid;
  std::string model;
  std::string request_id;
  std::vector<std::string> added;
  bool streamed = false;
  bool openrouter = true; // it bills: an answer without usage is not the end of it
  Micros deadline_us = 0; // from the start
  Micros first_byte_us = 0;
  Micros idle_us = 0;
};

// How a transfer ended, as the network saw it.
struct Outcome {
  enum class How : std::uint8_t { whole, lost, dns, connect, tls, connect_timeout } how = How::whole;
  std::string detail; // for the message
};

// What is to be done after an input, in this order.
struct Todo {
  bool stop = false;               // the transfer, now
  bool reserve = false;            // ask the ledger; answer with reserved() or refused()
  bool send = false;               // give the request to the network
  std::optional<std::string> note; // tell the ledger the generation id; no answer
  std::optional<Ending> book;      // commit the end; answer with booked()
  std::vector<Event> events;       // hand out; the last one of a call is `done` or `error`
  std::optional<Micros> wake_at;   // call timer() at this time at the latest; replaces no earlier one
};

class Call {
 public:
  explicit Call(Plan plan) : plan_(std::move(plan)), answer_(plan_.streamed) {}

  void start(Micros now, Todo& todo);
  void reserved(Micros now, Todo& todo);
  void refused(Micros now, Error why, Todo& todo);
  void given(Micros now, Todo& todo); // the first byte of the body was given to the network
  void head(Micros now, const wire::Head& head, Todo& todo);
  void bytes(Micros now, std::string_view bytes, Todo& todo);
  void paused(Micros now); // the consumer is slow: we stopped reading
  void resumed(Micros now, Todo& todo);
  void ended(Micros now, const Outcome& outcome, Todo& todo);
  void booked(Micros now, Todo& todo);
  void timer(Micros now, Todo& todo);
  void cancel(Micros now, Todo& todo);

  bool over() const noexcept { return phase_ == Phase::over; } // nothing more will be asked for

 private:
  enum class Phase : std::uint8_t {
    fresh,
    reserving,
    sending,
    waiting,
    booking,
    late_reserve, // ended while the ledger had not answered: a reservation that comes now is voided
    late_booking, // ended while the end was not booked: what is booked now is seen by nobody
    over,
  };
  static constexpr Micros booking_us = 30'000'000;

  Micros due() const;
  void conclude(Micros now, std::optional<Error> error, Todo& todo);
  State state_of(const Reply& reply) const;
  Ending ending_of(State state, const Reply& reply) const;
  Reply reply_of() const;
  void finish(Todo& todo);
  Error no_answer(const Outcome& outcome) const;
  Error overdue(Micros now) const;
  Error fail(Code code, std::string message, std::string advice, bool retryable) const;

  Plan plan_;
  wire::Answer answer_;
  Phase phase_ = Phase::fresh;
  Micros started_ = 0, sent_ = 0, heard_ = 0, booking_since_ = 0;
  bool paused_ = false;
  bool has_head_ = false;
  Timings timings_;
  std::optional<Error> error_; // of the end, while it is booked
  std::optional<Reply> reply_;
  Code late_{}; // why it ended while the reservation was still on its way
};

} // namespace wayfare::call
