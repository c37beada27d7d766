// A ledger file, as the client sees it: the verbs of a booking, and reports. One per file and
// process, shared by its clients.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <wayfare/ledger.hpp>
#include <wayfare/error.hpp>

#include "values/booking.hpp"
#include "ledger/lookups.hpp"
#include "ledger/reader.hpp"
#include "ledger/writer.hpp"

namespace wayfare::ledger {

class Ledger {
 public:
  using Answer = std::function<void(Result<Report>)>;

  // The ledger of `path` (absolute, or ":memory:"), made if it is not there. The caller must
  // release() it once.
  static Result<std::shared_ptr<Ledger>> open(const std::string& path, Durability durability);

  // Answers come on the ledger's threads and must not wait. Contracts: writer.hpp.
  using Wake = Writer::Wake;
  void reserve(std::shared_ptr<const Reservation> reservation, Writer::Reserved answer,
               Wake wake = Wake::now);
  void note(Uid uid, std::string generation_id, Wake wake = Wake::now);
  void book(Uid uid, Ending ending, Writer::Booked answer, Wake wake = Wake::now);
  void wake_writer() { writer_->wake_up(); }
  void report(UsageQuery query, Answer answer);
  void report(EntryQuery query, Answer answer);
  void report(const Order& order, Answer answer);

  // Contracts: lookups.hpp. When the next lookup is due; those that are; what became of one, where
  // the server told of it or not; and what no server can be asked about.
  template <class T>
  using Told = std::function<void(Result<T>)>;
  void next_lookup(Asker asker, Told<std::optional<std::int64_t>> answer);
  void take_lookups(Asker asker, bool all, std::string after, int limit,
                    Told<std::vector<Lookup>> answer);
  void end_lookup(std::string uid, std::optional<Ending> told, Told<LookupResult> answer);
  void give_up_old(Told<LookupResult> answer);

  // With the last client's release: commits, syncs and ends the threads, waiting until `deadline`
  // at most.
  static void release(std::shared_ptr<Ledger> ledger,
                      std::chrono::steady_clock::time_point deadline);

  Ledger(const std::string& path, Durability durability); // for open()

 private:
  friend struct Ledgers;
  void start_reader();
  template <class Query>
  void ask(Query query, Report (*answer_of)(sqlite::Database&, const Query&), Answer answer);
  template <class Rule>
  void change(const Rule& rule, Answer answer);
  void execute(const Budget& budget, Answer answer);
  void execute(const BudgetQuery& query, Answer answer);
  void execute(const Block& block, Answer answer);
  void execute(const BlockQuery& query, Answer answer);
  void execute(const AcceptClock& clock, Answer answer);
  void execute(const Verify& query, Answer answer);
  void execute(const Backup& backup, Answer answer);
  void execute(const Prune& prune, Answer answer);
  void prune_on(std::int64_t before_us, std::shared_ptr<Pruned> pruned, Answer answer);
  template <class T>
  void look(std::function<T(Lookups&, std::int64_t now_us)> step, Told<T> answer);
  void read(std::function<Report(sqlite::Database&)> answer_of, Answer answer);
  void on_reader(Reader::Job job, Reader::Failed failed, Answer answer);
  Durability durability() const noexcept { return durability_.load(std::memory_order_relaxed); }

  std::string path_;
  std::atomic<Durability> durability_;
  int clients_ = 1; // under os::fork_mutex()
  std::unique_ptr<Writer> writer_;
  std::mutex reader_mutex_;
  std::unique_ptr<Reader> reader_; // from the first report on
};

} // namespace wayfare::ledger
