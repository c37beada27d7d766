#include "client/chat.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/json_text.hpp"
#include "client/chat_plans.hpp"
#include "client/client_impl.hpp"
#include "os/clock.hpp"
#include "select/model_filter.hpp"
#include "wire/defaults.hpp"

namespace wayfare {

namespace {

constexpr int anew_max = 16; // how often a call begins anew

// Takes into the request what it leaves out.
std::optional<Error> complete(const Settings& settings, Request& request,
                              const wire::AgentProfile* profile) {
  if (profile)
    if (auto refused = wire::charge_agent(request.charge_to, profile->agent)) return refused;
  return wire::take_defaults(request, settings.options.defaults,
                             profile ? &profile->defaults : nullptr);
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

} // namespace

// Adds one server to a call. Takes the body out of its request, unless it gives an error.
static std::optional<Error> prepare_at(const Settings& settings, std::size_t number,
                                       std::optional<bool> stream,
                                       const wire::AgentProfile* profile, Outgoing& call) {
  const Server& server = settings.servers[number];
  const auto key = settings.key_for(server, call.request.route);
  auto prepared = call.endpoint->prepare(std::move(call.request), stream, server, profile);
  if (!prepared) return prepared.error();
  call.source = std::move(prepared->source);
  if (!key) {
    call.request.body = std::move(call.source);
    return key.error();
  }
  call.servers.push_back(
      {.number = number,
       .planner = std::make_shared<call::Planner>(std::move(*prepared), call.request.route, server),
       .key = *key});
  return std::nullopt;
}

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
  const auto numbers = settings.servers_of(call->request.route);
  if (!numbers) return refuse(numbers.error());
  for (const std::size_t number : *numbers) {
    if (auto refused = prepare_at(settings, number, stream, profile, *call))
      return refuse(std::move(*refused));
    if (call->servers.size() < numbers->size()) call->request.body = std::move(call->source);
  }
  return call;
}

namespace {

void add_session(Outgoing& call, std::string_view ledger) {
  for (OutgoingAt& at : call.servers)
    if (at.planner->wants_session()) at.planner->add_session(ledger);
}

} // namespace

void launch(const ChatParts& parts, const CallRegistry::Opened& opened,
            const std::shared_ptr<Outgoing>& call) {
  const auto ledger = parts.ledger.lock();
  if (!ledger) return finish(*opened.box, closed());
  const auto view = ledger->view();
  const bool wants_session = std::ranges::any_of(
      call->servers, [](const OutgoingAt& at) { return at.planner->wants_session(); });
  if (!wants_session) return plan_call(parts, opened, call, view);
  if (!view->id.empty()) {
    add_session(*call, view->id);
    return plan_call(parts, opened, call, view);
  }
  const std::int64_t due_us = due_us_of(*parts.settings, call->first().route(), call->since_us);
  parts.calls->await(opened.id);
  ledger->ask_id([parts, opened, call, view](const Result<std::string>& id) {
    if (!parts.calls->arrived(opened.id)) return;
    if (!id) return finish(*opened.box, id.error());
    if (!id->empty()) add_session(*call, *id);
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
  const auto lists = parts_.lists.lock();
  if (lists && parts_.settings->server().keeps_max_price && !lists->front().models->known())
    lists->front().models->ask([](const ModelSource::Snapshot&) {});
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
  const auto lists = parts_.lists.lock();
  const Server& server = (*call)->first().server();
  if (lists && server.keeps_max_price && !server.renames())
    (*call)->warnings = warnings_of((*call)->first().route(), *profile,
                                    *(*lists)[(*call)->servers.front().number].models);
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
  return {
      settings, calls_, profiles_, assembly.engine(), assembly.weak_ledger(), assembly.weak_lists(),
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
    const auto numbers = known.servers_of(call->request.route);
    if (!numbers) return finish(*opened.box, numbers.error());
    const std::size_t number = numbers->front();
    const Server& server = known.servers[number];
    auto prepared = call->endpoint->prepare(std::move(call->request), false, server, profile);
    if (!prepared) return finish(*opened.box, prepared.error());
    const auto key = known.key_for(server, call->request.route);
    call->servers.push_back({.number = number,
                             .planner = std::make_shared<call::Planner>(
                                 std::move(*prepared), call->request.route, server),
                             .key = key ? *key : nullptr});
    const auto ledger = parts.ledger.lock();
    if (!ledger) return finish(*opened.box, closed());
    parts.calls->await(opened.id);
    const auto view = ledger->view();
    gather_market(parts, call, 0, view,
                  [calls = parts.calls, opened, call, view](const call::Market* market) {
                    if (!calls->arrived(opened.id)) return;
                    if (!market) return finish(*opened.box, closed());
                    finish(*opened.box,
                           OperationResult(call->first().selection(
                               terms_of(*call, call->servers.front(), *view), *market)));
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
