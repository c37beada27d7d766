// How the end of an attempt is booked, and what it tells about providers.
#include <utility>

#include "call/blamed_providers.hpp"
#include "engine/active_call.hpp"
#include "os/clock.hpp"

namespace wayfare {

// The view of the ledger has the cool-downs that the end of this attempt began.
void ActiveCall::tell_of_cooldown(const Notice& ended) {
  if (ended.error == Code::ok) return;
  for (const LedgerView::Cooldown& one : engine_.ledger->view()->cooldowns)
    if (one.entry == ended.entry)
      tell({.type = NoticeType::cooldown,
            .entry = ended.entry,
            .request_id = ended.request_id,
            .model = one.model,
            .provider = one.slug.empty() ? ended.provider : one.provider,
            .error = ended.error,
            .status = ended.status,
            .until = Time(std::chrono::microseconds(one.until_us)),
            .slug = one.slug});
}

// By the lists that are in memory.
std::string ActiveCall::quantization_of(const Billing& billing) const {
  const std::string& model = billing.model.empty() ? model_ : billing.model;
  if (!engine_.settings.servers[at().number].keeps_max_price || billing.provider.empty() ||
      model.empty())
    return {};
  const ServerLists& lists = (*engine_.lists)[at().number];
  const auto models = lists.models->known();
  const Model* const listed = models ? models->list->find(model) : nullptr;
  auto known = lists.endpoints->known(listed ? listed->id : health_name(model));
  if (!known && billing.served_otherwise == false) // its other name
    known = lists.endpoints->known(health_name(model_));
  return known ? select::quantization_at(*known, billing.provider) : std::string();
}

void ActiveCall::book(Ending ending) {
  note_.clear(); // the end of the attempt contains the generation id
  ending.billing.quantization = quantization_of(ending.billing);
  call_->quantized(ending.billing.quantization);
  if (!engine_.settings.servers[at().number].keeps_sessions)
    engine_.warm_caches.forget(run_);
  else if (ending.state == State::settled && ending.error == Code::ok)
    engine_.warm_caches.take(run_, ending.billing, ending.usage, os::monotonic_us());
  else
    engine_.warm_caches.forget(run_);
  if (engine_.watchers.any())
    ended_ = std::make_unique<Notice>(
        Notice{.entry = uid_.text(),
               .request_id = call_->request_id(),
               .model = ending.billing.model.empty() ? model_ : ending.billing.model,
               .provider = ending.billing.provider,
               .state = ending.state,
               .error = ending.error,
               .status = ending.status,
               .cost = ending.billing.cost,
               .prompt_tokens = ending.usage.prompt_tokens,
               .completion_tokens = ending.usage.completion_tokens,
               .total_us = ending.total_us});
  const auto answer = [loop = engine_.loop, &engine = engine_, id = id_] {
    loop->post([&engine, id] { engine.with(id, [](ActiveCall& call) { call.booked(); }); });
  };
  const bool names_provider =
      may_leave_out_ && ending.outcome.told == Told::fails && !ending.outcome.provider.empty();
  if (!names_provider)
    return engine_.ledger->book(uid_, std::move(ending), answer, ledger::Ledger::Wake::later);
  // The answer names the provider that failed: its slug is needed, if a list has it.
  (*engine_.lists)[at().number].endpoints->recall(
      health_name(model_), [ledger = engine_.ledger, uid = uid_, ending = std::move(ending),
                            answer](const EndpointSource::List::Snapshot& known) {
        Ending blaming = ending;
        call::blame_providers(blaming.outcome, *known.list);
        ledger->book(uid, std::move(blaming), answer);
      });
}

} // namespace wayfare
