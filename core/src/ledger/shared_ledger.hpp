// A ledger as a client uses it: bookings and operations. There is one per file and process, and all
// clients of that file share it.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <wayfare/error.hpp>
#include <wayfare/operations.hpp>
#include <wayfare/options.hpp>

#include "values/booking.hpp"
#include "ledger/agents.hpp"
#include "ledger/caching.hpp"
#include "ledger/lookups.hpp"
#include "ledger/replayed_calls.hpp"
#include "ledger/report_thread.hpp"
#include "ledger/waiting.hpp"
#include "ledger/writer.hpp"

namespace wayfare::ledger {

class Ledger {
 public:
  template <class T>
  using Answer = std::function<void(Result<T>)>;
  // A report sees by it that nobody waits for it any more. Null: somebody always does.
  using GivenUp = Reader::GivenUp;

  // Returns the ledger of `path` (absolute, or ":memory:"). Makes the file if it is missing. The
  // caller must call release() once. `remote`: also on a file system that other machines may have.
  static Result<std::shared_ptr<Ledger>> open(const std::string& path, Durability durability,
                                              bool remote = false);

  // Whether there is no file, so that open() would make it.
  static bool is_missing(const std::string& path);

  // The bookings. Callbacks run on the ledger's threads and must not wait. See writer.hpp.
  using Wake = Writer::Wake;
  void reserve(std::shared_ptr<const Reservation> reservation, Writer::Reserved answer,
               Wake wake = Wake::now);
  void note(Uid uid, std::string generation_id, Wake wake = Wake::now);
  void book(Uid uid, Ending ending, Writer::Booked answer, Wake wake = Wake::now);
  void wake_writer() { writer_->wake_up(); }

  // The calls of this process that wait for budgets.
  const std::shared_ptr<Waiting>& waiting() const noexcept { return waiting_; }

  // The view of the ledger for planning calls. Never null. May be called from any thread.
  std::shared_ptr<const LedgerView> view();

  // The id of the ledger, for a call that comes before the view has it. Answers on the writer's
  // thread. Makes the file if it is missing.
  void ask_id(Answer<std::string> answer);

  // The operations of the ledger. A report whose `given_up` becomes true is not begun, and
  // give_up() interrupts it: it may then answer with an error, or not at all.
  void execute(const UsageQuery& query, Answer<std::vector<UsageRow>> answer,
               GivenUp given_up = {});
  void execute(const EntryQuery& query, Answer<EntryPage> answer, GivenUp given_up = {});
  void execute(const PastReport& report, Answer<Replayed> answer, GivenUp given_up = {});
  void execute(const CachingReport& report, Answer<Caching> answer, GivenUp given_up = {});
  void execute(const ListUnknown& query, Answer<UnknownPage> answer, GivenUp given_up = {});
  void execute(const SettleCost& settle, Answer<Done> answer);
  void execute(const SetBudget& budget, Answer<std::optional<Budget>> answer);
  void execute(const OverrideBudget& change, Answer<Budget> answer);
  void execute(const ListBudgets& list, Answer<std::vector<Budget>> answer, GivenUp given_up = {});
  void execute(const ListCrossings& query, Answer<std::vector<Crossing>> answer,
               GivenUp given_up = {});
  void execute(const PerformanceQuery& query, Answer<std::vector<PerformanceRow>> answer,
               GivenUp given_up = {});
  void execute(const BlockCalls& block, Answer<Done> answer);
  void execute(const UnblockCalls& block, Answer<Done> answer);
  void execute(const ListBlocks& list, Answer<std::vector<Block>> answer, GivenUp given_up = {});
  void execute(const SetRateLimit& limit, Answer<std::optional<RateLimit>> answer);
  void execute(const ListRateLimits&, Answer<std::vector<RateLimit>> answer, GivenUp given_up = {});
  void execute(const ListCooldowns&, Answer<std::vector<Cooldown>> answer, GivenUp given_up = {});
  void execute(const EndCooldown& end, Answer<Done> answer);
  void execute(const AcceptClock& clock, Answer<Done> answer);
  void execute(const Verify& verify, Answer<Verification> answer, GivenUp given_up = {});
  void execute(const Backup& backup, Answer<Done> answer, GivenUp given_up = {});
  void execute(const Mend&, Answer<Verification> answer);
  void execute(const Prune& prune, Answer<Pruned> answer);
  void give_up(const GivenUp& report);

  // The operations on agents. `judge` judges the profiles. See agents.hpp.
  void execute(const CreateAgent& create, JudgeProfile judge, Answer<Agent> answer);
  void execute(const EditAgent& edit, JudgeProfile judge, Answer<Agent> answer);
  void execute(const ImportAgents& import, JudgeProfile judge, Answer<Imported> answer);
  void execute(const ArchiveAgent& one, Answer<Agent> answer);
  void execute(const RestoreAgent& one, Answer<Agent> answer);
  void execute(const GetAgent& query, Answer<Agent> answer, GivenUp given_up = {});
  void execute(const ListAgents& query, Answer<AgentPage> answer, GivenUp given_up = {});
  void execute(const AgentHistory& query, Answer<AgentPage> answer, GivenUp given_up = {});
  void execute(const ExportAgents& query, Answer<AgentPage> answer, GivenUp given_up = {});
  void execute(const ExplainEntry& query, Answer<Explanation> answer, GivenUp given_up = {});

  // The shares of budgets that were spent since the crossing `after`. See budgets.hpp. Below 0:
  // only tells the last one, and what is booked after this call comes behind it.
  void new_crossings(std::int64_t after, Answer<NewCrossings> answer);

  // The lookups of unknown costs. See lookups.hpp.
  void next_lookup(Asker asker, Answer<std::optional<std::int64_t>> answer);
  void take_lookups(Asker asker, bool all, std::string after, int limit,
                    Answer<std::vector<Lookup>> answer);
  void end_lookup(std::string uid, std::optional<Ending> told, Answer<LookupResult> answer);
  void give_up_old(Answer<LookupResult> answer);

  // Releases the ledger of one client. The last release commits, syncs and ends the threads. It
  // waits until `deadline` at most.
  static void release(std::shared_ptr<Ledger> ledger,
                      std::chrono::steady_clock::time_point deadline);

  Ledger(const std::string& path, Durability durability); // for open()

 private:
  friend struct Ledgers;
  void start_reader();
  void last_crossing(Answer<NewCrossings> answer);
  template <class T>
  void change(std::function<Result<T>(File&, std::int64_t now_us)> step, Answer<T> answer,
              bool mends = false);
  template <class Rule>
  void change_rule(const Rule& rule, Answer<typename Rule::Result> answer);
  template <class Query>
  void ask(const Query& query, typename Query::Result (*answer_of)(sqlite::Database&, const Query&),
           Answer<typename Query::Result> answer, GivenUp given_up);
  template <class T>
  void read(std::function<T(sqlite::Database&)> answer_of, Answer<T> answer, GivenUp given_up);
  void on_reader(Reader::Job job, Reader::Failed failed, std::function<void(const Error&)> refuse,
                 GivenUp given_up);
  void read_unwritten(const Reader::Job& job, const Reader::Failed& failed,
                      const std::function<void(const Error&)>& refuse, const Error& unwritable,
                      const GivenUp& given_up);
  template <class Query>
  using AgentReport =
      std::function<Result<typename Query::Result>(sqlite::Database&, AgentTexts&, const Query&)>;
  template <class Query>
  void ask_agents(const Query& query, AgentReport<Query> report,
                  Answer<typename Query::Result> answer, GivenUp given_up);
  using Drafts = std::vector<StoredProfile>;
  template <class T>
  void change_agents(std::function<Result<Drafts>(sqlite::Database&)> drafts,
                     std::function<Result<T>(AgentChanges&, const Drafts&, std::int64_t)> step,
                     Answer<T> answer);
  void archive(const std::string& name, std::optional<std::int64_t> version, bool archived,
               Answer<Agent> answer);
  void prune_on(std::int64_t before_us, std::shared_ptr<Pruned> pruned, Answer<Pruned> answer);
  template <class T>
  void look(std::function<T(Lookups&, std::int64_t now_us)> step, Answer<T> answer);
  Durability durability() const noexcept { return durability_.load(std::memory_order_relaxed); }

  std::string path_;
  AgentTexts agent_texts_;
  std::atomic<Durability> durability_;
  int clients_ = 1; // under os::fork_mutex()
  const std::shared_ptr<Waiting> waiting_ = std::make_shared<Waiting>();
  std::unique_ptr<Writer> writer_;
  std::mutex reader_mutex_;
  std::unique_ptr<Reader> reader_; // made by the first report
  bool released_ = false;          // no reader is made any more
};

} // namespace wayfare::ledger
