// The life of one attempt, as a state machine. Pure: it does no I/O, reads no clock and draws no
// random numbers. The caller reports each event and its time, and carries out the actions.
//
//   fresh -start-> reserving -reserved-> sending -given-> waiting -ended-> booking -booked-> over
//
// It can end early from any phase. It then ends as `void` if the request was not given to the
// network yet, and otherwise as `unknown`, unless its cost is known.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wayfare/event.hpp>
#include <wayfare/model.hpp>

#include "select/catalogue.hpp"
#include "values/booking.hpp"
#include "values/transfer.hpp"
#include "wire/endpoint.hpp"

namespace wayfare::call {

using Micros = std::int64_t;    // on a monotonic clock
std::string seconds(Micros us); // "1.5 s", for messages

// The actions to carry out after an input, in this order.
struct Actions {
  struct Reserve {
    Uid uid;                   // of the attempt; its model is Call::choice()
    bool skip_cooling = false; // see Reservation
  };
  bool stop = false; // stop the transfer now
  // Stand in the queue of the calls that wait for this budget, or in none. Answer with turn().
  std::optional<std::string> queue;
  // Ask the ledger. Answer with reserved(), refused(), cooling() or plan_again().
  std::optional<Reserve> reserve;
  bool send = false;               // give the request to the network
  std::optional<std::string> note; // tell the ledger the generation id; no answer
  std::optional<Ending> book;      // commit the end; answer with booked()
  std::vector<Notice> notices;     // for those who watch, without the time and the text
  std::vector<Event> events;       // pass them on; the last event of a call is `done` or `error`
  // Call timer() at this time at the latest. An earlier time that was asked for before still holds.
  std::optional<Micros> wake_at;
};

class Attempt {
 public:
  struct Plan {
    Uid uid;
    std::string model;
    // The prices of the model, for a server that may not tell the cost. Null: not known.
    std::shared_ptr<const Prices> prices;
    bool has_one_price = false; // they are those of the server, whatever model it says it served
    const wire::Endpoint* endpoint = &wire::chat_completions;
    bool streamed = false;
    bool tells_cost = true;                  // see Server
    bool has_other_servers = false;          // the call has
    std::shared_ptr<json::Document> scratch; // see wire::Endpoint::reader
    Micros begun = 0;                        // the start of the call; its timings count from here
    Micros deadline_us = 0;                  // counted from `begun`
    Micros first_byte_us = 0;
    Micros idle_us = 0;
    Micros content_us = 0; // 0: no limit
    // To tell whether another model served. See select::served_otherwise.
    std::vector<OtherName> other_names;
    std::shared_ptr<const select::Catalogue> catalogue;
    bool names_are_sure = true;
    bool pin = false; // only the model that is asked for may serve
  };
  // The result of an attempt. `reply` exists if the request was given to the network. `error`
  // exists if the attempt failed.
  struct Result {
    std::unique_ptr<Error> error;
    std::unique_ptr<Reply> reply;
    State state = State::voided; // as booked; voided if nothing was booked
  };

  explicit Attempt(Plan plan)
      : plan_(std::move(plan)),
        prices_(plan_.prices),
        response_(plan_.endpoint->reader(plan_.streamed, plan_.scratch)) {}

  void start(Micros now, Actions& actions);
  // Sets the prices after a new plan.
  void priced(std::shared_ptr<const Prices> prices) { prices_ = std::move(prices); }
  void reserved(Micros now, Actions& actions);
  void refused(Error why);
  void given(Micros now, Actions& actions); // the network has the request
  void head(Micros now, ResponseHead head, Actions& actions);
  void bytes(Micros now, std::string_view bytes, Actions& actions);
  void paused() { paused_ = true; } // reading has stopped because the caller is slow
  void resumed(Micros now, Actions& actions);
  void ended(Micros now, const TransferEnd& outcome, Actions& actions);
  // The quantization of the model that served, while the end is being booked.
  void quantized(std::string as);
  void booked();
  void timer(Micros now, Actions& actions);
  void cancel(Micros now, Actions& actions);

  // Whether a delta of text, reasoning or a tool call has come.
  bool has_content() const noexcept { return response_->has_content(); }
  // See wire::Reader. The second counts a reply that was not taken yet, too.
  std::size_t weight(std::string_view bytes) const noexcept { return response_->weight(bytes); }
  std::size_t weight() const noexcept {
    return response_->weight() + (result_.reply ? result_.reply->raw.size() : 0);
  }
  void use(std::shared_ptr<json::Document> scratch) { response_->use(std::move(scratch)); }
  bool has_failed() const noexcept { return result_.error != nullptr; }
  // Whether the request is to be given to the network.
  bool is_sending() const noexcept { return phase_ == Phase::sending; }
  // Whether the attempt waits for the ledger's answer to the reservation.
  bool is_reserving() const noexcept { return phase_ == Phase::reserving; }
  // Whether take_result() may be called: the end is booked, there was nothing to book, or booking
  // takes too long.
  bool told() const noexcept { return told_; }
  Result take_result() { return std::move(result_); }
  // Whether no more input is expected, not even a late answer of the ledger.
  bool over() const noexcept { return phase_ == Phase::over; }
  const Uid& uid() const noexcept { return plan_.uid; }

  // after this time the end is reported without being booked
  static constexpr Micros booking_us = 30'000'000;
  // The time to wait for the end of the body after the last event of the stream.
  static constexpr Micros lingering_us = 1'000'000;

 private:
  enum class Phase : std::uint8_t {
    fresh,
    reserving,
    sending,
    waiting,
    booking,
    late_reserve, // ended before the ledger answered: a reservation that comes now is voided
    late_booking, // the end was reported before it was booked: no one waits for the booking
    over,
  };

  void conclude(Micros now, std::optional<Error> error, Actions& actions);
  void tell(State state);
  Micros due() const;
  bool is_limited_by_content() const;
  Error overdue(Micros now) const;
  Error fail(Code code, std::string message, std::string advice, bool retryable) const;
  State state_of(const Reply& reply, bool ended_well) const;
  Ending ending_of(State state, const Reply& reply) const;
  Outcome outcome_with(const Reply& reply) const;
  Reply take_reply();
  std::optional<bool> served_otherwise(std::string_view served) const;
  bool is_another_pinned();
  Error not_pinned(std::string_view served) const;

  const Plan plan_;
  std::shared_ptr<const Prices> prices_;
  const std::unique_ptr<wire::Reader> response_;
  Phase phase_ = Phase::fresh;
  Micros started_ = 0, sent_ = 0, heard_ = 0, booking_since_ = 0, ended_ = 0;
  Micros content_at_ = 0; // when the last part of the content came
  std::size_t content_ = 0;
  bool has_head_ = false, paused_ = false, told_ = false;
  Timings timings_;
  Micros sent_from_ = 0; // when the request began to be sent
  std::optional<Micros> first_us_;
  std::string judged_; // the model that a pinned attempt was last compared with
  Code late_ = Code::ok;
  Result result_;
};

} // namespace wayfare::call
