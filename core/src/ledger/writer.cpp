#include "ledger/writer.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <new>

#include "os/clock.hpp"

namespace wayfare::ledger {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// commands in a transaction, so that none holds the gate for long
constexpr std::ptrdiff_t group_max = 1024;
constexpr auto sync_after = milliseconds(100); // the oldest commit that no reservation has synced
constexpr auto retry_after = milliseconds(200);
constexpr auto sweep_after = std::chrono::seconds(30);
constexpr auto truncate_after = std::chrono::seconds(60); // of quiet
constexpr std::int64_t checkpoint_pages = 1024;           // 4 MiB of WAL

Error unavailable(const sqlite::Failure& failure, const std::string& path) {
  const bool full = failure.kind() == sqlite::Failure::Kind::full;
  return Error{.code = Code::ledger_unavailable,
               .message = std::string("the ledger cannot be written: ") + failure.what() +
                          "; nothing was sent",
               .advice = full ? "make room on the disk of " + path
                              : "check the path, its permissions and its disk",
               .retryable = true};
}

} // namespace

void Writer::push(std::unique_ptr<Command> command, Wake wake) {
  std::unique_lock lock(mutex_);
  if (intake_ == Intake::open ||
      (intake_ == Intake::no_changes && command->kind != Command::Kind::change)) {
    queue_.push_back(std::move(command));
    lock.unlock();
    if (wake == Wake::now) wake_.notify_one();
    return;
  }
  lock.unlock();
  const Error closed{
      .code = Code::closed, .message = "the client is closed", .advice = "open another"};
  if (command->reserved) command->reserved({closed});
  if (command->task && command->task->changed) command->task->changed(closed);
  if (command->task && command->task->visit) command->task->visit(nullptr, closed);
}

void Writer::reserve(std::shared_ptr<const Reservation> reservation, Durability durability,
                     Reserved answer, Wake wake) {
  std::unique_ptr<Command> command(new Command{.kind = Command::Kind::reserve,
                                               .sync = durability != Durability::no_sync,
                                               .uid = reservation->uid});
  command->reservation = std::move(reservation);
  command->reserved = std::move(answer);
  push(std::move(command), wake);
}
void Writer::note(Uid uid, std::string generation_id, Wake wake) {
  std::unique_ptr<Command> command(
      new Command{.kind = Command::Kind::note, .sync = false, .uid = uid});
  command->generation_id = std::move(generation_id);
  push(std::move(command), wake);
}
void Writer::book(Uid uid, Ending ending, Durability durability, Booked answer, Wake wake) {
  std::unique_ptr<Command> command(new Command{
      .kind = Command::Kind::book, .sync = durability == Durability::sync_all, .uid = uid});
  command->ending = std::make_unique<Ending>(std::move(ending));
  command->booked = std::move(answer);
  push(std::move(command), wake);
}
void Writer::wake_up() {
  {
    std::lock_guard lock(mutex_);
    if (queue_.empty()) return; // taken up with another
  }
  wake_.notify_one();
}
void Writer::change(Change change, Changed answer, bool mends) {
  std::unique_ptr<Command> command(
      new Command{.kind = Command::Kind::change, .sync = true, .mends = mends});
  command->task.reset(new Command::Task{.change = std::move(change), .changed = std::move(answer)});
  push(std::move(command));
}
void Writer::visit(Visit visit) {
  std::unique_ptr<Command> command(new Command{.kind = Command::Kind::visit});
  command->task.reset(new Command::Task{.visit = std::move(visit)});
  push(std::move(command));
}

bool Writer::stop(Clock::time_point deadline) {
  {
    std::lock_guard lock(mutex_);
    intake_ = Intake::no_changes;
  }
  return worker_.stop(deadline);
}

// ---- The thread.

void Writer::wake() noexcept {
  { std::lock_guard lock(mutex_); } // it is either before its look at the queue, or waiting
  wake_.notify_one();
}

void Writer::step() {
  Group group;
  {
    std::unique_lock lock(mutex_);
    wait(lock);
    if (std::ssize(queue_) <= group_max) {
      group.swap(queue_);
    } else {
      const auto end = queue_.begin() + group_max;
      std::move(queue_.begin(), end, std::back_inserter(group));
      queue_.erase(queue_.begin(), end);
    }
  }
  if (!group.empty() || !worker_.is_called()) work(std::move(group));
}

bool Writer::is_finished() {
  std::lock_guard lock(mutex_);
  if (!queue_.empty()) return false;
  intake_ = Intake::closed;
  return true;
}

void Writer::leave() noexcept {
  std::ranges::move(std::exchange(stuck_, {}), std::back_inserter(kept_));
  if (!kept_.empty()) work({}); // once more
  file_.leave();
}

void Writer::wait(std::unique_lock<std::mutex>& lock) {
  const auto called = [this] { return !queue_.empty() || worker_.is_called(); };
  std::optional<Clock::time_point> until;
  if (unsynced_since_)
    until = *unsynced_since_ + sync_after;
  else if (wal_used_)
    until = last_commit_ + truncate_after;
  if (file_.is_open() && !file_.in_memory())
    until = std::min(until.value_or(Clock::time_point::max()), last_sweep_ + sweep_after);
  if (!kept_.empty())
    until = std::min(until.value_or(Clock::time_point::max()), Clock::now() + retry_after);
  if (!until)
    wake_.wait(lock, called);
  else
    wake_.wait_until(lock, *until, called);
}

// SQLite's table of locks would be inherited, so no connection may be open. It opens again at the
// next use.
void Writer::rest() noexcept {
  Group nobody;
  if (unsynced_since_) sync(nobody);
  if (!file_.in_memory()) disconnect();
}

// The WAL keeps what is committed: whoever opens the file next syncs it with the next reservation,
// and cuts it.
void Writer::disconnect() {
  file_.close();
  unsynced_since_.reset();
  wal_used_ = false;
}

// A foreign writer holds the file: the calls' own deadlines bound the wait.
void Writer::queue_again(Group& group) {
  std::this_thread::sleep_for(milliseconds(10)); // SQLite does not always wait before it says so
  std::lock_guard lock(mutex_);
  std::move(queue_.begin(), queue_.end(), std::back_inserter(group));
  queue_ = std::move(group);
}

void Writer::work(Group group) {
  std::move(kept_.begin(), kept_.end(), std::back_inserter(group));
  kept_.clear();
  if (!open(group)) return;
  Group visits; // after the transaction
  for (auto& command : group)
    if (command->kind == Command::Kind::visit) visits.push_back(std::move(command));
  std::erase(group, nullptr);
  refuse_while_stuck(group);

  if (!group.empty() && commit(group)) {
    if (sync(group)) answer(group, std::nullopt);
  } else if (group.empty() && unsynced_since_ && Clock::now() >= *unsynced_since_ + sync_after) {
    Group nobody;
    sync(nobody);
  }
  for (const auto& command : visits) {
    if (file_.is_open())
      command->task->visit(&file_.database(), std::nullopt);
    else
      command->task->visit(
          nullptr, Error{.code = Code::no_memory, .message = "out of memory", .retryable = true});
  }
  sweep_if_due();
  checkpoint_if_due();
}

// True where the file is open; else the group has its answers.
bool Writer::open(Group& group) {
  if (file_.is_open()) return true;
  if (group.empty()) return false; // a timer: nothing that would need it
  try {
    file_.open(std::ranges::any_of(group, [](const auto& one) { return one->mends; }));
    last_sweep_ = Clock::now();
    return true;
  } catch (const Refused& refused) {
    fail(group, refused.error);
  } catch (const sqlite::Failure& failure) {
    if (failure.kind() == sqlite::Failure::Kind::busy) return queue_again(group), false;
    Error error = unavailable(failure, file_.path());
    if (failure.kind() == sqlite::Failure::Kind::not_database) {
      error.code = Code::ledger_foreign;
      error.message = file_.path() + " is not a wayfare ledger; nothing was sent";
      error.advice = "give another path";
      error.retryable = false;
    }
    fail(group, error);
  } catch (const std::bad_alloc&) {
    fail(group, Error{.code = Code::no_memory, .message = "out of memory", .retryable = true});
  }
  return false;
}

// One transaction for the group. Where it fails, the commands are tried one by one, so that one bad
// one spoils no other. False where nothing is left to be answered.
bool Writer::commit(Group& group) {
  try {
    const os::Gate gate(file_.lock());
    const std::int64_t now = file_.begin();
    for (const auto& command : group) apply(*command, now);
    file_.commit();
    publish_view();
    last_commit_ = Clock::now();
    if (!unsynced_since_) unsynced_since_ = last_commit_;
    wal_used_ = true;
    const bool changed = std::ranges::any_of(
        group, [](const auto& command) { return command->kind == Command::Kind::change; });
    if (changed) std::ranges::move(std::exchange(stuck_, {}), std::back_inserter(kept_));
    return true;
  } catch (const sqlite::Failure& failure) {
    file_.roll_back();
    if (failure.kind() == sqlite::Failure::Kind::busy) {
      queue_again(group);
    } else if (group.size() > 1) {
      for (auto& command : group) {
        Group alone;
        alone.push_back(std::move(command));
        if (commit(alone) && sync(alone)) answer(alone, std::nullopt);
      }
    } else {
      keep_stuck(group, failure);
      fail(group, unavailable(failure, file_.path()));
    }
  } catch (const Refused& refused) {
    file_.roll_back();
    fail(group, refused.error);
  } catch (const std::bad_alloc&) {
    disconnect(); // rolls back
    fail(group, Error{.code = Code::no_memory,
                      .message = "out of memory; nothing was sent",
                      .retryable = true});
  }
  return false;
}

void Writer::publish_view() {
  const auto& view = file_.rows().view();
  if (view == view_) return; // which this thread alone changes
  std::lock_guard lock(view_mutex_);
  view_ = view;
}

std::shared_ptr<const LedgerView> Writer::view() {
  std::lock_guard lock(view_mutex_);
  return view_;
}

void Writer::apply(Command& command, std::int64_t now_us) {
  switch (command.kind) {
    case Command::Kind::reserve:
      command.verdict =
          std::make_unique<Verdict>(file_.rows().reserve(*command.reservation, now_us));
      return;
    case Command::Kind::note: return file_.rows().note(command.uid, command.generation_id);
    case Command::Kind::book: file_.rows().end(command.uid, *command.ending, now_us); return;
    case Command::Kind::change: command.task->refusal = command.task->change(file_, now_us); return;
    case Command::Kind::visit: return;
  }
}

void Writer::answer(Group& group, const std::optional<Error>& error) {
  for (const auto& command : group) {
    if (command->reserved) command->reserved(error ? Verdict{.refused = error} : *command->verdict);
    if (command->booked) command->booked();
    if (!command->task) continue;
    if (command->task->changed) command->task->changed(error ? error : command->task->refusal);
    if (command->task->visit) command->task->visit(nullptr, error);
  }
}

// Reservations are refused, ends are kept, notes are lost: the end brings the generation id again.
void Writer::fail(Group& group, const Error& error) {
  for (auto& command : group)
    if (command->kind == Command::Kind::book) kept_.push_back(std::move(command));
  std::erase(group, nullptr);
  answer(group, error);
}

// A book that fails because of the file's content would fail again and again.
void Writer::keep_stuck(Group& group, const sqlite::Failure& failure) {
  const bool is_content = failure.kind() == sqlite::Failure::Kind::content ||
                          failure.kind() == sqlite::Failure::Kind::constraint;
  if (!is_content || group.front()->kind != Command::Kind::book) return;
  stuck_why_ = failure.what();
  stuck_.push_back(std::move(group.front()));
  group.clear();
}

// While an end cannot be booked, nothing is reserved.
void Writer::refuse_while_stuck(Group& group) {
  if (stuck_.empty()) return;
  Group refused;
  for (auto& command : group)
    if (command->kind == Command::Kind::reserve) refused.push_back(std::move(command));
  std::erase(group, nullptr);
  answer(refused,
         Error{.code = Code::ledger_unavailable,
               .message = "the end of a call cannot be booked, because of the content of " +
                          file_.path() + ": " + stuck_why_ + "; nothing was sent",
               .advice = "look at the damage with verify, and repair it with mend",
               .retryable = true});
}

// Outside the gate: others commit while the disk works. False where it failed and the group has its
// answers.
bool Writer::sync(Group& group) {
  const auto wants = [](const auto& command) {
    return command->sync && !(command->verdict && !command->verdict->is_granted());
  };
  const bool wanted = group.empty() || std::ranges::any_of(group, wants);
  if (!wanted) return true;
  try {
    file_.database().sync();
    unsynced_since_.reset();
    return true;
  } catch (const sqlite::Failure& failure) {
    // A reservation that may not survive a power cut is not sent: it is voided, as nothing was
    // given to the network.
    unsynced_since_ = Clock::now();
    for (const auto& command : group) {
      if (command->kind == Command::Kind::reserve && command->verdict->is_granted())
        book(command->uid, Ending{.state = State::voided, .error = Code::ledger_unavailable},
             Durability::no_sync, {});
      if (command->booked) command->booked(); // committed all the same
      command->booked = {};
    }
    answer(group, unavailable(failure, file_.path()));
    return false;
  }
}

// Ends what processes that are gone have left. Whoever looks first finds it.
void Writer::sweep_if_due() {
  if (!file_.is_open() || file_.in_memory() || Clock::now() < last_sweep_ + sweep_after) return;
  last_sweep_ = Clock::now();
  try {
    file_.sweep_others();
  } catch (const std::exception&) {
    // The next one will do it.
  } catch (const Refused&) {
    // So will a newer wayfare.
  }
}

// A long WAL is moved into the file; after a quiet minute it is also cut.
void Writer::checkpoint_if_due() {
  if (!file_.is_open() || file_.in_memory() || !wal_used_) return;
  const bool quiet = !unsynced_since_ && Clock::now() >= last_commit_ + truncate_after;
  if (!quiet && file_.database().wal_pages() < checkpoint_pages) return;
  try {
    const os::Gate gate(file_.lock());
    file_.database().checkpoint(quiet);
  } catch (const sqlite::Failure&) {
    // The WAL holds everything; the next one will do it.
  }
  if (quiet) wal_used_ = false;
}

} // namespace wayfare::ledger
