// The operation caching: the models list that prices its hops, and its report of the ledger.
#include <utility>

#include "client/client_impl.hpp"
#include "client/run_report.hpp"
#include "select/hop_cost.hpp"

namespace wayfare {

void Client::Impl::begin(const Opened& opened, CachingQuery&& query) {
  if (auto fault = ledger::fault_of(query); !fault.empty())
    return finish(*opened.box, Error::invalid(std::move(fault)));
  auto ledger = assembly.start_reading(false, &Client::close_forgotten);
  if (!ledger) return finish(*opened.box, ledger.error());
  const Reporting with{calls_, *ledger, assembly.timer(), settings->options.report_timeout};
  if (auto failed = start_engine()) return finish(*opened.box, std::move(*failed));
  wait(opened.id, [with, opened, query = std::move(query)](const ModelSource::Snapshot& known) {
    const auto price = [list = known.list](const Hop& hop) { return select::hop_cost(*list, hop); };
    run_report(with, opened, ledger::CachingReport{query, price, known.state});
  });
}

} // namespace wayfare
