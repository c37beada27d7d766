#include "ledger/shared_ledger.hpp"

#include <map>
#include <new>
#include <set>
#include <system_error>

#include "ledger/ledger_steps.hpp"
#include "os/files.hpp"

namespace wayfare::ledger {

// The ledgers of the process by file, guarded by os::fork_mutex(). On the heap and never freed: it
// may be used during exit.
struct Ledgers : os::Parkable {
  std::map<os::FileId, std::shared_ptr<Ledger>> open;
  // In the child of a fork: the files whose writer did not come to rest before the fork.
  std::set<os::FileId> forked;

  static Ledgers& all() {
    static auto* const one = new Ledgers;
    return *one;
  }
  bool enrolled = false;

  void park() override {}
  void unpark() noexcept override {}
  void in_child() noexcept override {
    // Never freed: its threads do not exist in this process and cannot be joined.
    auto* inherited = new std::map<os::FileId, std::shared_ptr<Ledger>>;
    inherited->swap(open);
    for (const auto& [file, ledger] : *inherited)
      if (!ledger->writer_->worker().rested()) forked.insert(file);
    enrolled = false;
  }
};

namespace {

Durability stricter(Durability one, Durability other) {
  if (one == Durability::sync_all || other == Durability::sync_all) return Durability::sync_all;
  return one == Durability::no_sync ? other : one;
}

Error not_opened(std::string why, const std::string& remedy = {}) {
  const bool is_short = !os::has_descriptor();
  return Error{.code = Code::ledger_unavailable,
               .message = "the ledger cannot be opened: " + std::move(why) + "; nothing was sent",
               .advice = is_short ? "close some files"
                                  : remedy +
                                        "give another path by the option ledger or by "
                                        "WAYFARE_LEDGER",
               .retryable = is_short};
}

} // namespace

Ledger::Ledger(const std::string& path, Durability durability)
    : path_(path),
      agent_texts_(path),
      durability_(durability),
      writer_(std::make_unique<Writer>(path)) {
  writer_->start();
}

Result<std::shared_ptr<Ledger>> Ledger::open(const std::string& path, Durability durability,
                                             bool remote_allowed) {
  if (path.empty())
    return Error{.code = Code::ledger_unavailable,
                 .message = "there is no home folder for the ledger; nothing was sent",
                 .advice = "give its path by the option ledger or by WAYFARE_LEDGER"};
  const bool in_memory = path == ":memory:";
  if (!in_memory) {
    // Only the default folder is made. A folder that the caller named may be missing because of a
    // mistake.
    const std::string folder = path.substr(0, path.rfind('/'));
    if (path == os::default_ledger()) {
      if (auto failed = os::make_folder(folder); !failed.empty()) return not_opened(failed);
    }
    if (const auto remote = os::remote_file_system_of(folder.empty() ? "/" : folder);
        !remote.empty() && !remote_allowed)
      return not_opened(
          folder + " is on " + std::string(remote) + ", and a ledger needs a local disk",
          "set allow_remote_ledger if only this machine uses the file, or ");
    if (!folder.empty() && !os::exists(folder))
      return not_opened("there is no folder " + folder, "make it, or ");
    // A file that can only be read is opened too: the writer refuses, and reports work.
    if (auto failed = os::make_file(path); !failed.empty() && !os::fault_of_reading(path).empty())
      return not_opened(failed);
  }

  std::lock_guard lock(os::fork_mutex());
  Ledgers& all = Ledgers::all();
  if (!all.enrolled) os::enrol(&all, os::RestOrder::registries);
  all.enrolled = true;
  // each client has its own ledger in memory
  if (in_memory) return std::make_shared<Ledger>(path, durability);
  const auto file = os::file_id(path);
  if (!file) return not_opened(path + " has gone");
  if (all.forked.contains(*file))
    return Error{.code = Code::forked,
                 .message = "the ledger " + path + " was in use when this process was forked",
                 .advice = "fork before the first call, or start a process instead"};
  if (const auto known = all.open.find(*file); known != all.open.end()) {
    ++known->second->clients_;
    known->second->durability_ = stricter(known->second->durability_, durability);
    return known->second;
  }
  // Opened by its real path, because the WAL and the lock file stand beside the file itself, not
  // beside a link to it.
  const std::string real = os::real_path(path);
  return all.open.emplace(*file, std::make_shared<Ledger>(real.empty() ? path : real, durability))
      .first->second;
}

bool Ledger::is_missing(const std::string& path) {
  return !path.empty() && path != ":memory:" && !os::exists(path);
}

void Ledger::release(std::shared_ptr<Ledger> ledger,
                     std::chrono::steady_clock::time_point deadline) {
  {
    std::lock_guard lock(os::fork_mutex());
    if (--ledger->clients_ > 0) return;
    std::erase_if(Ledgers::all().open, [&](const auto& known) { return known.second == ledger; });
  }
  // The threads stay enrolled while they stop, because a fork must find them at rest. The writer
  // stops first, because it may still give work to the reader.
  const bool written = ledger->writer_->stop(deadline);
  Reader* reader = nullptr;
  {
    // A thread may begin a report just now. It starts no reader from here on, and the writer, which
    // has stopped, refuses it.
    std::lock_guard lock(ledger->reader_mutex_);
    ledger->released_ = true;
    reader = ledger->reader_.get();
  }
  const bool read = !reader || reader->stop(deadline);
  std::lock_guard lock(os::fork_mutex());
  if (reader) reader->worker().withdraw();
  ledger->writer_->worker().withdraw();
  if (!read || !written) os::keep_for_ever(ledger); // a thread still runs and uses it
}

std::shared_ptr<const LedgerView> Ledger::view() {
  auto view = writer_->view();
  return view ? view : std::make_shared<const LedgerView>();
}

void Ledger::reserve(std::shared_ptr<const Reservation> reservation, Writer::Reserved answer,
                     Wake wake) {
  writer_->reserve(std::move(reservation), durability(), std::move(answer), wake);
}
void Ledger::note(Uid uid, std::string generation_id, Wake wake) {
  writer_->note(uid, std::move(generation_id), wake);
}
void Ledger::book(Uid uid, Ending ending, Writer::Booked answer, Wake wake) {
  // A call that begins to wait later asks behind this command, and needs no turn for it.
  if (!waiting_->is_empty())
    answer = [waiting = waiting_, answer = std::move(answer)] {
      if (answer) answer();
      waiting->changed();
    };
  writer_->book(uid, std::move(ending), durability(), std::move(answer), wake);
}

// Runs a job on the reader after the writer has opened the file, so that the reader never makes or
// checks a file. A ledger in memory has no reader: its writer runs the job.
void Ledger::on_reader(Reader::Job job, Reader::Failed failed,
                       std::function<void(const Error&)> refuse, GivenUp given_up) {
  try {
    start_reader();
  } catch (const std::system_error&) {
    return refuse(Error{.code = Code::no_memory,
                        .message = "the system gives the process no more threads",
                        .retryable = true});
  }
  writer_->visit([=, this](sqlite::Database* database, const std::optional<Error>& error) {
    if (given_up && *given_up) return;
    const bool in_memory = path_ == ":memory:";
    if (!database && !in_memory && error->code == Code::ledger_unavailable)
      return read_unwritten(job, failed, refuse, *error, given_up);
    if (!database) return refuse(*error);
    if (!in_memory) {
      std::lock_guard lock(reader_mutex_);
      if (!reader_) return refuse(error_of(Code::closed));
      reader_->run(job, failed, Reader::Mode::read_only, given_up);
      return;
    }
    try {
      job(*database);
    } catch (const sqlite::Failure& failure) {
      failed(failure);
    } catch (const std::bad_alloc&) {
      failed({sqlite::Failure::Kind::other, "out of memory"});
    }
  });
}

// If the writer cannot open the file, for example on a full disk, the reader still can.
void Ledger::read_unwritten(const Reader::Job& job, const Reader::Failed& failed,
                            const std::function<void(const Error&)>& refuse,
                            const Error& unwritable, const GivenUp& given_up) {
  const auto judged = [job, refuse, path = path_](sqlite::Database& database) {
    OnePath one;
    if (auto fault = judge_unwritten(database, path, one)) return refuse(*fault);
    job(database);
  };
  const auto unread = [failed, refuse, unwritable](const sqlite::Failure& failure) {
    // There is no ledger in the file yet. The writer's error tells why it could not make one.
    if (failure.kind() == sqlite::Failure::Kind::not_database) return refuse(unwritable);
    failed(failure);
  };
  std::lock_guard lock(reader_mutex_);
  if (!reader_) return refuse(error_of(Code::closed));
  reader_->run(judged, unread, Reader::Mode::without_trace, given_up);
}

void Ledger::ask_id(Answer<std::string> answer) {
  writer_->visit([answer](sqlite::Database* database, const std::optional<Error>& error) {
    if (!database) return answer(*error);
    try {
      answer(id_of(*database));
    } catch (const sqlite::Failure& failure) {
      answer(not_opened(failure.what()));
    }
  });
}

// On the writer, which books in the order of its commands. Whoever asks by a number later may be a
// thread that must not start the reader.
void Ledger::last_crossing(Answer<NewCrossings> answer) {
  try {
    start_reader();
  } catch (const std::system_error&) {
    return answer(not_opened("the system gives the process no more threads"));
  }
  writer_->visit(
      [answer = std::move(answer)](sqlite::Database* database, const std::optional<Error>& error) {
        if (!database) return answer(*error);
        try {
          answer(ledger::new_crossings(*database, -1));
        } catch (const sqlite::Failure& failure) {
          answer(not_opened(failure.what()));
        } catch (const std::bad_alloc&) {
          answer(not_opened("out of memory"));
        }
      });
}

void Ledger::next_lookup(Asker asker, Answer<std::optional<std::int64_t>> answer) {
  writer_->visit([asker = std::move(asker), answer](sqlite::Database* database,
                                                    const std::optional<Error>& error) {
    if (!database) return answer(*error);
    try {
      answer(next_due(*database, asker));
    } catch (const sqlite::Failure& failure) {
      answer(not_opened(failure.what()));
    } catch (const std::bad_alloc&) {
      answer(not_opened("out of memory"));
    }
  });
}
void Ledger::take_lookups(Asker asker, bool all, std::string after, int limit,
                          Answer<std::vector<Lookup>> answer) {
  look<std::vector<Lookup>>(
      [=, asker = std::move(asker), after = std::move(after)](Lookups& lookups,
                                                              std::int64_t now_us) {
        return lookups.take(asker, all, after, limit, now_us);
      },
      std::move(answer));
}
void Ledger::end_lookup(std::string uid, std::optional<Ending> told, Answer<LookupResult> answer) {
  look<LookupResult>(
      [uid = std::move(uid), told = std::move(told)](Lookups& lookups, std::int64_t now_us) {
        if (!told) return lookups.absent(uid, now_us);
        return told->billing.cost ? lookups.found(uid, *told, now_us)
                                  : lookups.refused(uid, told->billing.refused_figures, now_us);
      },
      std::move(answer));
}
void Ledger::give_up_old(Answer<LookupResult> answer) {
  look<LookupResult>(
      [](Lookups& lookups, std::int64_t now_us) { return lookups.give_up_old(now_us); },
      std::move(answer));
}

// Called by the caller's thread, never by the writer: enrolling waits for a fork, and a fork waits
// for the writer.
void Ledger::start_reader() {
  {
    // A thread for which a fork waits may ask again, and must not wait for the fork.
    std::lock_guard lock(reader_mutex_);
    if (reader_) return;
  }
  std::lock_guard forks(os::fork_mutex());
  std::lock_guard lock(reader_mutex_);
  if (reader_ || released_ || path_ == ":memory:") return;
  auto reader = std::make_unique<Reader>(path_);
  reader->start();
  reader_ = std::move(reader);
}

} // namespace wayfare::ledger
