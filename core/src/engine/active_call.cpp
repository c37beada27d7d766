#include "engine/active_call.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/hide_keys.hpp"
#include "os/clock.hpp"

namespace wayfare {

ActiveCall::ActiveCall(EngineState& engine, std::int64_t id, std::shared_ptr<Mailbox> box,
                       call::Plan plan, Parts parts)
    : engine_(engine),
      id_(id),
      box_(std::move(box)),
      call_(std::make_unique<call::Call>(std::move(plan))),
      actions_(engine.actions),
      parts_(std::move(parts)),
      uid_(parts_.reservation->uid),
      server_(call_->choice().server),
      model_(call_->choice().model),
      caps_(call_->choice().caps),
      usage_unasked_(call_->choice().usage_unasked),
      run_(parts_.reservation->charge_to.run),
      watched_(engine.watchers.any() ? parts_.reservation : nullptr) {}

ActiveCall::~ActiveCall() {
  if (place_ != 0) engine_.ledger->waiting()->leave(place_);
  if (timer_) engine_.loop->drop(*timer_);
  if (transfer_) engine_.http.stop(transfer_);
  if (!given_on_) box_->close();
  // To free a large answer takes long, too.
  if (was_aside_ && call_)
    engine_.aside(0).run(
        [gone = std::make_shared<std::unique_ptr<call::Call>>(std::move(call_))] {});
}

// ---- Actions.

void ActiveCall::perform() {
  hide_keys(engine_.settings.keys, actions_);
  hide_quotations(engine_.settings.keys, at().key, *parts_.body.text, actions_);
  carry_out();
}

// Takes each action out before it is carried out, because carrying it out may add actions.
void ActiveCall::carry_out() {
  if (std::exchange(actions_.stop, false) && transfer_)
    engine_.http.stop(std::exchange(transfer_, nullptr));
  if (const auto budget = std::exchange(actions_.queue, std::nullopt)) queue_for(*budget);
  if (const auto asked = std::exchange(actions_.reserve, std::nullopt)) reserve(*asked);
  if (std::exchange(actions_.send, false)) send();
  if (actions_.note) {
    note_ = *std::exchange(actions_.note, std::nullopt);
    engine_.noting.push_back(id_);
  }
  if (actions_.book) book(*std::exchange(actions_.book, std::nullopt));
  for (Notice& notice : std::exchange(actions_.notices, {})) tell(std::move(notice));
  if (box_->place(actions_.events)) engine_.listed = box_;
  if (const auto at = std::exchange(actions_.wake_at, std::nullopt)) wake_at(*at);
  finish_if_over();
}

// ---- The ledger.

void ActiveCall::queue_for(const std::string& budget) {
  ledger::Waiting& waiting = *engine_.ledger->waiting();
  if (budget.empty()) {
    if (place_ != 0) waiting.leave(std::exchange(place_, 0));
    return;
  }
  place_ = waiting.join(place_, budget, [loop = engine_.loop, &engine = engine_, id = id_] {
    loop->post([&engine, id] { engine.with(id, [](ActiveCall& call) { call.turn(); }); });
  });
}

void ActiveCall::reserve(const call::Actions::Reserve& asked) {
  uid_ = asked.uid;
  const call::Choice& choice = call_->choice();
  if (server_ != choice.server || model_ != choice.model || caps_ != choice.caps ||
      usage_unasked_ != choice.usage_unasked) {
    server_ = choice.server;
    is_body_old_ = true;
    model_ = choice.model;
    caps_ = choice.caps;
    usage_unasked_ = choice.usage_unasked;
  }
  auto reservation = std::make_shared<Reservation>(*parts_.reservation);
  reservation->uid = asked.uid;
  reservation->origin = at().origin;
  reservation->model = choice.model;
  reservation->other_names = choice.other_names;
  reservation->names_no_model = choice.names_no_model;
  reservation->names_sought = choice.names_sought;
  reservation->bound_sought = choice.bound_sought;
  reservation->bound = choice.bound;
  reservation->unbounded = choice.unbounded;
  reservation->longest_answer = choice.caps.completion_tokens;
  reservation->degrade_at =
      call_->may_begin_anew() ? at().planner->degrade_at() : std::nullopt; // nothing was sent
  reservation->tokens = at().planner->tokens_of(choice);
  reservation->skip_cooling = asked.skip_cooling;
  may_leave_out_ = choice.may_leave_out;
  reservation->avoids_providers =
      may_leave_out_ && at().planner->route().cooldown != OnCooldown::ignore;
  reservation->left_out = choice.ignored;
  reservation->left_out.insert(reservation->left_out.end(), choice.cooling.begin(),
                               choice.cooling.end());
  if (parts_.waits)
    reservation->has_turn = [waiting = engine_.ledger->waiting(),
                             place = place_](const std::string& budget) {
      return waiting->has_turn(budget, place);
    };
  parts_.reservation = reservation;
  engine_.ledger->reserve(
      std::move(reservation),
      engine_.answer_to<Verdict>(
          id_, [](ActiveCall& call, const Verdict& verdict) { call.judged(verdict); }),
      ledger::Ledger::Wake::later);
}

void ActiveCall::judged(const Verdict& verdict) {
  if (verdict.agent_changed && call_->may_begin_anew() && parts_.again) return begin_anew();
  if (verdict.agent_changed)
    call_->refused(now(),
                   Error{.code = Code::conflict,
                         .message = "the agent was changed while the call tried again",
                         .advice = "make the call again: it then takes the new profile",
                         .retryable = true},
                   actions_);
  else if (verdict.plan_again)
    plan_again(verdict.plan_again);
  else if (!verdict.near_end.empty())
    step_down(verdict.near_end);
  else if (verdict.refused && verdict.refused->code == Code::over_rate)
    call_->over_rate(now(), *verdict.refused, verdict.room_after_us, actions_);
  else if (verdict.cooling)
    call_->cooling(now(), *verdict.cooling, actions_);
  else if (!verdict.avoid.empty())
    call_->leave_out(now(), verdict.avoid, *at().planner, actions_);
  else if (verdict.refused)
    call_->refused(now(), *verdict.refused, actions_, verdict.waits_for);
  else
    call_->reserved(now(), verdict.hard, actions_, verdict.warnings);
  perform();
}

// Calls `then` with the models lists of the servers that the call has left, by their order in the
// call.
void ActiveCall::with_lists(Lists lists,
                            const std::function<void(ActiveCall&, const Lists&)>& then) {
  const auto wanted = [&](const call::Choice& one) { return !lists[one.server]; };
  lists.resize(parts_.servers.size());
  const auto left = call_->choices_left();
  const auto next = std::ranges::find_if(left, wanted);
  if (next == left.end()) return then(*this, lists);
  const std::size_t server = next->server;
  if (auto own = parts_.servers[server].planner->own_list()) {
    lists[server] = {std::make_shared<const select::Catalogue>(std::move(*own)), {}};
    return with_lists(std::move(lists), then);
  }
  (*engine_.lists)[parts_.servers[server].number].models->ask(
      engine_.answer_to<ModelSource::Snapshot>(
          id_, [lists, server, then](ActiveCall& call, const ModelSource::Snapshot& known) {
            if (call.call_->over()) return;
            Lists more = lists;
            more[server] = known;
            call.with_lists(std::move(more), then);
          }));
}

void ActiveCall::plan_again(const std::shared_ptr<const LedgerView>& view) {
  if (!call_->plan_again(now(), actions_)) return;
  with_lists({},
             [view](ActiveCall& call, const Lists& lists) { call.planned_again(lists, *view); });
}

void ActiveCall::planned_again(const Lists& lists, const LedgerView& view) {
  auto choices = call_->choices_left();
  for (call::Choice& choice : choices) {
    const At& there = parts_.servers[choice.server];
    const std::size_t server = choice.server;
    const auto& known = *lists[server];
    choice =
        there.planner->plan_again(choice, {view, parts_.reservation->charge_to, there.origin->key},
                                  {*known.list, known.state, select::moment_at(os::wall_us())});
    choice.server = server;
  }
  call_->planned(now(), std::move(choices), actions_);
  perform();
}

void ActiveCall::step_down(const std::string& near_end) {
  if (!call_->plan_again(now(), actions_)) return;
  with_lists({}, [near_end, view = engine_.ledger->view()](ActiveCall& call, const Lists& lists) {
    call.stepped_down(lists, near_end, *view);
  });
}

// The models of the current server step down. Those of the servers after it stay.
void ActiveCall::stepped_down(const Lists& lists, const std::string& near_end,
                              const LedgerView& view) {
  auto here = call_->choices_left();
  const auto [from, to] = std::ranges::stable_partition(
      here, [&](const call::Choice& one) { return one.server == server_; });
  std::vector<call::Choice> after(from, to);
  here.erase(from, to);
  const auto& known = *lists[server_];
  auto planned = at().planner->step_down(
      near_end, {view, parts_.reservation->charge_to, at().origin->key},
      {*known.list, known.state, select::moment_at(os::wall_us())}, std::move(here));
  if (planned.decision) {
    auto again = std::make_shared<Reservation>(*parts_.reservation);
    again->decision = std::move(planned.decision);
    parts_.reservation = std::move(again);
  }
  for (call::Choice& one : planned.choices) one.server = server_;
  std::ranges::move(after, std::back_inserter(planned.choices));
  call_->planned(now(), std::move(planned.choices), actions_, std::move(planned.selection));
  perform();
}

// Nothing was sent, and no event was given: the same mailbox goes to a new call.
void ActiveCall::begin_anew() {
  given_on_ = finished_ = true;
  engine_.finished.push_back(id_);
  const std::size_t size = parts_.body.text->size();
  const auto begin = [again = std::move(parts_.again), body = parts_.body] {
    again(body.source());
  };
  if (size > EngineState::at_once_max)
    engine_.aside(size).run(begin);
  else
    begin();
}

void ActiveCall::tell(Notice notice) {
  if (!engine_.watchers.any()) return;
  notice.base_url = at().origin->server;
  if (watched_) notice.charge_to = watched_->charge_to;
  engine_.watchers.tell(std::move(notice));
}

// ---- The network and the clock.

void ActiveCall::send() {
  const std::size_t size = parts_.body.text->size();
  if (!std::exchange(is_body_old_, false)) return send_body();
  const auto make = [planner = at().planner, choice = call_->choice(), before = parts_.body] {
    return planner->body_of(choice, before.source());
  };
  if (size <= EngineState::at_once_max) {
    parts_.body = make();
    return send_body();
  }
  engine_.aside(size).run([make, answer = engine_.answer_to<wire::Body>(
                                     id_, [uid = uid_](ActiveCall& call, const wire::Body& made) {
                                       call.parts_.body = made;
                                       // else the attempt has ended meanwhile
                                       if (call.uid_ == uid && call.call_->is_sending())
                                         call.send_body();
                                     })] { answer(make()); });
}

void ActiveCall::send_body() {
  paused_ = held_up_ = false;
  transfer_ = engine_.http.start({at().target, parts_.body.text}, *this);
  if (transfer_) return;
  call_->ended(now(), {TransferEnd::How::connect, "memory or file descriptors are short"},
               actions_);
  perform();
}

// Sets one timer for at most 10 s. An early timer is harmless: the state machine then asks for the
// next one. This saves moving the timer for each event of a call.
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
    timer();
  });
}

void ActiveCall::finish_if_over() {
  if (!call_ || !call_->over() || transfer_ || std::exchange(finished_, true)) return;
  engine_.finished.push_back(id_);
}

} // namespace wayfare
