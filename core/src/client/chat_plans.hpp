// The plans of a chat at its servers, and the lists that they need.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "client/chat.hpp"

namespace wayfare {

inline Error closed() { return error_of(Code::closed); }

// The terms of the ledger for the plan of a call at one of its servers.
call::Terms terms_of(const Outgoing& call, const OutgoingAt& at, const LedgerView& view);

// The time on the monotonic clock at which a call must have ended.
std::int64_t due_us_of(const Settings& settings, const Route& route, std::int64_t since_us);

// Ends the call with an error unless it has gone on, when its deadline has passed.
void watch_deadline(const ChatParts& parts, const CallRegistry::Opened& opened, std::int64_t due_us,
                    const char* waited_for);

// Calls `then` with the market of a prepared chat at one of its servers, once the models list and
// the lists of endpoints that its plan needs are known; with null if the client is closed. `at`: an
// index of the call's servers.
using ThenPlan = std::function<void(const call::Market* market)>;
void gather_market(const ChatParts& parts, const std::shared_ptr<Outgoing>& call, std::size_t at,
                   const std::shared_ptr<const LedgerView>& view, const ThenPlan& then);

// Plans a call at its servers, one after the other, and gives it to the engine.
void plan_call(const ChatParts& parts, const CallRegistry::Opened& opened,
               const std::shared_ptr<Outgoing>& call,
               const std::shared_ptr<const LedgerView>& view);

} // namespace wayfare
