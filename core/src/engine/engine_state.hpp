// The data that the calls of an engine share. Used by the engine's thread only, unless noted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "call/call.hpp"
#include "catalogue/server_lists.hpp"
#include "config/settings.hpp"
#include "engine/mailbox.hpp"
#include "engine/seen_caches.hpp"
#include "engine/watchers.hpp"
#include "io/http.hpp"
#include "io/loop.hpp"
#include "ledger/shared_ledger.hpp"
#include "os/aside.hpp"

namespace wayfare {

class ActiveCall;

struct EngineState {
  EngineState(std::shared_ptr<const Settings> given, std::shared_ptr<ledger::Ledger> booked_in,
              std::shared_ptr<WatchBoxes> boxes)
      : shared_settings(std::move(given)),
        ledger(std::move(booked_in)),
        http(*loop, {settings.options.ca_file, settings.options.proxy,
                     settings.options.connect_timeout, settings.options.allow_http}),
        watchers(ledger, settings.ledger, std::move(boxes)) {}

  const std::shared_ptr<const Settings> shared_settings; // calls have pointers to keys in it
  const Settings& settings = *shared_settings;
  const std::shared_ptr<ledger::Ledger> ledger;
  std::shared_ptr<const ListsOfServers> lists; // set when the thread starts
  // shared, because answers of the ledger may come after the engine is destroyed
  const std::shared_ptr<io::Loop> loop = std::make_shared<io::Loop>();
  io::Http http;
  WarmCaches warm_caches;
  Watchers watchers;

  std::unordered_map<std::int64_t, std::shared_ptr<ActiveCall>> calls;
  std::vector<std::int64_t> noting; // calls whose note() is called at the end of the turn
  // calls that are erased at the end of the turn, outside of their own methods
  std::vector<std::int64_t> finished;
  std::shared_ptr<Mailbox> listed; // one of the mailboxes that became ready in this turn
  // The actions of the latest input of a call. They are carried out before the next input, so this
  // is empty between two inputs.
  call::Actions actions;
  // see wire::Endpoint::reader
  const std::shared_ptr<json::Document> scratch = std::make_shared<json::Document>();

  // The engine's thread goes through so many bytes at once. Longer work runs aside.
  static constexpr std::size_t at_once_max = std::size_t{256} << 10;
  // The thread for work on so many bytes: very long work does not hold up the rest. From any
  // thread.
  os::Aside& aside(std::size_t bytes) const {
    constexpr std::size_t long_from = std::size_t{4} << 20;
    return bytes < long_from ? *soon : *late;
  }
  const std::shared_ptr<os::Aside> soon = std::make_shared<os::Aside>("wayfare-aside");
  const std::shared_ptr<os::Aside> late = std::make_shared<os::Aside>("wayfare-long");

  // Calls `then(call)` if the call still exists: at once, or when it is no longer aside.
  template <class Then>
  void with(std::int64_t id, Then then) {
    const auto known = calls.find(id);
    if (known == calls.end()) return;
    ActiveCall& call = *known->second;
    if (!is_aside(call)) return then(call);
    put_off(call, [&call, then = std::move(then)]() mutable { then(call); });
  }
  static bool is_aside(const ActiveCall& call) noexcept;
  static void put_off(ActiveCall& call, std::function<void()> then);

  // Returns a callback for an answer from another thread. The callback calls `then(call, answer)`
  // on the engine's thread, if the call still exists. It may be called from any thread, also after
  // the engine is destroyed.
  template <class Answer, class Then>
  auto answer_to(std::int64_t id, Then then) {
    return [loop = loop, this, id, then](Answer answer) {
      loop->post([this, id, then, answer = std::move(answer)]() mutable {
        with(id, [then, answer = std::move(answer)](ActiveCall& call) { then(call, answer); });
      });
    };
  }
};

} // namespace wayfare
