// How a report of the ledger is begun, and ended when its time is over.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include <wayfare/error.hpp>
#include <wayfare/operations.hpp>

#include "client/call_registry.hpp"
#include "engine/mailbox.hpp"
#include "ledger/shared_ledger.hpp"
#include "os/timer.hpp"

namespace wayfare {

// A report needs this of its client. Callbacks hold it, which may run after the client is
// destroyed.
struct Reporting {
  std::shared_ptr<CallRegistry> calls;
  std::shared_ptr<ledger::Ledger> ledger;
  std::shared_ptr<os::Timer> timer;
  std::chrono::milliseconds timeout;
};

inline Error late_report(std::chrono::milliseconds timeout) {
  return Error{.code = Code::deadline,
               .message = "the ledger gave no report within " + std::to_string(timeout.count()) +
                          " ms (report_timeout)",
               .advice =
                   "end the process that holds the ledger locked, if there is one; a report "
                   "on a large ledger may need a longer report_timeout",
               .retryable = true};
}

template <class T>
Result<OperationResult> operation_result(Result<T>&& result) {
  if (!result) return result.error();
  return OperationResult(std::move(*result));
}

// The answer, the timer and cancel() may each end a report: the first one does. A report that was
// cancelled is given up when its time is over, since its query would hold up later ones for ever.
template <class Report>
void run_report(const Reporting& with, const CallRegistry::Opened& opened, const Report& report) {
  with.calls->await(opened.id);
  const auto given_up = std::make_shared<std::atomic<bool>>(false);
  const auto due = with.timer->at(
      std::chrono::steady_clock::now() + with.timeout,
      [calls = with.calls, opened, given_up, timeout = with.timeout, ledger = with.ledger] {
        if (calls->arrived(opened.id)) finish(*opened.box, late_report(timeout));
        ledger->give_up(given_up);
      });
  with.ledger->execute(
      report,
      [calls = with.calls, opened, timer = with.timer,
       due](Result<typename Report::Result> result) {
        timer->forget(due);
        if (calls->arrived(opened.id)) finish(*opened.box, operation_result(std::move(result)));
      },
      given_up);
}

} // namespace wayfare
