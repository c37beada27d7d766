#include "engine/active_call.hpp"

#include <algorithm>
#include <utility>

#include "call/planning.hpp"
#include "os/clock.hpp"
#include "wire/redact_prompt.hpp"

namespace wayfare {

namespace {

call::Micros now() { return os::monotonic_us(); }

std::string charge_of(const Reservation& r) {
  std::string all;
  const auto add = [&](const std::string& one) { all.append(one).push_back('\0'); };
  for (const std::string* one : {&r.charge_to.app, &r.charge_to.agent, &r.charge_to.user,
                                 &r.charge_to.run, &r.model, &r.origin->key})
    add(*one);
  for (const std::string& tag : r.charge_to.tags) add(tag);
  return all;
}

} // namespace

ActiveCall::ActiveCall(EngineState& engine, std::int64_t id, std::shared_ptr<Mailbox> box,
                       call::Plan plan, Parts parts)
    : engine_(engine),
      id_(id),
      box_(std::move(box)),
      call_(std::move(plan)),
      actions_(engine.actions),
      parts_(std::move(parts)),
      uid_(parts_.reservation->uid) {}

ActiveCall::~ActiveCall() {
  if (timer_) engine_.loop->drop(*timer_);
  if (transfer_) engine_.http.stop(transfer_);
  box_->close();
}

// ---- Inputs: each is given to the state machine, and what that asks for is done at once.

void ActiveCall::start() {
  call_.start(now(), actions_);
  perform();
}
void ActiveCall::cancel() {
  call_.cancel(now(), actions_);
  perform();
}
void ActiveCall::booked() {
  call_.booked(now(), actions_);
  perform();
}
void ActiveCall::resume() {
  if (!std::exchange(paused_, false) || !transfer_) return;
  call_.resumed(now(), actions_);
  perform();
  engine_.http.resume(transfer_);
}
void ActiveCall::on_given() {
  call_.given(now(), actions_);
  perform();
}
void ActiveCall::on_head(ResponseHead head) {
  call_.head(now(), std::move(head), actions_);
  perform();
}
io::Http::Flow ActiveCall::on_bytes(std::string_view bytes) {
  if (!box_->has_room()) {
    paused_ = true;
    call_.paused();
    return io::Http::Flow::pause;
  }
  call_.bytes(now(), bytes, actions_);
  const bool stop = std::exchange(actions_.stop, false); // not from inside the network
  perform();
  if (parts_.reservation && !call_.may_send_again())
    parts_.reservation.reset(), parts_.prepared.reset();
  return stop ? io::Http::Flow::stop : io::Http::Flow::on;
}
void ActiveCall::on_end(const TransferEnd& end) {
  transfer_ = nullptr;
  call_.ended(now(), end, actions_);
  perform();
  finish_if_over();
}
void ActiveCall::note() {
  if (!note_.empty())
    engine_.ledger->note(uid_, std::exchange(note_, {}), ledger::Ledger::Wake::later);
}

// Each thing is taken before it is done: what is done may ask for more.
void ActiveCall::perform() {
  if (std::exchange(actions_.stop, false) && transfer_)
    engine_.http.stop(std::exchange(transfer_, nullptr));
  if (const auto asked = std::exchange(actions_.reserve, std::nullopt)) reserve(*asked);
  if (std::exchange(actions_.send, false)) send();
  if (actions_.note) {
    note_ = *std::exchange(actions_.note, std::nullopt);
    engine_.noting.push_back(id_);
  }
  if (actions_.book) book(*std::exchange(actions_.book, std::nullopt));
  for (Event& event : actions_.events)
    if (event.type == EventType::error) event.error = cleaned(*event.error);
  if (box_->place(actions_.events)) engine_.listed = box_;
  if (const auto at = std::exchange(actions_.wake_at, std::nullopt)) wake_at(*at);
  finish_if_over();
}

// ---- The ledger.

void ActiveCall::reserve(const call::Actions::Reserve& asked) {
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

void ActiveCall::ask() {
  if (parts_.reservation->unjudged && guesses_guarded()) return find_bound();
  ask_ledger();
}

void ActiveCall::ask_ledger() {
  engine_.ledger->reserve(
      parts_.reservation,
      engine_.answer_to<Verdict>(
          id_, [](ActiveCall& call, const Verdict& verdict) { call.judged(verdict); }),
      ledger::Ledger::Wake::later);
}

void ActiveCall::judged(const Verdict& verdict) {
  const bool asks =
      verdict.refused && verdict.refused->code == Code::no_bound && parts_.reservation->unjudged;
  if (asks || !verdict.refused) was_guarded(asks || verdict.hard);
  if (asks) return find_bound();
  if (verdict.refused)
    call_.refused(now(), *verdict.refused, actions_);
  else
    call_.reserved(now(), verdict.hard, actions_, verdict.warnings);
  perform();
}

bool ActiveCall::guesses_guarded() const {
  return !engine_.guarded.empty() && engine_.guarded.contains(charge_of(*parts_.reservation));
}

void ActiveCall::was_guarded(bool hard) {
  constexpr std::size_t most = 10'000;
  if (!hard && engine_.guarded.empty()) return;
  if (engine_.guarded.size() >= most) engine_.guarded.clear();
  if (hard)
    engine_.guarded.insert(charge_of(*parts_.reservation));
  else
    engine_.guarded.erase(charge_of(*parts_.reservation));
}

// A hard budget wants to know what the attempt can cost at most; other calls need no catalogue for
// that.
void ActiveCall::find_bound() {
  engine_.models->ask(engine_.answer_to<ModelSource::Snapshot>(
      id_,
      [](ActiveCall& call, const ModelSource::Snapshot& known) { call.bound(known.catalogue); }));
}

void ActiveCall::bound(const std::shared_ptr<const select::Catalogue>& catalogue) {
  parts_.bounded = true;
  struct Found {
    std::shared_ptr<Reservation> reservation;
    std::shared_ptr<const std::string> body;
    Bounded found;
  };
  const auto find =
      [catalogue, openrouter = engine_.settings.openrouter,
       found = std::make_shared<Found>(
           Found{std::make_shared<Reservation>(*parts_.reservation), parts_.sending.body, {}})] {
        found->reservation->unjudged = false;
        found->found = bound_by(*catalogue, openrouter, *found->reservation, found->body);
        return found;
      };
  const auto take = [](ActiveCall& call, const std::shared_ptr<Found>& found) {
    call.parts_.reservation = found->reservation;
    call.parts_.sending.body = found->body;
    call.call_.added(found->found.added);
    if (found->found.prices) call.call_.priced(found->found.prices);
    call.ask_ledger();
  };
  constexpr std::size_t large = 128 << 10; // reading it takes as long as serving many other calls
  if (parts_.sending.body->size() < large) return take(*this, find());
  engine_.models->aside(
      [find, answer = engine_.answer_to<std::shared_ptr<Found>>(id_, take)] { answer(find()); });
}

void ActiveCall::book(Ending ending) {
  note_.clear(); // the end tells it
  engine_.ledger->book(
      uid_, std::move(ending),
      [loop = engine_.loop, &engine = engine_, id = id_] {
        loop->post([&engine, id] { engine.with(id, [](ActiveCall& call) { call.booked(); }); });
      },
      ledger::Ledger::Wake::later);
}

// ---- The network and the clock.

void ActiveCall::send() {
  paused_ = false;
  transfer_ = engine_.http.start(parts_.sending, *this);
  if (transfer_) return;
  call_.ended(now(), {TransferEnd::How::connect, "memory or file descriptors are short"}, actions_);
  perform();
}

// It asks again when the timer comes: one that comes early is soon enough for all that a call of a
// few seconds waits for.
void ActiveCall::wake_at(call::Micros at) {
  constexpr call::Micros soon = 10'000'000;
  at = std::min(at, now() + soon);
  if (timer_ && timer_->first <= at) return;
  if (timer_) {
    timer_ = engine_.loop->move(*timer_, at);
    return;
  }
  timer_ = engine_.loop->at(at, [this] {
    timer_.reset();
    call_.timer(now(), actions_);
    perform();
  });
}

void ActiveCall::finish_if_over() {
  if (!call_.over() || transfer_ || std::exchange(finished_, true)) return;
  engine_.finished.push_back(id_);
}

// A server that repeats the key or the prompt in its refusal must not have us repeat it.
std::shared_ptr<const Error> ActiveCall::cleaned(const Error& error) const {
  auto clean = std::make_shared<Error>(error);
  const Keys& keys = engine_.settings.keys;
  for (std::string* text : {&clean->message, &clean->provider}) {
    keys.hide(*text);
    keys.hide_parts(*text);
  }
  if (clean->status != 0) wire::hide_prompt(clean->message, *parts_.sending.body);
  if (clean->code == Code::unauthorized && parts_.key)
    clean->advice += "; the key that was sent is that of " + parts_.key->place;
  const auto in_it = [&](const std::string& text) { return keys.stand_in(text); };
  if (const Reply* came = clean->reply.get();
      came &&
      (in_it(came->raw) || in_it(came->message) || in_it(came->text) || in_it(came->reasoning))) {
    auto reply = std::make_shared<Reply>(*came);
    for (std::string* text : {&reply->raw, &reply->message, &reply->text, &reply->reasoning})
      keys.hide(*text);
    clean->reply = std::move(reply);
  }
  return clean;
}

} // namespace wayfare
