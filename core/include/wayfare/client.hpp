// A client: calls, reports and limits.
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

// Makes calls and keeps the ledger they are booked in.
//
// Threads. Any method may be called from any thread at any time. Only close() and the destructor
// must be the last. The methods of one operation wait for its end. They never hold up another call.
//
// Processes. Any number of them may use one ledger. After a fork, a client that was used answers
// `forked` in the child, where a new client works. A client that was not used works in both.
//
// Errors. Each method can give the errors of its operation and `forked`, `closed`, `full` and
// `no_memory`. operations.hpp tells what each operation does.
class Client {
 public:
  // Judges the options and does nothing else. The ledger, the network and the threads start at the
  // first use: one thread for the network, and one or two for the file of a ledger, which all
  // clients of that file in the process share. Errors: invalid.
  static Result<Client> open(Options options = {});
  ~Client(); // as close()
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  // Sends the request and waits for the whole answer.
  Result<Reply> chat(Request request);

  // Sends the request and gives its events as they come. It returns at once. What goes wrong is
  // told by the stream.
  Stream stream(Request request);

  // The models that can be asked for, and those that a request would take. Nothing is sent to a
  // model.
  Result<ModelList> models();
  Result<Selection> select(Request request);

  // Reports. They wait for the disk.
  Result<std::vector<UsageRow>> usage(UsageQuery query = {});
  Result<EntryPage> entries(EntryQuery query = {});

  // Limits. They wait for the disk. When they return, they hold in every process of the ledger.
  Result<std::optional<Budget>> budget(SetBudget budget);
  Result<std::vector<Budget>> budgets();
  Result<Done> block(Scope scope);
  Result<Done> unblock(Scope scope);
  Result<std::vector<Block>> blocks();
  Result<Done> accept_clock();

  // Care of the ledger. reconcile() waits for the network, the others for the disk.
  Result<Reconciled> reconcile();
  Result<Verification> verify();
  Result<Done> backup(std::string path);
  Result<Pruned> prune(Time before);

  // Carries out any operation and waits for its end.
  template <class Op>
  Result<typename Op::Result> run(Op operation) {
    const auto end = end_of(submit(std::move(operation)));
    if (!end) return end.error();
    if constexpr (std::is_same_v<typename Op::Result, Reply>)
      return *end->reply;
    else
      return std::get<typename Op::Result>(*end->result);
  }

  // The path of the ledger, made absolute. Empty where neither an option nor a home folder names
  // one: then every operation fails and says so.
  const std::string& ledger_path() const;
  const std::string& base_url() const;
  // Whether there is a key for calls that name none.
  bool has_key() const;
  // Whether this process was forked from the one that used the client.
  bool is_forked() const;

  // Cancels the calls that run, books them, syncs the ledger and joins the threads. It takes at
  // most 5 seconds. A thread that waits for a call gets its final event. Later calls fail with
  // `closed`.
  void close();

  // ---- For those who serve many calls from one thread, or write a binding. The methods above
  // stand on these. None of these waits, but for next() and ready() as far as they are told to.

  // Begins an operation. Gives an id above 0, or a Code below 0: forked, closed or full. What is
  // wrong with the operation comes as its final event.
  std::int64_t submit(Operation operation);

  // Moves the events that are there for `id` to the end of `events`. Waits at most `timeout` for
  // the first one, and for ever where it is below 0.
  NextStatus next(std::int64_t id, std::chrono::milliseconds timeout, std::vector<Event>& events);

  // Ends a call early. It still gets its final event: an error with `cancelled`, or `done` where it
  // was too late. With `forget` no event follows, and a thread that waits for the call gets `over`.
  // The call is booked in both cases, and is `unknown` where it may have been sent. An id that is
  // over is left alone. Gives Code::ok or Code::forked.
  Code cancel(std::int64_t id, bool forget = false);

  // Gives the id of a call that has events for which nobody waits in next(). An id is told once,
  // until next() takes its events. Waits at most `timeout`, and for ever where it is below 0. Gives
  // 0 where no id came or wake() was called, and a Code below 0: forked, or closed when no id is
  // left. An id may be told before the submit() that gives it has returned: after an id is known,
  // call next(id, 0) once.
  std::int64_t ready(std::chrono::milliseconds timeout);

  // A file descriptor that is readable while ready() has an id to tell, for select, poll and epoll.
  // It must not be read. It lives as long as the client. -1 where the process has no descriptor
  // left.
  int fd();

  // Makes one ready() give 0: one that waits, or the next one that finds no id. It has no effect on
  // next().
  void wake();

 private:
  friend class Stream;
  friend struct ClientAccess;
  struct Impl;
  explicit Client(std::shared_ptr<Impl> impl);
  static void close_forgotten();
  Result<Event> end_of(std::int64_t id);
  std::shared_ptr<Impl> impl_;
};

// A call whose answer comes in pieces. One thread at a time uses it; cancel() may come from any
// thread.
//
//   auto stream = client.stream({.body = wayfare::user_message("Hello")});
//   while (auto event = stream.next()) std::cout << event->text << std::flush;
//   auto reply = stream.reply().value();
class Stream {
 public:
  ~Stream(); // cancels and forgets a call that has not ended
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;

  // Waits for the next event that is not final. Null at the end. The event is valid until the
  // following next().
  const Event* next();

  // The whole reply, or why there is none: Error::reply then has what came. Before the end it waits
  // and drops the events.
  Result<Reply> reply();

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
