// wayfare: LLM calls through OpenRouter, every one of them booked in a local SQLite ledger.
//
// Read the headers in this order:
//   error.hpp    what can go wrong, Result<T>
//   money.hpp    Amount: exact US dollars
//   request.hpp  Request, Route, ChargeTo: what is asked, and who pays
//   reply.hpp    Event, Reply, Usage: what comes back
//   ledger.hpp   Entry, UsageRow: what was booked
//   model.hpp    Model, Selection: what can be asked, and which of them a request takes
//   options.hpp  Options: what a client is opened with
//   client.hpp   Client, Stream: the verbs
//
//   auto client = wayfare::Client::open().value();
//   auto reply = client.chat({.body = wayfare::user_message("Hello")}).value();
//   std::cout << reply.text << "\n" << (reply.cost ? reply.cost->text() : "unknown") << " USD\n";
#pragma once

#include <wayfare/client.hpp>
#include <wayfare/error.hpp>
#include <wayfare/ledger.hpp>
#include <wayfare/model.hpp>
#include <wayfare/money.hpp>
#include <wayfare/options.hpp>
#include <wayfare/reply.hpp>
#include <wayfare/request.hpp>
