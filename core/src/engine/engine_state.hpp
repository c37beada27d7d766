// What the calls of an engine share. The engine's thread only, but for what says otherwise.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "call/call.hpp"
#include "catalogue/model_source.hpp"
#include "config/settings.hpp"
#include "engine/mailbox.hpp"
#include "io/http.hpp"
#include "io/loop.hpp"
#include "ledger/shared_ledger.hpp"

namespace wayfare {

class ActiveCall;

struct EngineState {
  EngineState(std::shared_ptr<const Settings> given, std::shared_ptr<ledger::Ledger> booked_in)
      : shared_settings(std::move(given)),
        ledger(std::move(booked_in)),
        http(*loop,
             {settings.options.ca_file, settings.options.proxy, settings.options.connect_timeout}) {
  }

  const std::shared_ptr<const Settings> shared_settings; // calls point to their key in it
  const Settings& settings = *shared_settings;
  const std::shared_ptr<ledger::Ledger> ledger;
  // from the start of the thread on
  std::shared_ptr<ModelSource> models;
  // the ledger's answers may come when the engine is gone
  const std::shared_ptr<io::Loop> loop = std::make_shared<io::Loop>();
  io::Http http;

  std::unordered_map<std::int64_t, std::shared_ptr<ActiveCall>> calls;
  std::vector<std::int64_t> noting; // calls whose note() is to be called at the end of the turn
  // calls to be erased at the end of the turn, outside of their own methods
  std::vector<std::int64_t> finished;
  std::shared_ptr<Mailbox> listed; // one of those that were listed as ready in this turn
  // of the call that was given an input last: done before the next input, so empty between two
  call::Actions actions;
  // see wire::Endpoint::reader
  const std::shared_ptr<json::Document> scratch = std::make_shared<json::Document>();

  // Calls `then(call)` if the call is there.
  template <class Then>
  void with(std::int64_t id, Then&& then) {
    if (const auto known = calls.find(id); known != calls.end()) then(*known->second);
  }

  // From any thread, also when the engine is gone: a function that takes what another thread
  // answers to the call, on the engine's thread, if the call is still there then. `then(call,
  // answer)`.
  template <class Answer, class Then>
  auto answer_to(std::int64_t id, Then then) {
    return [loop = loop, this, id, then](Answer answer) {
      loop->post([this, id, then, answer = std::move(answer)] {
        with(id, [&](ActiveCall& call) { then(call, answer); });
      });
    };
  }
};

} // namespace wayfare
