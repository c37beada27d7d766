// One simulated call in virtual time: the state machine of the call between a simulated server with
// its own bill and a simulated ledger.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "call/call.hpp"
#include "support/beside.hpp"
#include "support/catch.hpp"
#include "support/simulated.hpp"

namespace wayfare::simulated {

// One simulated call with its server and its ledger.
class World {
 public:
  explicit World(std::uint64_t seed, Beside* beside = nullptr)
      : beside_(beside),
        dice_(seed),
        plan_(draw_plan(seed, dice_)),
        hard_(dice_.one_in(4)),
        call_(plan_) {}

  void run() {
    at(0, [this] { drive([this](call::Actions& actions) { call_.start(now_, actions); }); });
    if (dice_.one_in(4))
      at(dice_.up_to(20 * second),
         [this] { drive([this](call::Actions& actions) { call_.cancel(now_, actions); }); });
    for (int left = 100'000; left > 0 && !agenda_.empty(); --left) {
      const auto first = agenda_.begin();
      const auto act = std::move(first->second);
      now_ = first->first.first;
      agenda_.erase(first);
      act();
    }
    check();
  }
  const std::string& trace() const { return trace_; }
  std::size_t attempts() const { return rounds_.size(); }
  std::size_t plans() const { return plans_; } // new plans
  bool had_second_try() const {
    return rounds_.size() > 1 &&
           std::ranges::any_of(rounds_.begin(), rounds_.end() - 1, is_refused_usage);
  }

 private:
  enum class Row { none, reserved, settled, voided, unknown };
  struct Round { // one attempt
    Script script;
    Uid uid;
    std::size_t model = 0;
    Micros began = 0, ended = 0;
    bool sent = false, read = false, stopped = false;
    bool asks_usage = false; // its body has stream_options
    Row row = Row::none;
    std::optional<Ending> ending;
  };

  std::size_t index_of(const std::string& model) const {
    for (std::size_t at = 0; at < plan_.models.size(); ++at)
      if (plan_.models[at].model == model) return at;
    FAIL("the call tries a model that its plan does not have");
    return 0;
  }

  void at(Micros when, std::function<void()> act) {
    agenda_.emplace(std::pair{std::max(when, now_), order_++}, std::move(act));
  }
  // Schedules an event of a round's transfer. A stopped transfer has no more events.
  void transfer(Micros when, std::size_t round, std::function<void(Round&)> act) {
    at(when, [this, round, act = std::move(act)] {
      if (!rounds_[round].stopped) act(rounds_[round]);
    });
  }

  void drive(const std::function<void(call::Actions&)>& input) {
    call::Actions actions;
    input(actions);
    if (actions.stop) rounds_.back().stopped = true;
    if (actions.book) book(*actions.book);
    if (actions.queue) stand_in(*actions.queue);
    if (actions.reserve) reserve(*actions.reserve);
    if (actions.send) send();
    if (actions.note) CHECK(rounds_.back().sent);
    for (const Event& event : actions.events) take(event);
    if (actions.wake_at)
      at(*actions.wake_at,
         [this] { drive([this](call::Actions& next) { call_.timer(now_, next); }); });
  }

  void reserve(const call::Actions::Reserve& asked) {
    CHECK(finals_ == 0);
    if (!rounds_.empty()) CHECK(rounds_.back().ended != 0); // attempts never overlap
    rounds_.push_back({.script = draw(dice_, plan_.streamed, dearest),
                       .uid = asked.uid,
                       .model = index_of(call_.choice().model),
                       .began = now_,
                       .asks_usage = !call_.choice().added.empty()});
    if (dice_.one_in(40)) return; // the ledger never answers
    const std::size_t round = rounds_.size() - 1;
    const Micros when = now_ + (dice_.one_in(20) ? dice_.up_to(100 * second) : dice_.up_to(5 * ms));
    if (plan_.budget_wait_us && dice_.one_in(3)) {
      rounds_.pop_back(); // nothing was reserved, and the attempt waits
      at(when, [this] { refuse_for_now(); });
    } else if (dice_.one_in(20)) {
      rounds_.pop_back(); // nothing was reserved, and the same attempt asks again
      at(when, [this] { plan_again(); });
    } else if (asked.skip_cooling && dice_.one_in(30)) {
      rounds_.pop_back(), ++skips_; // nothing was reserved, and the next model is asked for
      at(when, [this] {
        drive([this](call::Actions& actions) { call_.cooling(now_, {.failures = 3}, actions); });
      });
    } else if (dice_.one_in(20)) {
      at(when, [this] {
        drive([this](call::Actions& actions) {
          call_.refused(now_, Error{.code = Code::ledger_unavailable, .message = "full"}, actions);
        });
      });
    } else {
      at(when, [this, round] {
        rounds_[round].row = Row::reserved;
        if (beside_) beside_->reserve(rounds_[round].uid);
        drive([this](call::Actions& actions) { call_.reserved(now_, hard_, actions); });
      });
    }
  }

  void refuse_for_now() {
    Error full{.code = Code::budget_exceeded, .message = "used up"};
    const std::string budget = dice_.one_in(3) ? "c" : "b";
    drive([&](call::Actions& actions) { call_.refused(now_, full, actions, budget); });
  }
  // The queue of a budget. Its turns come at any time.
  void stand_in(const std::string& budget) {
    is_queued_ = !budget.empty();
    if (!is_queued_ || dice_.one_in(10)) return;
    at(now_ + dice_.up_to(3 * second),
       [this] { drive([this](call::Actions& actions) { call_.turn(now_, actions); }); });
  }

  void plan_again() {
    bool is_wanted = false;
    drive([&](call::Actions& actions) { is_wanted = call_.plan_again(now_, actions); });
    if (!is_wanted) return;
    ++plans_;
    auto choices = call_.choices_left();
    for (call::Choice& choice : choices) choice.bound = dearest;
    at(now_ + dice_.up_to(5 * second), [this, choices = std::move(choices)] {
      drive([&](call::Actions& actions) { call_.planned(now_, choices, actions); });
    });
  }

  void send() {
    Round& round = rounds_.back();
    CHECK(round.row == Row::reserved); // reserved before sent
    CHECK_FALSE(round.sent);
    round.sent = true;
    const std::size_t at_round = rounds_.size() - 1;
    if (round.script.before != Script::Before::nothing) {
      using How = TransferEnd::How;
      const How how = round.script.before == Script::Before::dns       ? How::dns
                      : round.script.before == Script::Before::connect ? How::connect
                      : round.script.before == Script::Before::tls     ? How::tls
                                                                       : How::connect_timeout;
      transfer(now_ + dice_.up_to(10 * second), at_round,
               [this, how](Round&) { end({how, "as drawn"}); });
      return;
    }
    transfer(now_ + dice_.up_to(2 * second), at_round, [this, at_round](Round& one) {
      one.read = true; // the server has read the request and may bill it from now on
      drive([this](call::Actions& actions) { call_.given(now_, actions); });
      answer(at_round);
    });
  }

  void answer(std::size_t at_round) {
    using Fault = Script::Fault;
    const Script& script = rounds_[at_round].script;
    if (script.fault == Fault::silent) return;
    if (script.fault == Fault::hangup)
      return transfer(now_ + dice_.up_to(3 * second), at_round,
                      [this](Round&) { end({TransferEnd::How::lost, "closed"}); });
    transfer(now_ + dice_.up_to(6 * second), at_round, [this, at_round](Round& round) {
      const bool refused = round.script.fault == Fault::status;
      const std::string type =
          refused || !plan_.streamed ? "application/json" : "text/event-stream";
      const ResponseHead head{refused ? round.script.status : 200, type,
                              dice_.one_in(3) ? "" : "gen-sim", round.script.retry_after};
      drive([&](call::Actions& actions) { call_.head(now_, head, actions); });
      feed(at_round, 0);
    });
  }

  void feed(std::size_t at_round, std::size_t from) {
    const Script& script = rounds_[at_round].script;
    if (from == script.bytes.size()) {
      if (script.fault == Script::Fault::stall) return;
      const auto how = script.whole ? TransferEnd::How::whole : TransferEnd::How::lost;
      return transfer(now_ + dice_.up_to(ms), at_round, [this, how](Round&) { end({how, ""}); });
    }
    if (dice_.one_in(50)) { // the caller is slow: the idle timeout does not run
      call_.paused();
      transfer(now_ + dice_.up_to(30 * second), at_round, [this, at_round, from](Round&) {
        drive([this](call::Actions& actions) { call_.resumed(now_, actions); });
        feed_one(at_round, from);
      });
      return;
    }
    transfer(now_ + (dice_.one_in(30) ? dice_.up_to(25 * second) : dice_.up_to(20 * ms)), at_round,
             [this, at_round, from](Round&) { feed_one(at_round, from); });
  }
  void feed_one(std::size_t at_round, std::size_t from) {
    const std::string& bytes = rounds_[at_round].script.bytes;
    if (rounds_[at_round].stopped) return;
    const auto size =
        std::min<std::size_t>(static_cast<std::size_t>(1 + dice_.up_to(200)), bytes.size() - from);
    const std::string piece = bytes.substr(from, size); // a copy, because the rounds may move
    drive([&](call::Actions& actions) { call_.bytes(now_, piece, actions); });
    if (!rounds_[at_round].stopped) feed(at_round, from + size);
  }
  void end(const TransferEnd& outcome) {
    rounds_.back().stopped = true;
    drive([&](call::Actions& actions) { call_.ended(now_, outcome, actions); });
  }

  void book(const Ending& ending) {
    Round& round = rounds_.back();
    CHECK_FALSE(round.ending);
    round.ending = ending;
    round.stopped = true;
    if (dice_.one_in(40)) return; // the booking never ends
    at(now_ + (dice_.one_in(20) ? dice_.up_to(60 * second) : dice_.up_to(5 * ms)),
       [this, at_round = rounds_.size() - 1] {
         Round& booked = rounds_[at_round];
         const State state = booked.ending->state;
         booked.row = state == State::settled  ? Row::settled
                      : state == State::voided ? Row::voided
                                               : Row::unknown;
         booked.ended = now_;
         if (beside_) beside_->book(booked.uid, *booked.ending);
         drive([this](call::Actions& actions) { call_.booked(now_, actions); });
       });
  }

  void take(const Event& event) {
    CHECK(finals_ == 0); // nothing follows the final event
    trace_ += std::to_string(now_) + ":" + std::to_string(static_cast<int>(event.type)) +
              event.text + ";";
    if (event.type == EventType::text) {
      if (text_.empty()) told_in_ = rounds_.size();
      text_ += event.text;
    }
    if (event.type == EventType::done || event.type == EventType::error) {
      ++finals_;
      final_ = event;
      final_at_ = now_;
      row_then_ = rounds_.empty() ? Row::none : rounds_.back().row;
    }
  }

  // Compares the ledger with the server's bill for one attempt.
  void check_bill(const Round& round, Code code) const {
    const bool billed = round.read && round.script.bills;
    if (round.row == Row::voided) CHECK_FALSE(billed);
    if (round.row == Row::settled && round.ending->billing.cost)
      CHECK(round.ending->billing.cost == round.script.cost);
    if (billed && round.ending)
      CHECK((round.row == Row::settled || round.row == Row::unknown || round.row == Row::reserved));
    if (!round.sent)
      CHECK((round.row == Row::none || round.row == Row::reserved || round.row == Row::voided));
    // A request that the network never had is free.
    if (round.ending && !round.read) CHECK(round.ending->state == State::voided);
    // An attempt without a cost is settled only after a good answer.
    if (round.row == Row::settled && !round.ending->billing.cost)
      CHECK((code == Code::ok || code == Code::not_booked));
  }

  // Whether it ended with a refusal of the stream_options that it had.
  static bool is_refused_usage(const Round& round) {
    return round.asks_usage && round.script.refuses_usage && round.ending &&
           round.ending->error == Code::bad_request;
  }

  void check_attempts(const Reply* reply) const {
    std::set<Uid> uids;
    std::int64_t most = 0;
    std::size_t second_tries = 0;
    for (std::size_t at = 0; at < rounds_.size(); ++at) {
      const Round& round = rounds_[at];
      CHECK(uids.insert(round.uid).second);
      if (at > 0) {
        const Round& before = rounds_[at - 1];
        CHECK(before.ending);
        CHECK(before.row != Row::reserved); // an attempt is booked before the next one begins
        if (hard_ || plan_.max_cost) CHECK(before.row != Row::unknown);
        CHECK((round.model >= before.model &&
               round.model <= last_after(before.model, before.ending->error, plan_) + skips_));
        if (round.model == before.model && before.script.retry_after == "7" &&
            before.ending->status == before.script.status)
          CHECK(round.began >= before.ended + 7 * second);
        CHECK(round.began < plan_.deadline_us);
        if (is_refused_usage(before)) {
          ++second_tries;
          CHECK(((round.model == before.model || skips_ > 0) && !round.asks_usage));
        }
        if (second_tries > 0) CHECK_FALSE(round.asks_usage);
      }
      if (round.row != Row::voided && round.row != Row::none)
        most += round.ending && round.ending->billing.cost ? round.ending->billing.cost->picodollars
                                                           : dearest.picodollars;
    }
    if (plan_.max_cost && !rounds_.empty()) CHECK(most <= plan_.max_cost->picodollars);
    CHECK(second_tries <= 1);
    CHECK(rounds_.size() <=
          plan_.models.size() + static_cast<std::size_t>(plan_.retries) + second_tries);
    // no other attempt follows after text was passed on
    if (told_in_ != 0) CHECK(told_in_ == rounds_.size());
    if (!reply) return;
    REQUIRE(reply->attempts.size() <= rounds_.size());
    for (std::size_t at = 0; at < reply->attempts.size(); ++at) {
      const Attempt& told = reply->attempts[at];
      CHECK(told.entry == rounds_[at].uid.text());
      CHECK(told.model == plan_.models[rounds_[at].model].model);
      CHECK((told.error == Code::ok) ==
            (final_.type == EventType::done && at + 1 == rounds_.size()));
      CHECK(told.cost == rounds_[at].ending->billing.cost);
      if (told.error != Code::not_booked) CHECK(told.state == rounds_[at].ending->state);
    }
  }

  void check_beside() const {
    for (const Round& round : rounds_) {
      const auto [state, cost] = beside_->row(round.uid);
      constexpr const char* names[] = {"none", "reserved", "settled", "void", "unknown"};
      CHECK(state == names[static_cast<int>(round.row)]);
      const bool known = round.row == Row::settled && round.ending->billing.cost;
      CHECK(cost ==
            (known ? std::optional(round.ending->billing.cost->picodollars) : std::nullopt));
    }
    beside_->check_sums();
  }

  void check() const {
    REQUIRE(finals_ == 1);
    CHECK_FALSE(is_queued_);
    if (beside_) check_beside();
    const bool failed = final_.type == EventType::error;
    const Code code = failed ? final_.error->code : Code::ok;
    if (rounds_.empty()) {
      CHECK((code == Code::max_cost || code == Code::cancelled || code == Code::busy ||
             code == Code::ledger_unavailable || (skips_ > 0 && code == Code::cooling_down) ||
             (plan_.budget_wait_us && (code == Code::budget_exceeded || code == Code::deadline))));
      return;
    }
    const Round& last = rounds_.back();
    INFO("code " << name(code) << " fault " << static_cast<int>(last.script.fault) << " status "
                 << last.script.status << " text " << last.script.text << " attempts "
                 << rounds_.size());

    // The end is booked before the final event comes, or the event tells that it is not booked.
    if (!last.ending || code == Code::not_booked)
      CHECK((failed && (row_then_ == Row::none || row_then_ == Row::reserved)));
    else if (last.sent)
      CHECK((row_then_ == Row::settled || row_then_ == Row::voided || row_then_ == Row::unknown));
    for (const Round& round : rounds_) check_bill(round, code);
    check_attempts(failed ? final_.error->reply.get() : final_.reply.get());

    // The text is a prefix of the answer at any time, and all of it at a good end.
    CHECK(last.script.text.starts_with(plan_.streamed ? text_ : ""));
    if (!failed) CHECK(final_.reply->text == last.script.text);
    if (!failed && plan_.streamed) CHECK(text_ == last.script.text);
    CHECK(final_at_ <= 91 * second + 30 * second); // the longest deadline, and the longest booking
  }

  Beside* const beside_;
  Dice dice_;
  const call::Plan plan_;
  const bool hard_; // a hard budget applies
  call::Call call_;
  Micros now_ = 0;
  std::uint64_t order_ = 0;
  std::map<std::pair<Micros, std::uint64_t>, std::function<void()>> agenda_;
  std::vector<Round> rounds_;
  std::size_t plans_ = 0, skips_ = 0;
  bool is_queued_ = false; // the call waits for a budget
  Row row_then_ = Row::none;
  std::string text_, trace_;
  std::size_t told_in_ = 0; // the number of attempts when the first text was passed on
  int finals_ = 0;
  Event final_;
  Micros final_at_ = 0;
};

} // namespace wayfare::simulated
