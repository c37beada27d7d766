// wayfare routes LLM calls through OpenRouter and books each call in a local SQLite ledger.
//
// Read the headers in this order:
//   error.hpp       Code, Error, Result<T>: what can go wrong
//   money.hpp       Amount, Price: exact US dollars
//   policy.hpp      Policy: how the model of a call is selected
//   request.hpp     Request, Route, ChargeTo: what a call asks for
//   body.hpp        Body: builds the JSON of a request
//   billing.hpp     Usage, State: what an attempt used and cost
//   reply.hpp       Reply: the answer
//   ledger.hpp      Entry, UsageRow: what the ledger holds
//   budget.hpp      Budget, Scope, Block: what calls may cost
//   cooldown.hpp    Cooldown: the models and providers that failed
//   rate_limit.hpp  RateLimit: how many requests and tokens calls may send
//   model.hpp       Model, Selection: what can be asked for
//   account.hpp     KeyInfo: what the server tells about a key
//   agent.hpp       Agent, Profile: what the calls of an agent have in common
//   replay.hpp      Replay: what past calls would have cost
//   performance.hpp PerformanceRow: how fast models answered
//   caching.hpp     Caching: how much of the prompts came from caches
//   operations.hpp  the operations of a client
//   versions.hpp    versions(): what runs
//   notice.hpp      Notice: what happens to all calls
//   event.hpp       Event: what happens to a call
//   options.hpp     Options: what a client is opened with
//   client.hpp      Client, Stream
//   printing.hpp    operator<< of values
//   fields.hpp      how the tables of fields in these headers are read
//
//   auto client = wayfare::Client::open().value();
//   auto reply = client.chat({.body = wayfare::user_message("Hello")}).value();
//   std::cout << reply.text << "\n" << (reply.cost ? reply.cost->text() : "unknown") << " USD\n";
#pragma once

#include <wayfare/account.hpp>
#include <wayfare/agent.hpp>
#include <wayfare/billing.hpp>
#include <wayfare/body.hpp>
#include <wayfare/budget.hpp>
#include <wayfare/caching.hpp>
#include <wayfare/client.hpp>
#include <wayfare/cooldown.hpp>
#include <wayfare/error.hpp>
#include <wayfare/event.hpp>
#include <wayfare/fields.hpp>
#include <wayfare/ledger.hpp>
#include <wayfare/model.hpp>
#include <wayfare/money.hpp>
#include <wayfare/notice.hpp>
#include <wayfare/operations.hpp>
#include <wayfare/options.hpp>
#include <wayfare/performance.hpp>
#include <wayfare/policy.hpp>
#include <wayfare/printing.hpp>
#include <wayfare/rate_limit.hpp>
#include <wayfare/replay.hpp>
#include <wayfare/reply.hpp>
#include <wayfare/request.hpp>
#include <wayfare/versions.hpp>
