// The client: it makes calls, reports on them and limits them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <wayfare/error.hpp>
#include <wayfare/event.hpp>
#include <wayfare/operations.hpp>
#include <wayfare/options.hpp>
#include <wayfare/reply.hpp>
#include <wayfare/request.hpp>

namespace wayfare {

class Stream;
struct Settings;

// Makes calls and keeps the ledger in which they are booked.
//
// Threads. Any method may be called from any thread at any time, except close() and the destructor:
// no method may be called after them or during the destructor.
//
// Blocking. A method that returns a Result waits until its operation has ended. Other threads and
// other calls go on meanwhile. stream() and the low-level functions do not wait for an operation.
//
// Processes. Any number of processes may use one ledger. A client that was used before a fork fails
// with `forked` in the child. Open a new client there. A client that was not used before the fork
// works in both processes.
//
// Errors. No method throws, except std::bad_alloc. Every operation can fail with
//   forked, closed, full, no_memory      the client cannot begin the operation
//   ledger_unavailable, ledger_foreign, ledger_replaced, ledger_too_new, ledger_too_old
//                                        the ledger cannot be opened, read or written
//   internal                             a defect in wayfare
// Each method below names the other codes that it can give.
//
// Units. An Amount is exact US dollars. A Time is in UTC. Each duration is a std::chrono type.
class Client {
 public:
  // Checks the options. Does not touch the disk or the network. The first operation opens the
  // ledger and starts the threads: one for the network, one or two for the ledger, and later one or
  // two that read long answers. All clients of one ledger file in a process share those of it.
  // Errors: invalid.
  static Result<Client> open(Options options = {});
  ~Client(); // calls close()
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  // Sends the request and waits for the whole answer. Retries and tries other models as the route
  // allows. Waits at most for the deadline of the call, and for the booking of its end.
  // Errors before sending: invalid, unsupported, key_missing, key_malformed, max_cost, no_model,
  //   budget_exceeded, blocked, no_bound, clock, cooling_down, over_rate.
  // Errors of the server: bad_request to context_exceeded in Code.
  // Errors of the network: dns to too_large in Code.
  // Other errors: not_booked, cancelled.
  // Error::reply has the part of the answer that came before the failure.
  Result<Reply> chat(Request request);

  // Begins a chat whose answer comes in pieces, and returns without waiting for the answer. Never
  // fails: the stream reports every error. The errors are those of chat().
  Stream stream(Request request);

  // Lists the models that a request can name, with their prices. Uses the list on the disk if there
  // is one. Otherwise waits for the network, at most 10 seconds.
  Result<ModelList> models();

  // Lists five well-known models, as a first choice for a new agent. Waits as models() does.
  Result<std::vector<DefaultModel>> default_models();

  // Asks the server what it knows about a key ("": the default key). Waits for the network.
  // Errors: unsupported, key_missing, key_malformed, and those of the server and of the network.
  Result<KeyInfo> key_info(std::string key = {});

  // Tells which models chat() would try for the request, and why. Sends nothing to a model. Waits
  // for the models list as models() does. Errors: invalid, unsupported.
  Result<Selection> select(Request request);

  // Sums the calls in the ledger by the dimensions of the query. Waits for the disk.
  // Errors: invalid.
  Result<std::vector<UsageRow>> usage(UsageQuery query = {});

  // Tells what past calls would have cost, with other models or at other prices. Waits for the
  // disk, and for the models list as models() does. Errors: invalid, malformed.
  Result<Replayed> replay(Replay query = {});

  // Tells how much of the prompts came from caches, and what hops between providers cost. Waits for
  // the disk, and for the models list as models() does. Errors: invalid.
  Result<Caching> caching(CachingQuery query = {});

  // Gives one page of ledger entries. Waits for the disk. Errors: invalid.
  Result<EntryPage> entries(EntryQuery query = {});

  // Gives one page of the attempts whose cost is not known. Waits for the disk. Errors: invalid.
  Result<UnknownPage> unknown(ListUnknown query = {});

  // Books a cost that a person has found out, for an attempt of unknown(). Waits for the disk.
  // Errors: invalid.
  Result<Done> settle(SettleCost cost);

  // Makes, changes or deletes a budget. Gives the budget after the change, or nothing if it was
  // deleted. Waits for the disk. The change holds in every process when the method returns.
  // Errors: invalid.
  Result<std::optional<Budget>> budget(SetBudget budget);

  // Adds an amount to the limit of a budget until a time. Gives the budget with it. Waits for the
  // disk. The override holds in every process when the method returns. Errors: invalid.
  Result<Budget> override_budget(OverrideBudget change);

  // Lists the budgets in their present windows, by name. Waits for the disk.
  Result<std::vector<Budget>> budgets();

  // Lists the shares of limits that windows of budgets have spent. Waits for the disk.
  // Errors: invalid.
  Result<std::vector<Crossing>> crossings(ListCrossings query = {});
  Result<std::vector<PerformanceRow>> performance(PerformanceQuery query = {});

  // Refuses all calls that match the scope. Waits for the disk. The block holds in every process
  // when the method returns. The scope has at least one part: run(BlockCalls{.everything = true})
  // refuses every call. Errors: invalid.
  Result<Done> block(Scope scope);

  // Lifts the block that has exactly this scope. Waits for the disk. Errors: invalid.
  Result<Done> unblock(Scope scope);

  // Lists the blocks. Waits for the disk.
  Result<std::vector<Block>> blocks();

  // Makes, changes or deletes a rate limit. Gives it after the change, or nothing if it was
  // deleted. Waits for the disk. The change holds in every process when the method returns.
  // Errors: invalid.
  Result<std::optional<RateLimit>> rate_limit(SetRateLimit limit);

  // Lists the rate limits with what counts in them now, by name. Waits for the disk.
  Result<std::vector<RateLimit>> rate_limits();

  // Lists the models and providers that cool down. Waits for the disk.
  Result<std::vector<Cooldown>> cooldowns();

  // Ends the cool-downs of a model and of its providers, or of one of its providers alone, at once,
  // in every process. Waits for the disk. Errors: invalid.
  Result<Done> end_cooldown(std::string model, std::string provider = {});

  // Accepts the wall clock after a jump. Until then hard budgets refuse calls with `clock`. Waits
  // for the disk.
  Result<Done> accept_clock();

  // Asks the server for the costs that are not known, and books them. Waits for the network. A
  // failed lookup is not an error: Reconciled::trouble tells it.
  Result<Reconciled> reconcile();

  // Checks the whole ledger. Waits for the disk. A damaged ledger is not an error:
  // Verification::problems tells the damage.
  Result<Verification> verify();
  // Repairs what verify() finds in sums and budgets. Returns what it finds afterwards.
  Result<Verification> mend();

  // Copies the ledger to `path` while other processes write to it. Waits for the disk.
  // Errors: invalid.
  Result<Done> backup(std::string path);

  // Deletes the entries that were booked before a time. Waits for the disk. Errors: invalid.
  Result<Pruned> prune(Time before);

  // Runs any operation of operations.hpp and waits for its end.
  template <class Op>
  Result<typename Op::Result> run(Op operation) {
    const auto end = end_of(submit(std::move(operation)));
    if (!end) return end.error();
    if constexpr (std::is_same_v<typename Op::Result, Reply>)
      return *end->reply;
    else
      return std::get<typename Op::Result>(*end->result);
  }

  // The absolute path of the ledger. Empty if neither an option, nor a variable, nor a home folder
  // gives a path. Then every operation fails with ledger_unavailable.
  const std::string& ledger_path() const;
  const std::string& base_url() const;
  // Whether there is a key for calls whose route names no key.
  bool has_key() const;
  // Whether the client was used before this process was forked. Such a client cannot be used here.
  bool is_forked() const;

  // A new client with the same settings, for the child of a fork. A ledger in memory is a new one.
  // Does not touch the disk or the network.
  Client reopened() const;

  // Cancels the running calls, books them, syncs the ledger and joins the threads. Waits at most 5
  // seconds. A thread that waits for a call gets the final event of the call. Later operations fail
  // with `closed`.
  void close();

  // ---- Low-level functions: for a program that serves many calls from one thread, and for a
  // binding to another language. The methods above are made of these.
  //
  // Only next() and ready() wait, and at most for their timeout. The first submit() waits for the
  // disk while the ledger is opened.

  // Begins an operation. Returns its id, which is above 0. Returns a Code below 0 if the operation
  // cannot begin: forked, closed or full. Every other error comes as the final event.
  std::int64_t submit(Operation operation);

  // Appends the waiting events of the operation `id` to `events`. Waits for the first event at most
  // `timeout`, or without limit if `timeout` is below 0. Only one thread at a time may wait for an
  // operation: another thread gets NextStatus::busy.
  NextStatus next(std::int64_t id, std::chrono::milliseconds timeout, std::vector<Event>& events);

  // Ends an operation early. Does not wait.
  //   forget = false: the final event follows. It is an error with `cancelled`, or `done` if the
  //     operation had already ended.
  //   forget = true: no event follows, and a thread that waits in next() gets NextStatus::over.
  // The ledger books the call in both cases. Its state is `unknown` if the request may have been
  // sent. Does nothing for an id that has ended. Returns Code::ok or Code::forked.
  Code cancel(std::int64_t id, bool forget = false);

  // Returns the id of an operation that has events, and for which no thread waits in next().
  // Returns each id once, and again only after next() has taken its events. Waits at most
  // `timeout`, or without limit if `timeout` is below 0. Returns 0 if the time has passed or wake()
  // was called. Returns a Code below 0 if no id can follow: forked, or closed when the client is
  // closed and no id is left. Another thread may get an id from ready() before submit() has
  // returned it. So the thread that submitted calls next(id, 0) once.
  std::int64_t ready(std::chrono::milliseconds timeout);

  // A file descriptor that is readable while ready() has an id to return. For select, poll and
  // epoll: do not read from it and do not close it. It lives as long as the client. Returns -1 if
  // the process has no descriptor left, or if the client was used before a fork.
  int fd();

  // Makes one ready() return 0: the ready() that waits now, or else the next ready() that finds no
  // id. Has no effect on next(). Does not wait.
  void wake();

 private:
  friend class Stream;
  friend struct ClientAccess;
  struct Impl;
  explicit Client(std::shared_ptr<Impl> impl);
  static std::shared_ptr<Impl> with(std::shared_ptr<const Settings> settings);
  static void close_forgotten();
  Result<Event> end_of(std::int64_t id);
  std::shared_ptr<Impl> impl_;
};

// A call whose answer comes in pieces. Only one thread at a time may use a stream. cancel() may be
// called from any thread.
//
//   auto stream = client.stream({.body = wayfare::user_message("Hello")});
//   while (auto event = stream.next()) std::cout << event->text << std::flush;
//   auto reply = stream.reply().value();
class Stream {
 public:
  // Cancels a call that has not ended. The ledger still books it. Does not wait.
  ~Stream();
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;

  // Waits for the next event that is not final. Returns null when the call has ended. The event is
  // valid until the following next().
  const Event* next();

  // Waits for the end of the call and drops the events that next() has not taken. Gives the whole
  // reply, or the errors of Client::chat(). Error::reply has the part of the answer that came
  // before the failure.
  Result<Reply> reply();

  // Cancels the call. Does not wait. reply() then gives `cancelled`, or the reply if the call had
  // already ended.
  void cancel();

  // The id of the call, as Client::submit() returns it.
  std::int64_t id() const noexcept { return id_; }

 private:
  friend class Client;
  Stream(std::shared_ptr<Client::Impl> impl, std::int64_t id);
  std::shared_ptr<Client::Impl> impl_;
  std::int64_t id_ = 0;
  std::vector<Event> batch_;
  std::size_t at_ = 0;
  std::shared_ptr<const Reply> reply_;
  std::shared_ptr<const Error> error_;
};

} // namespace wayfare
