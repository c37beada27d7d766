// Short words for the ledger's verbs: each waits for its answer.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ledger/shared_ledger.hpp"
#include "os/clock.hpp"

namespace ledger_words {

using namespace wayfare;
using ledger::Ledger;

using Clock = std::chrono::steady_clock;

struct Opened { // a ledger, released at the end of the test
  std::shared_ptr<Ledger> ledger;
  explicit Opened(const std::string& path, Durability durability = Durability::reserve)
      : ledger(Ledger::open(path, durability).value()) {}
  ~Opened() { close(); }
  void close() {
    if (ledger)
      Ledger::release(std::exchange(ledger, nullptr), Clock::now() + std::chrono::seconds(5));
  }
};

inline Reservation reservation(const std::string& agent = "", const std::string& model = "m") {
  Reservation r;
  r.uid = r.call = Uid::make(static_cast<std::uint64_t>(os::wall_us()) / 1000, os::chance());
  r.charge_to.agent = agent;
  r.model = model;
  r.origin = std::make_shared<const Origin>(
      Origin{"https://openrouter.ai/api/v1", "chat/completions", "0123456789abcdef"});
  return r;
}

inline std::optional<Error> reserve(Ledger& ledger, const Reservation& r) {
  std::promise<std::optional<Error>> answer;
  ledger.reserve(std::make_shared<const Reservation>(r),
                 [&](const Verdict& verdict) { answer.set_value(verdict.refused); });
  return answer.get_future().get();
}
inline void book(Ledger& ledger, const Uid& uid, const Ending& ending) {
  std::promise<void> answer;
  ledger.book(uid, ending, [&] { answer.set_value(); });
  answer.get_future().get();
}
template <class Query>
Result<Report> ask(Ledger& ledger, Query query) {
  std::promise<Result<Report>> answer;
  ledger.report(query, [&](Result<Report> report) { answer.set_value(std::move(report)); });
  return answer.get_future().get();
}
inline std::vector<Entry> entries(Ledger& ledger, EntryQuery query = {}) {
  return ask(ledger, query).value().page.entries;
}

inline Ending settled(std::int64_t picodollars) {
  Ending ending;
  ending.state = State::settled;
  ending.cost = Amount{picodollars};
  ending.cost_source = CostSource::response;
  ending.usage = {.prompt_tokens = 10, .completion_tokens = 5};
  ending.model = "m/served";
  return ending;
}

// by SQLite itself, in another connection
inline std::int64_t number(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  sqlite3_stmt* statement = nullptr;
  std::int64_t value = -1;
  if (sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK &&
      sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK &&
      sqlite3_step(statement) == SQLITE_ROW)
    value = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  sqlite3_close(database);
  return value;
}

} // namespace ledger_words
