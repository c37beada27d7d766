// The verbs.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <wayfare/error.hpp>
#include <wayfare/ledger.hpp>
#include <wayfare/model.hpp>
#include <wayfare/options.hpp>
#include <wayfare/reply.hpp>
#include <wayfare/request.hpp>

namespace wayfare {

class Stream;

// Calls, and the ledger they are booked in. Any method may be called from any thread at any time,
// except that close() and the destructor must be the last. Opening is free of effects: the ledger,
// the network and the threads (one for the network, one or two for the ledger file, shared by the
// process's clients of that file) start at the first use. After a fork a used client answers
// `forked` in the child, where a new one works.
class Client {
 public:
  // Judges the options, nothing else.
  static Result<Client> open(Options options = {});
  ~Client(); // close()
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  // Sends the request and waits for the whole answer.
  Result<Reply> chat(Request request);

  // Sends the request ("stream": true is added) and gives its events as they come. What fails is
  // told by the stream.
  Stream stream(Request request);

  // Queries; see ledger.hpp. They wait for the ledger, not for the network.
  Result<std::vector<UsageRow>> usage(const UsageQuery& query = {});
  Result<EntryPage> entries(const EntryQuery& query = {});

  // The models that can be asked for, with their prices: the server's list, which is kept on the
  // disk and shared by the machine's processes. It is fetched at the first need, again in the
  // background once it is no longer fresh, and served stale with the network gone; where none was
  // ever fetched, five that are built in stand for it. Waits for the network where there is only
  // those, 10 s at most. Source: GET /models, which lists what answers in text.
  Result<ModelList> models();

  // What the route makes of the request: the models it would try, with the reasons, and those that
  // are out. Nothing is sent.
  Result<Selection> select(Request request);
  // Limits and switches, for every process of the ledger from the moment of their return; see
  // ledger.hpp.
  Result<BudgetState> budget(Budget budget); // as it stands now; with `remove`: that of nothing
  Result<std::vector<BudgetState>> budgets();
  Result<bool> block(Scope scope); // true
  Result<bool> unblock(Scope scope);
  Result<std::vector<Scope>> blocks();
  Result<bool> accept_clock();

  // Asks the server about attempts whose cost is not known, and books what it tells; see
  // ledger.hpp. Waits for the network, not for ever where that is gone: Reconciled::trouble then
  // says so.
  Result<Reconciled> reconcile();

  // Care of the ledger's file; see ledger.hpp. They wait for the disk.
  Result<Verification> verify();
  Result<bool> backup(const std::string& path); // true
  Result<Pruned> prune(Time before);

  // The verbs that all of the above stand on.
  //
  // submit: an id > 0 at once, or a Code below 0 (forked, closed, full). Never judges a request:
  // what is malformed or refused comes as its final event. With `stream` the body gets "stream":
  // true, else a body's own "stream": true is refused.
  std::int64_t submit(Request request, bool stream);
  std::int64_t submit(UsageQuery query);
  std::int64_t submit(EntryQuery query);
  std::int64_t submit(ModelsQuery query);
  std::int64_t submit(ReconcileQuery query);
  std::int64_t submit_select(Request request);
  std::int64_t submit(Order order);

  // next: moves all events that wait for `id` to the end of `events`. Waits at most `timeout` for
  // the first; negative: for ever.
  Next next(std::int64_t id, std::chrono::milliseconds timeout, std::vector<Event>& events);

  // cancel: ends a call early; it still gets its final event, `error` with `cancelled`, or `done`
  // where it was too late. With `forget` no event follows and waiters return `over`. The booking
  // goes on in either case: a call that may have been sent is `unknown`. Does nothing for an id
  // that is over.
  Code cancel(std::int64_t id, bool forget = false);

  // For those who serve many calls from one thread: an id is listed when an event comes while
  // nobody waits in its next().
  //
  // ready: a listed id, told once until next() takes its events; waits at most `timeout` for one,
  // negative: for ever. 0: none, or woken. Below 0: Code::closed, once none is listed any more, or
  // Code::forked. It may name an id before its submit() has returned: whoever registers an id takes
  // next(id, 0) once.
  std::int64_t ready(std::chrono::milliseconds timeout);

  // fd: a descriptor that is readable while ready() has something to tell; for select, poll, epoll
  // and their like, and not to be read. -1 where the process has none left. It lives as long as the
  // client.
  int fd();

  // wake: makes one ready() return 0, the one that waits or the next that finds nothing listed.
  // Does not touch next().
  void wake();

  // The path of the ledger, made absolute; empty where there is neither an option nor a home (every
  // call then fails and says so).
  const std::string& ledger_path() const;
  // The base URL, as it is used.
  const std::string& base_url() const;
  // Whether there is a key, of whatever worth, for calls without a Route::key.
  bool has_key() const;

  // Whether the client was used before this process was forked from another: every method then
  // answers Code::forked.
  bool is_forked() const;

  // Cancels what runs, books it, syncs the ledger and joins the threads; at most 5 s. Waiters get
  // their final event, later calls `closed`.
  void close();

 private:
  friend class Stream;
  friend struct ClientAccess;
  struct Impl;
  explicit Client(std::shared_ptr<Impl> impl);
  static void close_forgotten();
  Result<bool> done(Order order);
  std::shared_ptr<Impl> impl_;
};

// One streamed call. Not for several threads at once, but for cancel().
//
//   auto stream = client.stream({.body = wayfare::user_message("Hello")});
//   while (auto event = stream.next()) std::cout << event->text << std::flush;
//   auto reply = stream.reply().value();
class Stream {
 public:
  ~Stream(); // cancels and forgets what has not ended
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;

  // The next delta, waiting for it; null at the end. The event stays yours until the following
  // next().
  const Event* next();

  // After the end: the whole reply, or why there is none (Error::reply then has what came). Before
  // the end: waits for it, dropping what comes.
  Result<Reply> reply();

  // From any thread.
  void cancel();

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
