// Short functions for the methods of the ledger. Each waits for its answer.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <type_traits>
#include <string>
#include <utility>
#include <vector>

#include "ledger/shared_ledger.hpp"
#include "os/clock.hpp"

namespace ledger_words {

using namespace wayfare;
using ledger::Ledger;

using Clock = std::chrono::steady_clock;

struct Opened { // a ledger that is released at the end of the test
  std::shared_ptr<Ledger> ledger;
  explicit Opened(const std::string& path, Durability durability = Durability::sync_reservations)
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
template <class Operation>
Result<typename Operation::Result> ask(Ledger& ledger, const Operation& operation) {
  using Answer = Result<typename Operation::Result>;
  std::promise<Answer> answer;
  ledger.execute(operation, [&](Answer result) { answer.set_value(std::move(result)); });
  return answer.get_future().get();
}
inline std::vector<Entry> entries(Ledger& ledger, EntryQuery query = {}) {
  return ask(ledger, query).value().entries;
}

inline Ending settled(std::int64_t picodollars) {
  return {.state = State::settled,
          .billing = {.model = "m/served",
                      .cost = Amount{picodollars},
                      .cost_source = CostSource::response},
          .usage = {.prompt_tokens = 10, .completion_tokens = 5}};
}

using By = std::vector<Dimension>;
// Returns the value of a dimension in a row; "none" if the query did not group by it.
inline std::string value_of(const UsageRow& row, Dimension by) {
  std::string found = "none";
  for_each_field<UsageRow>([&](const auto& leaf) {
    if constexpr (std::is_same_v<decltype(leaf.get(row)), const std::optional<std::string>&>)
      if (leaf.name == name(by)) found = leaf.get(row).value_or(found);
  });
  return found;
}

// Reads a number directly with SQLite, in another connection.
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
