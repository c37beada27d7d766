#include "client/chat_plans.hpp"

#include <utility>

#include "client/client_impl.hpp"
#include "os/clock.hpp"

namespace wayfare {

namespace {

call::Market market_of(const ModelSource::Snapshot& known) {
  return {*known.list, known.state, select::moment_at(os::wall_us())};
}

} // namespace

call::Terms terms_of(const Outgoing& call, const OutgoingAt& at, const LedgerView& view) {
  return {view, call.request.charge_to,
          at.key ? std::string_view(at.key->fingerprint) : std::string_view()};
}

std::int64_t due_us_of(const Settings& settings, const Route& route, std::int64_t since_us) {
  const std::chrono::microseconds deadline = route.deadline.value_or(settings.options.deadline);
  return since_us + deadline.count();
}

void watch_deadline(const ChatParts& parts, const CallRegistry::Opened& opened, std::int64_t due_us,
                    const char* waited_for) {
  const auto engine = parts.engine.lock();
  if (!engine || !parts.calls->is_waiting(opened.id)) return; // it was there, as nearly always
  engine->at(due_us, [calls = parts.calls, opened, waited_for] {
    if (calls->arrived(opened.id))
      finish(*opened.box,
             Error{.code = Code::deadline,
                   .message = std::string("the deadline has passed while the call waited for ") +
                              waited_for + "; nothing was sent",
                   .advice = "raise route.deadline",
                   .retryable = true});
  });
}

// Adds the lists of endpoints that the plan needs.
static void gather_endpoints(const ChatParts& parts, const std::shared_ptr<Outgoing>& call,
                             std::size_t at, const std::shared_ptr<const LedgerView>& view,
                             const ModelSource::Snapshot& known, const ThenPlan& then) {
  const call::Market market = market_of(known);
  OutgoingAt& here = call->servers[at];
  const auto wanted = here.planner->wanted_endpoints(terms_of(*call, here, *view), market);
  const auto lists = parts.lists.lock();
  if (wanted.models.empty() || !lists) return then(&market);
  (*lists)[here.number].endpoints->ask(wanted.models, wanted.zdr,
                                       [call, at, known, then](const select::EndpointBook& book) {
                                         call->servers[at].planner->know(book);
                                         const call::Market again = market_of(known);
                                         then(&again);
                                       });
}

// Adds the models that the key may call before, where the plan needs them. Without them it goes on.
static void gather_callable(const ChatParts& parts, const std::shared_ptr<Outgoing>& call,
                            std::size_t at, const std::shared_ptr<const LedgerView>& view,
                            const ModelSource::Snapshot& known, const ThenPlan& then) {
  const OutgoingAt& here = call->servers[at];
  const auto lists = parts.lists.lock();
  if (!here.planner->wants_callable() || !here.key || !lists)
    return gather_endpoints(parts, call, at, view, known, then);
  const auto fetch = [weak = parts.engine, settings = parts.settings, number = here.number,
                      key = here.key](const ListAnswer& answer, ListLate late) {
    Engine::fetch(weak, settings->servers[number], "/models/user", key, answer, std::move(late));
  };
  (*lists)[here.number].key_models->ask(here.key->fingerprint, fetch,
                                        [=](std::shared_ptr<const select::Catalogue> callable) {
                                          if (callable)
                                            call->servers[at].planner->know(std::move(callable));
                                          gather_endpoints(parts, call, at, view, known, then);
                                        });
}

void gather_market(const ChatParts& parts, const std::shared_ptr<Outgoing>& call, std::size_t at,
                   const std::shared_ptr<const LedgerView>& view, const ThenPlan& then) {
  OutgoingAt& here = call->servers[at];
  if (const auto own = here.planner->own_list()) {
    const CatalogueState state;
    const call::Market market{*own, state, select::moment_at(os::wall_us())};
    return then(&market);
  }
  const auto lists = parts.lists.lock();
  if (!lists) return then(nullptr);
  if (const auto engine = parts.engine.lock())
    here.planner->know(engine->warm_caches().find(call->request.charge_to.run, os::monotonic_us()),
                       os::wall_us() / 1'000'000);
  (*lists)[here.number].models->ask(
      [parts, call, at, view, then](const ModelSource::Snapshot& known) {
        OutgoingAt& there = call->servers[at];
        if (known.state.source != CatalogueSource::built_in) there.catalogue = known.list;
        const auto ledger = parts.ledger.lock();
        if (!there.planner->wants_performance() || !ledger)
          return gather_callable(parts, call, at, view, known, then);
        parts.speeds->ask(*ledger, os::monotonic_us(),
                          [parts, call, at, view, known, then](const SeenSpeeds::Rows& seen) {
                            // Without it, what the server tells counts.
                            if (seen) call->servers[at].planner->know(*seen);
                            gather_callable(parts, call, at, view, known, then);
                          });
      });
}

namespace {

// Plans a call at its servers, one after the other, now that all of its body is known.
class ServerPlans : public std::enable_shared_from_this<ServerPlans> {
 public:
  ServerPlans(ChatParts parts, CallRegistry::Opened opened, std::shared_ptr<Outgoing> call,
              std::shared_ptr<const LedgerView> view)
      : parts_(std::move(parts)),
        opened_(std::move(opened)),
        call_(std::move(call)),
        view_(std::move(view)) {}

  void plan(std::size_t at) {
    if (at == call_->servers.size()) return start();
    OutgoingAt& here = call_->servers[at];
    const auto lists = parts_.lists.lock();
    if (!lists) return finish(*opened_.box, closed());
    if (const auto known = (*lists)[here.number].models->known()) here.catalogue = known->list;
    if (!here.planner->needs_market(terms_of(*call_, here, *view_))) {
      take(at, nullptr);
      return plan(at + 1);
    }
    const std::int64_t due_us = due_us_of(*parts_.settings, here.planner->route(), call_->since_us);
    parts_.calls->await(opened_.id);
    gather_market(parts_, call_, at, view_,
                  [self = shared_from_this(), at](const call::Market* market) {
                    if (!self->parts_.calls->arrived(self->opened_.id)) return;
                    if (!market) return finish(*self->opened_.box, closed());
                    self->take(at, market);
                    self->plan(at + 1);
                  });
    watch_deadline(parts_, opened_, due_us, "the models list");
  }

 private:
  void take(std::size_t at, const call::Market* market) {
    const OutgoingAt& here = call_->servers[at];
    auto planned = here.planner->plan(terms_of(*call_, here, *view_), market);
    if (!planned) {
      const std::string& name = here.planner->server().name;
      call_->warnings.push_back("the server " + name + " is not asked: " + planned.error().message);
      if (!refused_) refused_ = planned.error();
      return;
    }
    call::Planned& all = call_->planned;
    for (call::Choice& choice : planned->choices) {
      choice.server = at;
      all.choices.push_back(std::move(choice));
    }
    if (!all.selection) all.selection = std::move(planned->selection);
    if (!all.decision) all.decision = std::move(planned->decision);
  }

  void start() {
    const bool is_refused = call_->planned.choices.empty();
    if (is_refused && call_->is_profile_old) return call_->again(std::move(call_->source));
    if (is_refused) return finish(*opened_.box, std::move(*refused_));
    if (const auto running = parts_.engine.lock())
      running->start(opened_.id, opened_.box, std::move(*call_));
    else
      finish(*opened_.box, closed());
  }

  const ChatParts parts_;
  const CallRegistry::Opened opened_;
  const std::shared_ptr<Outgoing> call_;
  const std::shared_ptr<const LedgerView> view_;
  std::optional<Error> refused_; // by the first server that cannot serve the call
};

} // namespace

void plan_call(const ChatParts& parts, const CallRegistry::Opened& opened,
               const std::shared_ptr<Outgoing>& call,
               const std::shared_ptr<const LedgerView>& view) {
  std::make_shared<ServerPlans>(parts, opened, call, view)->plan(0);
}

} // namespace wayfare
