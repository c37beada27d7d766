#include "client/chat.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/json_text.hpp"
#include "client/client_impl.hpp"
#include "os/clock.hpp"
#include "select/model_filter.hpp"
#include "wire/defaults.hpp"

namespace wayfare {

namespace {

constexpr int anew_max = 16; // how often a call begins anew

call::Terms terms_of(const Outgoing& call, const LedgerView& view) {
  return {view, call.request.charge_to,
          call.key ? std::string_view(call.key->fingerprint) : std::string_view()};
}

call::Market market_of(const ModelSource::Snapshot& known) {
  return {*known.list, known.state, select::moment_at(os::wall_us())};
}

// Takes into the request what it leaves out.
std::optional<Error> complete(const Settings& settings, Request& request,
                              const wire::AgentProfile* profile) {
  if (profile)
    if (auto refused = wire::charge_agent(request.charge_to, profile->agent)) return refused;
  return wire::take_defaults(request, settings.options.defaults,
                             profile ? &profile->defaults : nullptr);
}

std::int64_t due_us_of(const Settings& settings, const Route& route, std::int64_t since_us) {
  const std::chrono::microseconds deadline = route.deadline.value_or(settings.options.deadline);
  return since_us + deadline.count();
}

// Warns of the models that the call has from its agent, if the models list is known.
std::vector<std::string> warnings_of(const Route& route, const wire::AgentProfile& profile,
                                     const ModelSource& source) {
  const Defaults& defaults = profile.defaults;
  const auto known = source.known();
  std::vector<std::string> models = route.models;
  if (!route.model.empty()) models.push_back(route.model);
  std::erase_if(models, [&](const std::string& one) {
    return one != defaults.model && one != defaults.route.model &&
           std::ranges::find(defaults.route.models, one) == defaults.route.models.end();
  });
  if (!known || models.empty()) return {};
  return select::warnings_of_models(*known->list, models, json::quoted(profile.agent),
                                    select::moment_at(os::wall_us()).today);
}

Error closed() { return error_of(Code::closed); }

} // namespace

Result<std::shared_ptr<Outgoing>> prepare_chat(const Settings& settings, Request& request,
                                               std::optional<bool> stream,
                                               const wire::AgentProfile* profile) {
  const auto call = std::make_shared<Outgoing>();
  call->request = std::move(request);
  call->since_us = os::monotonic_us();
  if (profile) call->agent_version = profile->version;
  const auto refuse = [&](Error error) {
    request = std::move(call->request);
    return error;
  };
  if (auto refused = complete(settings, call->request, profile)) return refuse(*refused);
  if (auto refused =
          wire::missing_part(call->request.charge_to, settings.options.require_charge_to))
    return refuse(*refused);
  const Route& route = call->request.route;
  const auto key = settings.keys.choose(route.key, settings.server.keys);
  auto prepared =
      call->endpoint->prepare(std::move(call->request), stream, settings.server, profile);
  if (!prepared) return refuse(prepared.error());
  call->planner = std::make_shared<call::Planner>(std::move(*prepared), route, settings.server);
  if (!key) {
    call->request.body = call->planner->take_source();
    return refuse(key.error());
  }
  call->key = *key;
  return call;
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
                             const std::shared_ptr<const LedgerView>& view,
                             const ModelSource::Snapshot& known, const ThenPlan& then) {
  const call::Market market = market_of(known);
  const auto wanted = call->planner->wanted_endpoints(terms_of(*call, *view), market);
  const auto endpoints = parts.endpoints.lock();
  if (wanted.models.empty() || !endpoints) return then(&market);
  endpoints->ask(wanted.models, wanted.zdr, [call, known, then](const select::EndpointBook& book) {
    call->planner->know(book);
    const call::Market again = market_of(known);
    then(&again);
  });
}

void gather_market(const ChatParts& parts, const std::shared_ptr<Outgoing>& call,
                   const std::shared_ptr<const LedgerView>& view, const ThenPlan& then) {
  const auto models = parts.models.lock();
  if (!models) return then(nullptr);
  if (const auto engine = parts.engine.lock())
    call->planner->know(engine->warm_caches().find(call->request.charge_to.run, os::monotonic_us()),
                        os::wall_us() / 1'000'000);
  models->ask([parts, call, view, then](const ModelSource::Snapshot& known) {
    if (known.state.source != CatalogueSource::built_in) call->catalogue = known.list;
    const auto ledger = parts.ledger.lock();
    if (!call->planner->wants_performance() || !ledger)
      return gather_endpoints(parts, call, view, known, then);
    parts.speeds->ask(*ledger, os::monotonic_us(),
                      [parts, call, view, known, then](const SeenSpeeds::Rows& seen) {
                        if (seen) call->planner->know(*seen); // else by what the server tells
                        gather_endpoints(parts, call, view, known, then);
                      });
  });
}

namespace {

// Plans a call, now that all of its body is known.
void plan_call(const ChatParts& parts, const CallRegistry::Opened& opened,
               const std::shared_ptr<Outgoing>& call,
               const std::shared_ptr<const LedgerView>& view) {
  const auto models = parts.models.lock();
  if (!models) return finish(*opened.box, closed());
  if (const auto known = models->known()) call->catalogue = known->list;
  const auto plan = [engine = parts.engine, opened, call, view](const call::Market* market) {
    auto planned = call->planner->plan(terms_of(*call, *view), market);
    if (!planned && call->is_profile_old) return call->again(call->planner->take_source());
    if (!planned) return finish(*opened.box, planned.error());
    call->planned = std::move(*planned);
    if (const auto running = engine.lock())
      running->start(opened.id, opened.box, std::move(*call));
    else
      finish(*opened.box, closed());
  };
  if (!call->planner->needs_market(terms_of(*call, *view))) return plan(nullptr);
  const std::int64_t due_us = due_us_of(*parts.settings, call->planner->route(), call->since_us);
  parts.calls->await(opened.id);
  gather_market(parts, call, view, [calls = parts.calls, opened, plan](const call::Market* market) {
    if (!calls->arrived(opened.id)) return;
    if (!market) return finish(*opened.box, closed());
    plan(market);
  });
  watch_deadline(parts, opened, due_us, "the models list");
}

} // namespace

void launch(const ChatParts& parts, const CallRegistry::Opened& opened,
            const std::shared_ptr<Outgoing>& call) {
  const auto ledger = parts.ledger.lock();
  if (!ledger) return finish(*opened.box, closed());
  const auto view = ledger->view();
  if (!call->planner->wants_session()) return plan_call(parts, opened, call, view);
  if (!view->id.empty()) {
    call->planner->add_session(view->id);
    return plan_call(parts, opened, call, view);
  }
  const std::int64_t due_us = due_us_of(*parts.settings, call->planner->route(), call->since_us);
  parts.calls->await(opened.id);
  ledger->ask_id([parts, opened, call, view](const Result<std::string>& id) {
    if (!parts.calls->arrived(opened.id)) return;
    if (!id) return finish(*opened.box, id.error());
    if (!id->empty()) call->planner->add_session(*id);
    plan_call(parts, opened, call, view);
  });
  watch_deadline(parts, opened, due_us, "the ledger");
}

// ---- A chat that names an agent.

AgentChat::AgentChat(ChatParts parts, CallRegistry::Opened opened, Request request,
                     std::optional<bool> stream)
    : parts_(std::move(parts)),
      opened_(std::move(opened)),
      request_(std::move(request)),
      stream_(stream),
      since_us_(os::monotonic_us()) {}

void AgentChat::start() {
  // The list tells whether the agent's model is still there. No call waits for it.
  if (const auto models = parts_.models.lock();
      models && parts_.settings->server.keeps_max_price && !models->known())
    models->ask([](const ModelSource::Snapshot&) {});
  begin(std::make_shared<std::string>(std::exchange(request_.body, {})));
}

void AgentChat::begin(const std::shared_ptr<std::string>& body) {
  if (const auto profile = parts_.profiles->find(request_.agent))
    return begin_with(profile, Age::read_before, body);
  ask(body);
}

void AgentChat::ask(const std::shared_ptr<std::string>& body) {
  const auto ledger = parts_.ledger.lock();
  if (!ledger) return finish(*opened_.box, closed());
  parts_.calls->await(opened_.id);
  if (opened_.box->is_cancelled()) {
    if (parts_.calls->arrived(opened_.id)) finish(*opened_.box, error_of(Code::cancelled));
    return;
  }
  parts_.profiles->ask(*ledger, request_.agent,
                       [self = shared_from_this(), body](Result<AgentProfiles::Profile> profile) {
                         if (!self->parts_.calls->arrived(self->opened_.id)) return;
                         if (!profile) return finish(*self->opened_.box, profile.error());
                         self->begin_with(*profile, Age::read_now, body);
                       });
  watch_deadline(parts_, opened_, due_us_of(*parts_.settings, request_.route, since_us_),
                 "the agent's profile");
}

void AgentChat::begin_with(const AgentProfiles::Profile& profile, Age age,
                           const std::shared_ptr<std::string>& body) {
  Request request = request_;
  request.body = std::move(*body);
  auto call = prepare_chat(*parts_.settings, request, stream_, profile.get());
  if (!call && age == Age::read_before) return again(std::move(request.body));
  if (!call) return finish(*opened_.box, call.error());
  (*call)->since_us = since_us_;
  const auto models = parts_.models.lock();
  if (models && parts_.settings->server.keeps_max_price)
    (*call)->warnings = warnings_of((*call)->planner->route(), *profile, *models);
  (*call)->is_profile_old = age == Age::read_before;
  (*call)->again = [self = shared_from_this()](std::string same) { self->again(std::move(same)); };
  launch(parts_, opened_, *call);
}

void AgentChat::again(std::string body) {
  parts_.profiles->forget(request_.agent);
  if (++begun_anew_ > anew_max)
    return finish(*opened_.box,
                  Error{.code = Code::conflict,
                        .message = "the agent " + json::quoted(request_.agent) +
                                   " changes faster than a call can begin; nothing was sent",
                        .advice = "try again",
                        .retryable = true});
  ask(std::make_shared<std::string>(std::move(body)));
}

// ---- The client.

ChatParts Client::Impl::chat_parts() {
  return {settings,
          calls_,
          profiles_,
          assembly.engine(),
          assembly.weak_ledger(),
          assembly.weak_models(),
          assembly.weak_endpoints(),
          speeds_};
}

void Client::Impl::begin(const Opened& opened, Chat&& chat) {
  if (!chat.request.agent.empty()) {
    if (auto failed = start_engine()) return finish(*opened.box, std::move(*failed));
    return std::make_shared<AgentChat>(chat_parts(), opened, std::move(chat.request), chat.stream)
        ->start();
  }
  // Prepared on the caller's thread: reading a large body must not delay other calls.
  const auto call = prepare_chat(*settings, chat.request, chat.stream, nullptr);
  if (!call) return finish(*opened.box, call.error());
  if (auto failed = start_engine()) return finish(*opened.box, std::move(*failed));
  launch(chat_parts(), opened, *call);
}

void Client::Impl::begin(const Opened& opened, Select&& select) {
  if (auto failed = start_engine()) return finish(*opened.box, std::move(*failed));
  const auto request = std::make_shared<Request>(std::move(select.request));
  const auto begin = [parts = chat_parts(), opened, request](const wire::AgentProfile* profile) {
    const Settings& known = *parts.settings;
    const auto call = std::make_shared<Outgoing>();
    call->request = std::move(*request);
    if (auto refused = complete(known, call->request, profile))
      return finish(*opened.box, std::move(*refused));
    auto prepared = call->endpoint->prepare(std::move(call->request), false, known.server, profile);
    if (!prepared) return finish(*opened.box, prepared.error());
    call->planner =
        std::make_shared<call::Planner>(std::move(*prepared), call->request.route, known.server);
    const auto ledger = parts.ledger.lock();
    if (!ledger) return finish(*opened.box, closed());
    parts.calls->await(opened.id);
    const auto view = ledger->view();
    gather_market(
        parts, call, view, [calls = parts.calls, opened, call, view](const call::Market* market) {
          if (!calls->arrived(opened.id)) return;
          if (!market) return finish(*opened.box, closed());
          finish(*opened.box,
                 OperationResult(call->planner->selection(terms_of(*call, *view), *market)));
        });
  };
  if (request->agent.empty()) return begin(nullptr);
  calls_->await(opened.id); // always the newest profile, since no reservation compares it
  profiles_->ask(assembly.ledger(), request->agent,
                 [calls = calls_, opened, begin](Result<AgentProfiles::Profile> profile) {
                   if (!calls->arrived(opened.id)) return;
                   if (!profile) return finish(*opened.box, profile.error());
                   begin(profile->get());
                 });
}

} // namespace wayfare
