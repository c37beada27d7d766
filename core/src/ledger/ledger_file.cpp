#include "ledger/ledger_file.hpp"

#include <cerrno>
#include <cstring>

#include "ledger/foreign_triggers.hpp"
#include "ledger/lookups.hpp"
#include "ledger/schema.hpp"
#include "os/clock.hpp"

namespace wayfare::ledger {

namespace {

Refused refused(Code code, std::string message, std::string advice) {
  return {Error{.code = code,
                .message = std::move(message) + "; nothing was sent",
                .advice = std::move(advice)}};
}

Refused cannot_open(const std::string& file, int number = 0) {
  const std::string words = "cannot open " + file;
  Refused found =
      refused(Code::ledger_unavailable, number == 0 ? words : words + ": " + std::strerror(number),
              "check the folder's permissions");
  if (number == ENOSPC || number == EDQUOT) found.error.advice = "make room on the disk of " + file;
  if (os::has_descriptor()) return found;
  Refused passing = refused(Code::ledger_unavailable,
                            words + ": the process has no file descriptor left", "close some");
  passing.error.retryable = true;
  return passing;
}

void refuse_foreign_triggers(sqlite::Database& database, const std::string& path) {
  const auto names = foreign_triggers(database);
  if (names.empty()) return;
  throw refused(Code::ledger_unavailable,
                path + " has a trigger that wayfare did not make: " + names.front(),
                "drop it with a SQLite tool, or run mend");
}

Refused refused_elsewhere(const std::string& path) {
  return refused(Code::ledger_unavailable, elsewhere(path), how_to_share);
}

// `version` is the oldest schema whose writers may write the file.
void refuse_other_schema(sqlite::Database& database, std::int64_t version,
                         const std::string& path) {
  if (version > 0 && version < first_schema)
    throw refused(Code::ledger_too_old,
                  path + " has schema " + std::to_string(version) + ", and this wayfare reads " +
                      std::to_string(first_schema) + " and later",
                  "give another path; the old file is left as it is");
  if (version <= schema_version) return;
  const std::string reason = reason_for_newer(database);
  throw refused(Code::ledger_too_new,
                path + " needs a wayfare that knows schema " + std::to_string(version) +
                    ", and this one knows " + std::to_string(schema_version) +
                    (reason.empty() ? "" : ": " + reason),
                "use the newer wayfare in every process of this ledger");
}

} // namespace

std::int64_t judge(sqlite::Database& database, const std::string& path) {
  const std::int64_t application = database.integer("PRAGMA application_id");
  const std::int64_t version = database.integer("PRAGMA user_version");
  const bool fresh =
      application == 0 && database.integer("SELECT count(*) FROM sqlite_schema") == 0;
  if (!fresh && application != application_id)
    throw refused(Code::ledger_foreign, path + " is another program's database",
                  "give another path");
  if (fresh) return 0;
  refuse_other_schema(database, version, path);
  return schema_of(database);
}

std::optional<Error> judge_unwritten(sqlite::Database& database, const std::string& path,
                                     OnePath& one) {
  const auto unreadable = [](const std::string& why, const char* advice) {
    return Error{.code = Code::ledger_unavailable, .message = why, .advice = advice};
  };
  const auto taken = one.take(path);
  if (taken == OnePath::Taken::elsewhere) return unreadable(elsewhere(path), how_to_share);
  if (taken == OnePath::Taken::no_file && !os::has_descriptor())
    throw sqlite::Failure(sqlite::Failure::Kind::other, "the process has no file descriptor left");
  if (taken == OnePath::Taken::no_file)
    return unreadable("cannot read " + path, "check its permissions");
  try {
    const std::int64_t version = judge(database, path);
    if (version >= schema_version) return std::nullopt;
    if (version == 0)
      throw sqlite::Failure(sqlite::Failure::Kind::not_database, path + " has no ledger yet");
  } catch (const Refused& refused) {
    return refused.error;
  }
  return unreadable(path + " must be brought to a newer schema before it can be read",
                    "open it once in a process that may write it");
}

bool in_use(const std::string& path) {
  if (!os::exists(path + ".lock")) return false;
  const os::FileLock lock(path + ".lock");
  for (std::int64_t slot = 0; slot < slots_max; ++slot)
    if (!lock.is_free(first_slot_byte + slot)) return true;
  return false;
}

File::File(std::string path)
    : path_(std::move(path)), in_memory_(path_ == ":memory:"), boot_(os::boot_id()) {}

void File::open(bool mends) {
  try {
    connect(mends);
  } catch (...) {
    close();
    if (instance_ == 0) one_path_.release(); // it has no place here: the other path may be right
    throw;
  }
}

void File::take_path() {
  const auto taken = one_path_.take(path_);
  if (taken == OnePath::Taken::elsewhere) throw refused_elsewhere(path_);
  if (taken == OnePath::Taken::no_file) throw cannot_open(path_);
}

void File::connect(bool mends) {
  if (!in_memory_ && !one_path_.is_held()) take_path();
  if (!in_memory_ && !lock_) {
    // checked before a file is made beside it
    if (auto fault = os::fault_of_writing(path_); !fault.empty())
      throw refused(Code::ledger_unavailable, std::move(fault), "check its permissions");
    os::FileLock lock(path_ + ".lock", path_);
    if (!lock.ok()) throw cannot_open(path_ + ".lock", errno);
    lock_ = std::move(lock);
  }
  const auto id = os::file_id(path_);
  if (!in_memory_ && id_ && id != id_) refuse_replaced();
  id_ = id;
  const os::Gate gate(lock());
  const auto mode =
      in_memory_ ? sqlite::Database::Mode::memory : sqlite::Database::Mode::read_write;
  database_.emplace(path_, mode);
  std::int64_t version = judge(*database_, path_);
  if (!in_memory_ && !database_->is_in_wal()) { // a new file is not in WAL mode
    database_->turn_to_wal();
    database_.emplace(path_, mode);
    version = judge(*database_, path_); // another process may have changed the file in between
  }
  if (!in_memory_) database_->write_to_wal();
  if (version > 0) {
    if (mends) drop_foreign_triggers(*database_);
    refuse_foreign_triggers(*database_, path_); // before the first write, which would set them off
  }
  // Otherwise the file is opened again after a fork, and the process has its slot.
  if (version < schema_version || instance_ == 0) take_place(version);
  version_ = database_->prepare("PRAGMA user_version");
  rows_.emplace(*database_, instance_, boot_);
  if (!in_memory_) wal_ = os::file_id(path_ + "-wal");
  looked_us_ = os::boot_us();
}

void File::refuse_replaced() const {
  throw refused(Code::ledger_replaced,
                path_ + " or its -wal was moved, deleted or replaced while it was in use",
                "put it back, or close the ledger's clients in every process and open new ones");
}

void File::migrate(std::int64_t version, std::int64_t now_us) {
  bring_forward(*database_, version);
  if (version > 0) return;
  sqlite::Statement meta = database_->prepare("INSERT INTO meta VALUES (?1, ?2)");
  meta.bind(1, "uuid")
      .bind(2, Uid::make(static_cast<std::uint64_t>(now_us) / 1000, os::chance()).text())
      .run();
  meta.bind(1, "created_us").bind(2, std::to_string(now_us)).run();
  meta.bind(1, "created_by").bind(2, "wayfare " WAYFARE_VERSION).run();
}

void File::take_place(std::int64_t version) {
  for (std::int64_t slot = 0; lock_ && slot_ < 0; ++slot) {
    if (slot == slots_max)
      throw refused(Code::ledger_unavailable, "more than 4096 processes use " + path_,
                    "close some");
    if (lock_->try_lock(first_slot_byte + slot)) slot_ = slot;
  }
  const std::int64_t now = os::wall_us();
  database_->begin();
  migrate(version, now);
  sweep(*database_, now, [this](std::int64_t slot) {
    return slot == slot_ || !lock_ || lock_->is_free(first_slot_byte + slot);
  });
  sqlite::Statement enter = database_->prepare(
      "INSERT INTO instance(slot, boot, started_us) VALUES (?1, ?2, ?3) RETURNING id");
  enter.bind(1, slot_).bind(2, os::boot_id()).bind(3, now).step();
  const std::int64_t entered = enter.integer(0);
  enter.reset();
  database_->commit();
  instance_ = entered; // set only after the commit: a row that was rolled back has no instance
}

bool File::is_in_place() const {
  return in_memory_ || (os::file_id(path_) == id_ && os::file_id(path_ + "-wal") == wal_);
}

std::int64_t File::begin() {
  // Checked every 100 ms. Commits shortly before a removal are lost anyway.
  constexpr std::int64_t look_after = 100'000;
  if (const std::int64_t now = os::boot_us(); now >= looked_us_ + look_after) {
    if (!is_in_place()) refuse_replaced();
    looked_us_ = now;
  }
  const bool changed = database_->begin();
  if (changed) {
    version_.step();
    const std::int64_t version = version_.integer(0);
    version_.reset();
    refuse_other_schema(*database_, version, path_);
  }
  // Read now: the transaction may have waited.
  return rows_->time({os::wall_us(), os::boot_us(), boot_}, changed);
}

void File::commit() {
  rows_->flush();
  database_->commit();
}

void File::roll_back() noexcept {
  database_->roll_back();
  rows_->forget();
}

Result<Done> File::accept_clock() {
  return rows_->accept_clock({os::wall_us(), os::boot_us(), boot_});
}

void File::sweep_others() {
  if (!lock_) return;
  const auto is_gone = [this](std::int64_t slot) {
    return slot != slot_ && lock_->is_free(first_slot_byte + slot);
  };
  sqlite::Statement slots = database_->prepare("SELECT slot FROM instance");
  bool any = false;
  while (slots.step()) any = any || is_gone(slots.integer(0));
  slots.reset();
  // The usual case needs no transaction.
  if (!any && !has_old(*database_, os::wall_us())) return;
  const os::Gate gate(lock());
  try {
    const std::int64_t now = begin();
    sweep(*database_, now, is_gone);
    Lookups(*database_, *rows_).give_up_old(now);
    commit();
  } catch (...) {
    roll_back();
    throw;
  }
}

void File::close() noexcept {
  rows_.reset();
  version_ = {};
  database_.reset();
}

// Moves the content of a deleted WAL into the file, if there is no new WAL yet. Processes that have
// the deleted WAL open share it with this process. A process that opens the file now would make a
// new WAL, and the two must not be mixed.
void File::save_from_deleted() noexcept {
  try {
    const os::Gate gate(lock());
    if (os::file_id(path_) == id_ && !os::exists(path_ + "-wal")) database_->checkpoint(true);
  } catch (const std::exception&) {
    // The content of the WAL is lost.
  }
}

void File::leave() noexcept {
  if (!is_open()) return;
  try {
    {
      const os::Gate gate(lock());
      sweep(*database_, begin(), [this](std::int64_t slot) { return slot == slot_; });
      commit();
    }
    database_->sync();
    const os::Gate gate(lock());
    if (!in_memory_) database_->checkpoint(true);
  } catch (const Refused&) {
    // Does nothing if a newer wayfare has changed the file. That one sweeps our attempts.
    save_from_deleted();
  } catch (const std::exception&) {
    // The next process that opens the file sweeps our attempts.
  }
  close();
  lock_.reset();
  one_path_.release();
}

} // namespace wayfare::ledger
