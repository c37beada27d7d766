// The operation replay: the models list that it prices by, and its report of the ledger.
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/json_text.hpp"
#include "client/client_impl.hpp"
#include "client/run_report.hpp"
#include "os/clock.hpp"
#include "os/files.hpp"
#include "select/replay.hpp"
#include "wire/route.hpp"

namespace wayfare {

namespace {

using List = std::shared_ptr<const select::Catalogue>;

// The models list of a file. Runs on the thread for reports.
Result<List> list_of(const std::string& path) {
  const auto refused = [](const std::string& why) {
    return Error::invalid("models_list of replay cannot be used: " + why,
                          "give the path of an answer of GET /models");
  };
  const os::FileText file = os::read_file(path, select::Catalogue::text_max);
  if (!file.fault.empty()) return refused(file.fault);
  if (!file.found) return refused("there is no file " + json::quoted(path));
  auto list = select::Catalogue::parse(file.text);
  if (!list) return refused(list.error().message);
  return List(std::make_shared<const select::Catalogue>(std::move(*list)));
}

std::string fault_of_replay(const Replay& query) {
  if (auto fault = select::fault_of(query); !fault.empty()) return fault;
  if (query.models_list.find('\0') != std::string::npos)
    return "the path models_list of replay has a NUL in it";
  return query.policy ? wire::fault_of_route({.policy = *query.policy}) : std::string();
}

} // namespace

void Client::Impl::begin(const Opened& opened, Replay&& replay) {
  if (auto fault = fault_of_replay(replay); !fault.empty())
    return finish(*opened.box, Error::invalid(std::move(fault)));
  auto ledger = assembly.start_reading(false, &Client::close_forgotten);
  if (!ledger) return finish(*opened.box, ledger.error());
  const Reporting with{calls_, *ledger, assembly.timer(), settings->options.report_timeout};
  const select::Moment moment = select::moment_at(os::wall_us());
  if (!replay.models_list.empty()) {
    const auto make = [replay, moment, path = os::absolute(replay.models_list)]() {
      auto list = list_of(path);
      if (!list) return Result<std::unique_ptr<PastCalls>>(list.error());
      return select::Repricer::make(replay, std::move(*list), std::nullopt, moment);
    };
    return run_report(with, opened, ledger::PastReport{std::move(replay), make});
  }
  if (auto failed = start_engine()) return finish(*opened.box, std::move(*failed));
  wait(opened.id,
       [with, opened, moment, query = std::move(replay)](const ModelSource::Snapshot& known) {
         const auto make = [query, known, moment] {
           return select::Repricer::make(query, known.list, known.state, moment);
         };
         run_report(with, opened, ledger::PastReport{query, make});
       });
}

} // namespace wayfare
