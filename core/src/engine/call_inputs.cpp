// The inputs of a call. Each input goes to the state machine, and the actions that it asks for
// follow at once. An input that may go through many bytes is given aside: on another thread, with
// the state machine, which is not here meanwhile. Inputs that come meanwhile are put off until it
// is back.
#include "engine/active_call.hpp"

#include <utility>

#include "engine/hide_keys.hpp"
#include "os/clock.hpp"

namespace wayfare {

call::Micros ActiveCall::now() { return os::monotonic_us(); }

struct ActiveCall::Away {
  std::unique_ptr<call::Call> call;
  call::Actions actions;
};

template <class Given>
void ActiveCall::take(std::size_t weight, Given input) {
  if (weight > EngineState::at_once_max) return take_aside(weight, std::move(input));
  input(*call_, actions_);
  perform();
}

void ActiveCall::take_aside(std::size_t weight, Input input) {
  was_aside_ = true;
  const auto away = std::make_shared<Away>(Away{std::move(call_), {}});
  engine_.aside(weight).run([away, input = std::move(input), settings = engine_.shared_settings,
                             key = at().key, body = parts_.body.text, scratch = engine_.scratch,
                             loop = engine_.loop, &engine = engine_, id = id_] {
    away->call->use(std::make_shared<json::Document>());
    input(*away->call, away->actions);
    away->call->use(scratch);
    hide_keys(settings->keys, away->actions);
    hide_quotations(settings->keys, key, *body, away->actions);
    loop->post([away, &engine, id] {
      if (const auto known = engine.calls.find(id); known != engine.calls.end())
        known->second->come_back(*away);
    });
  });
}

void ActiveCall::come_back(Away& away) {
  call_ = std::move(away.call);
  actions_ = std::move(away.actions);
  carry_out();
  give_up_request();
  if (held_up_ && transfer_) { // it was not the server who waited
    call_->resumed(now(), actions_);
    perform();
  }
  while (call_ && !put_off_.empty()) {
    const auto next = std::move(put_off_.front());
    put_off_.erase(put_off_.begin());
    next();
  }
  if (call_ && std::exchange(held_up_, false) && transfer_) engine_.http.resume(transfer_);
}

bool EngineState::is_aside(const ActiveCall& call) noexcept { return call.is_aside(); }
void EngineState::put_off(ActiveCall& call, std::function<void()> then) {
  call.put_off(std::move(then));
}

// How many bytes an input may go through, unless it is bytes of an answer. The prompt is sought in
// the words of a refusal.
std::size_t ActiveCall::weight() const {
  return call_->weight() + (call_->has_failed() ? parts_.body.text->size() : 0);
}

void ActiveCall::start() {
  call_->start(now(), actions_);
  if (call_->over() && parts_.is_profile_old) { // refused before a reservation could compare it
    actions_ = {};
    return begin_anew();
  }
  perform();
}
void ActiveCall::cancel() {
  if (is_aside()) return put_off([this] { cancel(); });
  take(weight(),
       [at = now()](call::Call& call, call::Actions& actions) { call.cancel(at, actions); });
}
void ActiveCall::booked() {
  if (const auto ended = std::exchange(ended_, nullptr)) {
    tell(*ended);
    tell_of_cooldown(*ended);
  }
  if (engine_.watchers.any_of_ledger()) engine_.watchers.of_ledger().look();
  take(weight(),
       [at = now()](call::Call& call, call::Actions& actions) { call.booked(at, actions); });
}
void ActiveCall::turn() {
  call_->turn(now(), actions_);
  perform();
}
void ActiveCall::resume() {
  if (!std::exchange(paused_, false) || !transfer_) return;
  call_->resumed(now(), actions_);
  perform();
  engine_.http.resume(transfer_);
}
void ActiveCall::on_given() {
  if (is_aside()) return put_off([this] { on_given(); });
  call_->given(now(), actions_);
  perform();
}
void ActiveCall::on_head(ResponseHead head) {
  if (is_aside()) return put_off([this, head] { on_head(head); });
  call_->head(now(), std::move(head), actions_);
  perform();
}
io::Http::Flow ActiveCall::on_bytes(std::string_view bytes) {
  if (is_aside()) {
    held_up_ = true;
    return io::Http::Flow::pause;
  }
  if (!box_->has_room()) {
    paused_ = true;
    call_->paused();
    return io::Http::Flow::pause;
  }
  if (const std::size_t weight = call_->weight(bytes); weight > EngineState::at_once_max) {
    take_aside(weight,
               [at = now(), kept = std::string(bytes)](call::Call& call, call::Actions& actions) {
                 call.bytes(at, kept, actions);
               });
    return io::Http::Flow::on;
  }
  call_->bytes(now(), bytes, actions_);
  // Stops by the returned Flow: http.stop() may not be called from inside the network.
  const bool stop = std::exchange(actions_.stop, false);
  perform();
  give_up_request();
  return stop ? io::Http::Flow::stop : io::Http::Flow::on;
}
void ActiveCall::on_end(const TransferEnd& end) {
  transfer_ = nullptr;
  ended(end);
}
void ActiveCall::ended(const TransferEnd& end) {
  if (is_aside()) return put_off([this, end] { ended(end); });
  take(weight(), [at = now(), end](call::Call& call, call::Actions& actions) {
    call.ended(at, end, actions);
  });
}
void ActiveCall::timer() {
  if (is_aside()) return put_off([this] { timer(); });
  take(weight(),
       [at = now()](call::Call& call, call::Actions& actions) { call.timer(at, actions); });
}
void ActiveCall::note() {
  if (!note_.empty())
    engine_.ledger->note(uid_, std::exchange(note_, {}), ledger::Ledger::Wake::later);
}

// The request is needed no more if it cannot be sent again.
void ActiveCall::give_up_request() {
  if (!parts_.reservation || !call_ || call_->may_send_again()) return;
  parts_.reservation.reset();
  for (At& one : parts_.servers) one.planner.reset();
}

} // namespace wayfare
