// The settled attempts of a period, for a replay.
#pragma once

#include <functional>
#include <memory>

#include <wayfare/replay.hpp>

#include "ledger/sqlite.hpp"
#include "values/past_call.hpp"

namespace wayfare::ledger {

// Makes what reads the attempts. Called on the reader's thread: again if the report runs again.
using MakePastCalls = std::function<Result<std::unique_ptr<PastCalls>>()>;

// A replay with what prices its attempts.
struct PastReport {
  using Result = Replayed;
  Replay query;
  MakePastCalls make;
};

// Gives the attempts one by one, each with what its corrections add, and keeps none of them. Rows
// of the result are in the order of their dimensions.
wayfare::Result<Replayed> past_calls(sqlite::Database& database, const Replay& query,
                                     PastCalls& into);

} // namespace wayfare::ledger
