// The operations that ask the server about a key and its models.
#include <memory>
#include <string>
#include <utility>

#include "call/network_error.hpp"
#include "client/client_impl.hpp"
#include "os/clock.hpp"
#include "select/default_models.hpp"
#include "select/model_filter.hpp"
#include "wire/defaults.hpp"
#include "wire/key_info.hpp"
#include "wire/refusal.hpp"

namespace wayfare {

namespace {

// The error for an answer that is not good.
Error error_of(const HttpGet::Response& got) {
  if (got.status == 0) {
    Error error = call::network_error(got.end, false);
    if (error.code == Code::connection_lost) error.advice = "try again"; // a GET is not billed
    return error;
  }
  json::Document document;
  return document.parse_repaired(got.body) ? wire::refusal(got.head, document.root())
                                           : wire::refusal(got.head, got.body);
}

Error not_told(std::string what) {
  return Error{.code = Code::malformed,
               .message = "the answer is no " + std::move(what),
               .advice = "check the base URL"};
}

// Asks once more for a list that could not be had, to learn why.
void tell_why_unknown(const ChatParts& parts, const CallRegistry::Opened& opened,
                      const std::string& model) {
  const auto engine = parts.engine.lock();
  const auto tell = [calls = parts.calls, opened](const HttpGet::Response& got) {
    if (!calls->arrived(opened.id)) return;
    finish(*opened.box, got.status == 200 ? not_told("list of endpoints") : error_of(got));
  };
  const std::string path = EndpointSource::path_of(model);
  if (!engine) return tell({});
  const Server& server = parts.settings->server();
  engine->ask(server, path, key_for_lists(*parts.settings, server), tell);
}

} // namespace

void Client::Impl::begin(const Opened& opened, ListDefaultModels&&) {
  if (auto failed = start_engine()) return finish(*opened.box, std::move(*failed));
  wait(opened.id, [box = opened.box](const ModelSource::Snapshot& known) {
    finish(*box, OperationResult(
                     select::default_models(*known.list, select::moment_at(os::wall_us()).today)));
  });
}

void Client::Impl::begin(const Opened& opened, ListEndpoints&& list) {
  if (!settings->server().keeps_max_price)
    return finish(*opened.box,
                  Error{.code = Code::unsupported,
                        .message = "the server of this client does not tell its providers",
                        .advice = "only OpenRouter does: see the option dialect"});
  std::string fault = wire::fault_of_name("model", list.model);
  if (list.model.empty()) fault = "model is empty";
  if (!EndpointSource::may_be_a_name(list.model)) fault = "model is no name of a model";
  if (!fault.empty()) return finish(*opened.box, Error::invalid(std::move(fault)));
  if (auto failed = start_engine()) return finish(*opened.box, std::move(*failed));
  wait(opened.id, [calls = calls_, parts = chat_parts(), opened,
                   name = list.model](const ModelSource::Snapshot& models) {
    const Model* const model = models.list->find(name);
    const std::string id = model ? model->id : name;
    const auto lists = parts.lists.lock();
    if (!lists) return finish(*opened.box, error_of(Code::closed));
    calls->await(opened.id);
    lists->front().endpoints->ask(
        id, [calls, parts, opened, id](const EndpointSource::List::Snapshot& known) {
          if (known.state.source == CatalogueSource::built_in)
            return tell_why_unknown(parts, opened, id);
          if (!calls->arrived(opened.id)) return;
          EndpointList found{.model = id, .endpoints = {}, .catalogue = known.state};
          for (const auto& row : known.list->rows()) found.endpoints.push_back(row.endpoint);
          finish(*opened.box, OperationResult(std::move(found)));
        });
  });
}

void Client::Impl::list_models_of_key(const Opened& opened, const ListModels& list) {
  const auto chosen = settings->keys.choose(list.key, settings->server().keys);
  if (!chosen) return finish(*opened.box, chosen.error());
  if (auto failed = start_engine()) return finish(*opened.box, std::move(*failed));
  calls_->await(opened.id);
  const auto read = [calls = calls_, opened, filter = list.filter](const HttpGet::Response& got) {
    if (got.status != 200) {
      if (calls->arrived(opened.id)) finish(*opened.box, error_of(got));
      return;
    }
    auto catalogue = select::Catalogue::parse(got.body);
    if (!calls->arrived(opened.id)) return;
    if (!catalogue) return finish(*opened.box, not_told("list of models"));
    const std::int64_t now_us = os::wall_us();
    ModelList found = select::filtered(*catalogue, filter, select::moment_at(now_us).today);
    found.catalogue = {.source = CatalogueSource::fetched,
                       .stale = false,
                       .fetched = Time(std::chrono::microseconds(now_us))};
    finish(*opened.box, OperationResult(std::move(found)));
  };
  assembly.engine()->ask(settings->server(), "/models/user", *chosen, read);
}

void Client::Impl::begin(const Opened& opened, GetKeyInfo&& query) {
  const auto fail = [&](Error error) { finish(*opened.box, std::move(error)); };
  if (!settings->server().looks_up)
    return fail(Error{.code = Code::unsupported,
                      .message = "the server of this client does not tell about its keys",
                      .advice = "only OpenRouter does: see the option dialect"});
  const auto chosen = settings->keys.choose(query.key, settings->server().keys);
  if (!chosen) return fail(chosen.error());
  if (!*chosen) return fail(Error{.code = Code::key_missing, .message = "there is no API key"});
  if (auto failed = start_engine()) return fail(std::move(*failed));
  calls_->await(opened.id);
  const Key* const key = *chosen;
  assembly.engine()->ask(
      settings->server(), "/key", key,
      [calls = calls_, opened, key, weak = std::weak_ptr(assembly.engine()),
       kept = settings](const HttpGet::Response& got) {
        auto info = std::make_shared<KeyInfo>();
        if (got.status != 200 || !wire::read_key(got.body, *info)) {
          Error error = got.status == 200 ? not_told("description of a key") : error_of(got);
          if (error.code == Code::unauthorized)
            error.advice += "; the key that was sent came from " + key->place;
          if (calls->arrived(opened.id)) finish(*opened.box, std::move(error));
          return;
        }
        const auto done = [calls, opened, info](const HttpGet::Response& credits) {
          if (credits.status == 200) wire::read_credits(credits.body, *info);
          if (calls->arrived(opened.id)) finish(*opened.box, OperationResult(std::move(*info)));
        };
        if (const auto engine = weak.lock())
          engine->ask(kept->server(), "/credits", key,
                      done); // most keys may not: then they stay unknown
        else
          done({});
      });
}

} // namespace wayfare
