#include "client/client_impl.hpp"

#include <type_traits>
#include <utility>

#include "client/run_report.hpp"
#include "os/clock.hpp"
#include "os/fork.hpp"
#include "select/model_filter.hpp"

namespace wayfare {

using Clock = std::chrono::steady_clock;

// On the heap and never freed: it is used at exit, after static destructors.
std::vector<std::weak_ptr<void>>& Client::Impl::all() {
  static auto* const clients = new std::vector<std::weak_ptr<void>>;
  return *clients;
}

// Closes the clients that are still open at exit. Otherwise their threads would use the TLS library
// while it cleans up.
void Client::close_forgotten() {
  std::vector<std::shared_ptr<void>> open;
  {
    std::lock_guard lock(os::fork_mutex());
    for (const auto& client : Impl::all())
      if (auto one = client.lock()) open.push_back(std::move(one));
  }
  const auto deadline = Clock::now() + std::chrono::seconds(2); // for all clients together
  for (const auto& one : open) static_cast<Impl*>(one.get())->close(deadline);
}

// ---- Submit.

Client::Impl::Opened Client::Impl::open_call() {
  const auto none = [](Code code) { return Opened{static_cast<std::int64_t>(code), nullptr}; };
  const pid_t here = getpid();
  pid_t before = 0; // the first call makes this process the owner
  if (!owner_.compare_exchange_strong(before, here) && before != here) return none(Code::forked);
  if (closed_) return none(Code::closed);
  if (calls_->open_calls() >= settings->options.max_open_calls) return none(Code::full);
  return calls_->open();
}

std::int64_t Client::Impl::submit(Error refusal) {
  const Opened opened = open_call();
  if (opened.id > 0) finish(*opened.box, std::move(refusal));
  return opened.id;
}

std::int64_t Client::Impl::submit(Operation operation) {
  const Opened opened = open_call();
  if (opened.id > 0) std::visit([&](auto& one) { begin(opened, std::move(one)); }, operation);
  return opened.id;
}

// Calls `then` with the models list, unless the call has ended meanwhile.
void Client::Impl::wait(std::int64_t id, ModelSource::Then then) {
  calls_->await(id);
  assembly.models().ask(
      [calls = calls_, id, then = std::move(then)](const ModelSource::Snapshot& known) {
        if (calls->arrived(id)) then(known);
      });
}

void Client::Impl::begin(const Opened& opened, ListModels&& list) {
  if (auto fault = select::fault_of(list.filter); !fault.empty())
    return finish(*opened.box, Error::invalid(std::move(fault)));
  if (list.of_key) return list_models_of_key(opened, list);
  if (!list.key.empty())
    return finish(*opened.box, Error::invalid("models has a key without of_key",
                                              "leave the key out, or give of_key as true"));
  if (auto failed = start_engine()) return finish(*opened.box, std::move(*failed));
  wait(opened.id, [box = opened.box,
                   filter = std::move(list.filter)](const ModelSource::Snapshot& known) {
    ModelList found = select::filtered(*known.list, filter, select::moment_at(os::wall_us()).today);
    found.catalogue = known.state;
    finish(*box, OperationResult(std::move(found)));
  });
}

void Client::Impl::begin(const Opened& opened, Reconcile&&) {
  if (auto failed = start_engine()) return finish(*opened.box, std::move(*failed));
  calls_->await(opened.id);
  assembly.engine()->reconcile([calls = calls_, opened](const Reconciled& reconciled) {
    if (calls->arrived(opened.id)) finish(*opened.box, OperationResult(reconciled));
  });
}

void Client::Impl::begin(const Opened& opened, ListVersions&&) {
  finish(*opened.box, OperationResult(versions()));
}

// Operations that fail if there is no ledger file, and operations that do not make one.
template <class Operation>
constexpr bool is_of_a_file =
    std::is_same_v<Operation, Verify> || std::is_same_v<Operation, Backup>;
template <class Operation>
constexpr bool reads_only =
    is_of_a_file<Operation> || std::is_same_v<Operation, UsageQuery> ||
    std::is_same_v<Operation, EntryQuery> || std::is_same_v<Operation, ListBudgets> ||
    std::is_same_v<Operation, ListBlocks> || std::is_same_v<Operation, ListCooldowns> ||
    std::is_same_v<Operation, ListRateLimits> || std::is_same_v<Operation, ListUnknown> ||
    std::is_same_v<Operation, ListCrossings> || std::is_same_v<Operation, PerformanceQuery> ||
    std::is_same_v<Operation, GetAgent> || std::is_same_v<Operation, ListAgents> ||
    std::is_same_v<Operation, AgentHistory> || std::is_same_v<Operation, ExportAgents> ||
    std::is_same_v<Operation, ExplainEntry>;
template <class Operation>
constexpr bool changes_profiles =
    std::is_same_v<Operation, CreateAgent> || std::is_same_v<Operation, EditAgent> ||
    std::is_same_v<Operation, ImportAgents>;

// Operations by which a window of a budget may come to have spent a share of its limit.
template <class Operation>
constexpr bool may_cross =
    std::is_same_v<Operation, SettleCost> || std::is_same_v<Operation, SetBudget> ||
    std::is_same_v<Operation, EditAgent> || std::is_same_v<Operation, Mend>;

template <class Report>
void Client::Impl::begin_report(const Opened& opened, const Report& report) {
  auto ledger = assembly.start_reading(is_of_a_file<Report>, &Client::close_forgotten);
  if (!ledger) return finish(*opened.box, ledger.error());
  run_report({calls_, *ledger, assembly.timer(), settings->options.report_timeout}, opened, report);
}

template <class LedgerOperation>
void Client::Impl::begin(const Opened& opened, LedgerOperation&& operation) {
  if constexpr (reads_only<LedgerOperation>) {
    begin_report(opened, operation);
  } else {
    if (auto failed = assembly.start_ledger(&Client::close_forgotten))
      return finish(*opened.box, std::move(*failed));
    const auto answer = [box = opened.box, ledger = &assembly.ledger()](
                            Result<typename LedgerOperation::Result> result) {
      finish(*box, operation_result(std::move(result)));
      if constexpr (may_cross<LedgerOperation>) ProcessWatch::look_at(ledger);
    };
    if constexpr (changes_profiles<LedgerOperation>)
      assembly.ledger().execute(operation, &wire::judge_profile, answer);
    else
      assembly.ledger().execute(operation, answer);
  }
}

// ---- Events.

NextStatus Client::Impl::next(std::int64_t id, std::chrono::milliseconds timeout,
                              std::vector<Event>& events) {
  if (is_foreign()) return NextStatus::forked;
  const auto box = calls_->find(id);
  if (!box) return closed_ ? NextStatus::closed : NextStatus::over;
  bool wake = false;
  const NextStatus next = box->take(timeout, events, wake);
  if (wake) assembly.running_engine()->resume(id);
  if (next == NextStatus::over || (next == NextStatus::events && events.back().is_final()))
    calls_->drop(id);
  return next;
}

Code Client::Impl::cancel(std::int64_t id, bool forget) {
  if (is_foreign()) return Code::forked;
  const auto box = calls_->find(id);
  if (!box) return Code::ok;
  box->cancel(); // a call that begins anew looks at it
  const bool waited = calls_->arrived(id);
  if (waited && !forget) finish(*box, error_of(Code::cancelled));
  if (forget) {
    box->forget();
    calls_->drop(id);
  }
  if (unwatch(box)) {
    if (!forget) finish(*box, OperationResult(Done{}));
  } else if (Engine* engine = assembly.running_engine()) {
    engine->cancel(id);
  }
  return Code::ok;
}

std::int64_t Client::Impl::ready(std::chrono::milliseconds timeout) {
  return is_foreign() ? static_cast<std::int64_t>(Code::forked) : calls_->ready().next(timeout);
}
int Client::Impl::fd() { return is_foreign() ? -1 : calls_->ready().descriptor(); }
void Client::Impl::wake() {
  // in a child the descriptor still belongs to the parent
  if (!is_foreign()) calls_->ready().wake();
}

Result<Event> Client::Impl::last_event(std::int64_t id) {
  if (id < 0) return error_of(static_cast<Code>(id));
  std::vector<Event> events;
  const NextStatus got = next(id, wait_for_ever, events);
  if (got != NextStatus::events) return error_of_next(got);
  if (events.back().error) return *events.back().error;
  return std::move(events.back());
}

void Client::Impl::close(Clock::time_point deadline) {
  if (is_foreign() || closed_.exchange(true)) return;
  assembly.close(deadline);
  leave_process();
  calls_->close();
}

} // namespace wayfare
