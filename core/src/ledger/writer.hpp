// The one thread of a process that writes a ledger file. Commands queue up; what has queued is one
// group: one transaction, one sync.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <wayfare/options.hpp>
#include <wayfare/error.hpp>

#include "values/booking.hpp"
#include "ledger/ledger_file.hpp"
#include "ledger/sqlite.hpp"
#include "os/worker.hpp"

namespace wayfare::ledger {

class Writer final : os::Duty {
 public:
  // Answers come on the writer's thread and must not wait.
  using Reserved = std::function<void(const Verdict&)>;
  using Booked = std::function<void()>;
  // Runs in a transaction. An Error has changed nothing.
  using Change = std::function<std::optional<Error>(File&, std::int64_t now_us)>;
  using Changed = std::function<void(const std::optional<Error>&)>;
  // null where the file cannot be opened
  using Visit = std::function<void(sqlite::Database*, const std::optional<Error>&)>;

  // `path` is absolute, or ":memory:". The file is opened with the first command.
  explicit Writer(std::string path) : file_(std::move(path)) {}
  void start() { worker_.start(os::RestOrder::writers); } // as os::Worker::start

  // A command that is given `later` is taken up with the next one that is not, or by wake_up(): a
  // switch to the thread for each costs more than the command.
  enum class Wake : std::uint8_t { now, later };
  void reserve(std::shared_ptr<const Reservation> reservation, Durability durability,
               Reserved answer, Wake wake = Wake::now);
  void note(Uid uid, std::string generation_id, Wake wake = Wake::now);
  // Never refused: where it cannot be committed it is tried again, until stop().
  void book(Uid uid, Ending ending, Durability durability, Booked answer, Wake wake = Wake::now);
  void wake_up();
  // Answered once it is synced. `mends`: see File::open.
  void change(Change change, Changed answer, bool mends = false);
  // Between two groups, on the writer's connection.
  void visit(Visit visit);

  // As of the last commit that changed it; null before the file is open. From any thread.
  std::shared_ptr<const LedgerView> view();

  // Commits what waits, marks what has no end as unknown, syncs, and ends the thread. False if that
  // took longer than until `deadline`: then the thread is left to itself, and this object must
  // never be destroyed.
  bool stop(std::chrono::steady_clock::time_point deadline);
  os::Worker& worker() noexcept { return worker_; }

 private:
  struct Command {
    enum class Kind : std::uint8_t { reserve, note, book, change, visit } kind;
    bool sync = false; // before the answer
    bool mends = false;
    Uid uid;
    std::shared_ptr<const Reservation> reservation;
    Reserved reserved;
    std::unique_ptr<Verdict> verdict; // once it was applied
    std::unique_ptr<Ending> ending;
    Booked booked;
    std::string generation_id; // of a note
    struct Task {
      Change change;
      Changed changed;
      std::optional<Error> refusal; // once it was applied
      Visit visit;
    };
    std::unique_ptr<Task> task; // of a change or a visit
  };
  using Group = std::vector<std::unique_ptr<Command>>;

  // These are the functions of os::Duty.
  void step() override;
  bool is_finished() override;
  void leave() noexcept override;
  void rest() noexcept override;
  void wake() noexcept override;
  void in_child() noexcept override { file_.drop_locks(); }

  void push(std::unique_ptr<Command> command, Wake wake = Wake::now);
  void wait(std::unique_lock<std::mutex>& lock);
  void disconnect();
  void queue_again(Group& group);
  void work(Group group);
  bool open(Group& group);
  bool commit(Group& group);
  void apply(Command& command, std::int64_t now_us);
  void answer(Group& group, const std::optional<Error>& error);
  void fail(Group& group, const Error& error);
  void keep_stuck(Group& group, const sqlite::Failure& failure);
  void refuse_while_stuck(Group& group);
  bool sync(Group& group);
  void checkpoint_if_due();
  void sweep_if_due();

  void publish_view();

  std::mutex view_mutex_;
  std::shared_ptr<const LedgerView> view_;

  // Shared, under mutex_.
  std::mutex mutex_;
  std::condition_variable wake_;
  Group queue_;
  // a change that goes on in steps must not hold up the end
  enum class Intake : std::uint8_t { open, no_changes, closed };
  Intake intake_ = Intake::open;

  // The writer thread's own.
  File file_;
  Group kept_; // books that could not be committed
  // Books that the content of the file prevents, and why. They are tried again after a change.
  Group stuck_;
  std::string stuck_why_;
  std::optional<std::chrono::steady_clock::time_point> unsynced_since_;
  std::chrono::steady_clock::time_point last_commit_{}, last_sweep_{};
  bool wal_used_ = false; // since it was last cut

  // the last member: the thread ends before the rest goes
  os::Worker worker_{"wayfare-ledger", *this};
};

} // namespace wayfare::ledger
