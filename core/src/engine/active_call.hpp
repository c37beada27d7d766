// One call on its way: what its state machine asks for is done here, by the network, the ledger and the caller's mailbox.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/engine.hpp"
#include "os/clock.hpp"
#include "wire/redact_prompt.hpp"

namespace wayfare {

class Engine::ActiveCall final : public io::Http::Listener {
 public:
  // What it needs beside its plan; the reservation and the sending are completed for each attempt.
  struct Parts {
    std::shared_ptr<const Reservation> reservation; // of the attempt; null where no other may follow
    io::Sending sending;
    std::unique_ptr<const wire::Prepared> prepared; // where there are several models
    std::vector<std::optional<Amount>> bounds;      // of each model, where the route asked for it
    bool bounded = false;                           // the body is: for a hard budget
    const Key* key = nullptr;
  };
  ActiveCall(Engine& engine, std::int64_t id, std::shared_ptr<Mailbox> box, call::Plan plan, Parts parts)
      : engine_(engine), id_(id), box_(std::move(box)), call_(std::move(plan)), parts_(std::move(parts)), uid_(parts_.reservation->uid) {}
  ~ActiveCall() override {
    if (timer_) engine_.loop_->drop(*timer_);
    if (transfer_) engine_.http_.stop(transfer_);
    box_->close();
  }

  void start() { call_.start(now(), actions_), perform(); }
  void judged(const Verdict& verdict) {
    const bool asks = verdict.refused && verdict.refused->code == Code::no_bound && parts_.reservation->unjudged;
    if (asks || !verdict.refused) engine_.was_guarded(*parts_.reservation, asks || verdict.hard);
    if (!verdict.refused)
      call_.reserved(now(), verdict.hard, actions_, verdict.warnings);
    else if (asks)
      return find_bound();
    else
      call_.refused(now(), *verdict.refused, actions_);
    perform();
  }
  void booked() { call_.booked(now(), actions_), perform(); }
  void note() {
    if (!note_.empty()) engine_.ledger_->note(uid_, std::exchange(note_, {}), ledger::Ledger::Wake::later);
  }
  void cancel() { call_.cancel(now(), actions_), perform(); }
  void resume() {
    if (!std::exchange(paused_, false) || !transfer_) return;
    call_.resumed(now(), actions_);
    perform();
    engine_.http_.resume(transfer_);
  }

  void on_given() override { call_.given(now(), actions_), perform(); }
  void on_head(ResponseHead head) override {
    call_.head(now(), std::move(head), actions_);
    perform();
  }
  io::Http::Flow on_bytes(std::string_view bytes) override {
    if (!box_->has_room()) {
      paused_ = true;
      call_.paused();
      return io::Http::Flow::pause;
    }
    call_.bytes(now(), bytes, actions_);
    const bool stop = std::exchange(actions_.stop, false); // not from inside the network
    perform();
    if (parts_.reservation && !call_.may_send_again()) parts_.reservation.reset(), parts_.prepared.reset();
    return stop ? io::Http::Flow::stop : io::Http::Flow::on;
  }
  void on_end(const TransferEnd& outcome) override {
    transfer_ = nullptr;
    call_.ended(now(), outcome, actions_);
    perform();
    finish_if_over();
  }

 private:
  static call::Micros now() { return os::monotonic_us(); }

  // Each thing is taken before it is done: what is done may ask for more.
  void perform() {
    if (std::exchange(actions_.stop, false) && transfer_) engine_.http_.stop(std::exchange(transfer_, nullptr));
    if (const auto asked = std::exchange(actions_.reserve, std::nullopt)) reserve(*asked);
    if (std::exchange(actions_.send, false)) send();
    if (actions_.note) {
      note_ = *std::exchange(actions_.note, std::nullopt);
      engine_.noting_.push_back(id_);
    }
    if (actions_.book) book(*std::exchange(actions_.book, std::nullopt));
    for (Event& event : actions_.events)
      if (event.type == Event::Type::error) event.error = cleaned(*event.error);
    if (box_->place(actions_.events)) engine_.listed_ = box_;
    if (const auto at = std::exchange(actions_.wake_at, std::nullopt)) wake_at(*at);
    finish_if_over();
  }

  // The ledger answers on its own threads, perhaps when the engine is gone: the loop takes no tasks then.
  void reserve(const call::Actions::Reserve& asked) {
    if (asked.uid == uid_) return ask(); // the first one, which is made ready
    uid_ = asked.uid;
    auto next = std::make_shared<Reservation>(*parts_.reservation);
    next->uid = asked.uid;
    if (model_ != asked.model) { // its body is another one
      model_ = asked.model;
      next->model = parts_.prepared->models[model_];
      parts_.sending.body = std::make_shared<const std::string>(parts_.prepared->body_of(model_));
      parts_.bounded = false;
    }
    if (!parts_.bounded) {
      next->bound = parts_.bounds[model_];
      next->unjudged = !next->bound;
    }
    parts_.reservation = std::move(next);
    ask();
  }
  void ask() {
    if (parts_.reservation->unjudged && engine_.guesses_guarded(*parts_.reservation)) return find_bound();
    ask_ledger();
  }
  void ask_ledger() {
    engine_.ledger_->reserve(
        parts_.reservation,
        [loop = engine_.loop_, engine = &engine_, id = id_](const Verdict& verdict) {
          loop->post([engine, id, verdict] {
            if (const auto known = engine->calls_.find(id); known != engine->calls_.end()) known->second->judged(verdict);
          });
        },
        ledger::Ledger::Wake::later);
  }

  // A hard budget wants to know what the attempt can cost at most; other calls need no catalogue for that.
  void find_bound() {
    engine_.models_->ask([loop = engine_.loop_, engine = &engine_, id = id_](const ModelSource::Snapshot& known) {
      loop->post([engine, id, known] {
        if (const auto call = engine->calls_.find(id); call != engine->calls_.end()) call->second->bound(known.catalogue);
      });
    });
  }
  void bound(const std::shared_ptr<const select::Catalogue>& catalogue) {
    parts_.bounded = true;
    struct Found {
      std::shared_ptr<Reservation> reservation;
      std::shared_ptr<const std::string> body;
      Bounded found;
    };
    const auto find = [catalogue, openrouter = engine_.settings_.openrouter,
                       found =
                           std::make_shared<Found>(Found{std::make_shared<Reservation>(*parts_.reservation), parts_.sending.body, {}})] {
      found->reservation->unjudged = false;
      found->found = bound_by(*catalogue, openrouter, *found->reservation, found->body);
      return found;
    };
    const auto take = [](ActiveCall& call, const Found& found) {
      call.parts_.reservation = found.reservation;
      call.parts_.sending.body = found.body;
      call.call_.added(found.found.added);
      if (found.found.rates) call.call_.priced(found.found.rates);
      call.ask_ledger();
    };
    constexpr std::size_t large = 128 << 10; // reading it takes as long as serving many other calls
    if (parts_.sending.body->size() < large) return take(*this, *find());
    engine_.models_->aside([find, take, loop = engine_.loop_, engine = &engine_, id = id_] {
      loop->post([found = find(), take, engine, id] {
        if (const auto call = engine->calls_.find(id); call != engine->calls_.end()) take(*call->second, *found);
      });
    });
  }
  void book(Ending ending) {
    note_.clear(); // the end tells it
    engine_.ledger_->book(
        uid_, std::move(ending),
        [loop = engine_.loop_, engine = &engine_, id = id_] { loop->post([engine, id] { engine->with(id, &ActiveCall::booked); }); },
        ledger::Ledger::Wake::later);
  }
  void send() {
    paused_ = false;
    transfer_ = engine_.http_.start(parts_.sending, *this);
    if (transfer_) return;
    call_.ended(now(), {TransferEnd::How::connect, "memory or file descriptors are short"}, actions_);
    perform();
  }

  // It asks again when the timer comes: one that comes early is soon enough for all that a call of a few seconds waits for.
  void wake_at(call::Micros at) {
    constexpr call::Micros soon = 10'000'000;
    at = std::min(at, now() + soon);
    if (timer_ && timer_->first <= at) return;
    if (timer_) {
      timer_ = engine_.loop_->move(*timer_, at);
      return;
    }
    timer_ = engine_.loop_->at(at, [this] {
      timer_.reset();
      call_.timer(now(), actions_);
      perform();
    });
  }

  void finish_if_over() {
    if (!call_.over() || transfer_ || std::exchange(finished_, true)) return;
    engine_.finished_.push_back(id_);
  }

  // A server that repeats the key or the prompt in its refusal must not have us repeat it.
  std::shared_ptr<const Error> cleaned(const Error& error) const {
    auto clean = std::make_shared<Error>(error);
    const Keys& keys = engine_.settings_.keys;
    keys.hide(clean->message);
    keys.hide_parts(clean->message);
    keys.hide(clean->provider);
    keys.hide_parts(clean->provider);
    if (clean->status != 0) wire::hide_prompt(clean->message, *parts_.sending.body);
    if (clean->code == Code::unauthorized && parts_.key) clean->advice += "; the key that was sent is that of " + parts_.key->place;
    const auto in_it = [&](const std::string& text) { return keys.stand_in(text); };
    if (const Reply* came = clean->reply.get();
        came && (in_it(came->raw) || in_it(came->message) || in_it(came->text) || in_it(came->reasoning))) {
      auto reply = std::make_shared<Reply>(*came);
      for (std::string* text : {&reply->raw, &reply->message, &reply->text, &reply->reasoning}) keys.hide(*text);
      clean->reply = std::move(reply);
    }
    return clean;
  }

  Engine& engine_;
  const std::int64_t id_;
  const std::shared_ptr<Mailbox> box_;
  call::Call call_;
  call::Actions& actions_ = engine_.actions_; // always done before another call is asked
  Parts parts_;
  std::string note_;      // the generation id, which the ledger is told where the turn does not bring the end too
  Uid uid_;               // of the attempt
  std::size_t model_ = 0; // that the parts are made for
  io::Http::Transfer* transfer_ = nullptr;
  std::optional<io::Loop::Timer> timer_;
  bool paused_ = false, finished_ = false;
};

} // namespace wayfare
