#include "ledger/sqlite.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "os/files.hpp"
#include "ledger/reading_vfs.hpp"
#include "ledger/snapshot.hpp"
#include "ledger/wal_locks.hpp"
#include "os/descriptor_pool.hpp"
#include "values/sums.hpp"

namespace wayfare::sqlite {

std::string version() { return sqlite3_libversion(); }

namespace {

[[noreturn]] void fail(int code, sqlite3* database, std::string_view doing) {
  Failure::Kind kind = Failure::Kind::other;
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: kind = Failure::Kind::busy; break;
    case SQLITE_INTERRUPT: kind = Failure::Kind::interrupted; break;
    case SQLITE_CONSTRAINT: kind = Failure::Kind::constraint; break;
    case SQLITE_ERROR:
    case SQLITE_CORRUPT: kind = Failure::Kind::content; break;
    case SQLITE_NOTADB: kind = Failure::Kind::not_database; break;
    case SQLITE_FULL: kind = Failure::Kind::full; break;
    case SQLITE_NOMEM: throw std::bad_alloc();
    default: break;
  }
  std::string message = database ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  const bool is_files = (code & 0xFF) == SQLITE_CANTOPEN || (code & 0xFF) == SQLITE_IOERR;
  if (const int number = database ? sqlite3_system_errno(database) : 0; number != 0 && is_files) {
    message += std::string(": ") + std::strerror(number);
    if (number == ENOSPC || number == EDQUOT) kind = Failure::Kind::full;
  }
  throw Failure(kind,
                std::string(doing) + ": " + message + " (SQLite " + std::to_string(code) + ")");
}

} // namespace

namespace {

// The aggregate sum_of(x): SQLite's sum(x) fails where a sum does not fit in 64 bits, and this one
// stays at the largest number. It is 0 without rows.
// SQLite's memory may lie where no Wide may, so that the sum is copied.
void add_to_sum(sqlite3_context* context, int, sqlite3_value** arguments) {
  void* const kept = sqlite3_aggregate_context(context, sizeof(Wide));
  if (!kept) return sqlite3_result_error_nomem(context);
  Wide sum = 0;
  std::memcpy(&sum, kept, sizeof sum);
  sum += sqlite3_value_int64(arguments[0]);
  std::memcpy(kept, &sum, sizeof sum);
}
void tell_sum(sqlite3_context* context) {
  Wide sum = 0;
  if (const void* kept = sqlite3_aggregate_context(context, 0)) std::memcpy(&sum, kept, sizeof sum);
  sqlite3_result_int64(context, narrowed(sum));
}

} // namespace

struct Statement::Impl {
  sqlite3_stmt* handle = nullptr;
  ~Impl() { sqlite3_finalize(handle); }
  void check(int code, std::string_view doing) const {
    if (code != SQLITE_OK) fail(code, sqlite3_db_handle(handle), doing);
  }
};

Statement::Statement() noexcept = default;
Statement::~Statement() = default;
Statement::Statement(Statement&&) noexcept = default;
Statement& Statement::operator=(Statement&&) noexcept = default;

Statement& Statement::bind(int at, std::int64_t value) {
  impl_->check(sqlite3_bind_int64(impl_->handle, at, value), "bind");
  return *this;
}
Statement& Statement::bind(int at, std::string_view text) {
  const char* data = text.data() ? text.data() : "";
  impl_->check(
      sqlite3_bind_text64(impl_->handle, at, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8),
      "bind");
  return *this;
}
Statement& Statement::bind_kept(int at, std::string_view text) {
  const char* data = text.data() ? text.data() : "";
  impl_->check(
      sqlite3_bind_text64(impl_->handle, at, data, text.size(), SQLITE_STATIC, SQLITE_UTF8),
      "bind");
  return *this;
}
Statement& Statement::bind_null(int at) {
  impl_->check(sqlite3_bind_null(impl_->handle, at), "bind");
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(impl_->handle);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  // Reset, so that the statement can be used again. It reports the same failure again.
  const int reset = sqlite3_reset(impl_->handle);
  fail(reset != SQLITE_OK ? reset : code, sqlite3_db_handle(impl_->handle), "ledger");
}
void Statement::reset() { sqlite3_reset(impl_->handle); }

bool Statement::is_null(int column) const {
  return sqlite3_column_type(impl_->handle, column) == SQLITE_NULL;
}
std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(impl_->handle, column);
}
std::optional<std::int64_t> Statement::maybe_integer(int column) const {
  return is_null(column) ? std::nullopt : std::optional(integer(column));
}
std::string_view Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(impl_->handle, column));
  return text ? std::string_view(
                    text, static_cast<std::size_t>(sqlite3_column_bytes(impl_->handle, column)))
              : std::string_view();
}

struct Database::Impl {
  sqlite3* handle = nullptr;
  Mode mode = Mode::memory;
  std::int64_t wal_pages = 0;
  bool in_wal = false;
  // Holds a shared lock on the database. While it is held, no other connection can get the
  // exclusive lock that is needed to delete the WAL.
  os::FileLock file;
  std::optional<Snapshot> snapshot;  // of a connection without a trace
  Statement begin, commit;           // prepared when first used
  std::optional<unsigned> committed; // the version of the file after the last commit
  ~Impl() {
    begin = {}, commit = {};
    sqlite3_close_v2(handle);
    os::release(std::move(file));
  }
  // A number that changes with every change of the file by any process. Nothing if SQLite does not
  // tell.
  std::optional<unsigned> version() const {
    unsigned version = 0;
    const int code = sqlite3_file_control(handle, "main", SQLITE_FCNTL_DATA_VERSION, &version);
    return code == SQLITE_OK ? std::optional(version) : std::nullopt;
  }
  void hold(const std::string& path);
  void hold_still(const std::string& path);
};

void Database::Impl::hold(const std::string& path) {
  // From the file format of SQLite.
  constexpr std::int64_t shared_first = 0x40000002, shared_size = 510, read_version_at = 19;
  file = os::acquire(path, [&] { return os::FileLock::for_sharing(path); });
  // A journal is left from an interrupted change to WAL mode. The first reader of the database
  // rolls it back, and needs an exclusive lock for that.
  const bool has_journal = os::FileLock::for_sharing(path + "-journal").byte(0) > 0;
  in_wal = file.byte(read_version_at) == 2 && !has_journal;
  if (in_wal && !file.try_share(shared_first, shared_size))
    fail(SQLITE_BUSY, nullptr, "cannot open " + path);
}

void Database::Impl::hold_still(const std::string& path) {
  const auto refuse = [](const std::string& why) { throw Failure(Failure::Kind::other, why); };
  if (auto fault = os::fault_of_reading(path); !fault.empty()) refuse(fault);
  if (!file.ok() && !os::has_descriptor()) refuse("the process has no file descriptor left");
  if (!file.ok()) refuse("cannot open " + path);
  if (!in_wal && os::exists(path + "-journal"))
    refuse("a change of " + path +
           " was broken off, and must first be taken back by a process "
           "that may write there");
  if (!in_wal) throw Failure(Failure::Kind::not_database, path + " is not a wayfare ledger");
  snapshot.emplace(path);
}

Database::~Database() = default;
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;

Database::Database(const std::string& path, Mode mode) : impl_(std::make_unique<Impl>()) {
  // Our own writers wait at the gate. This timeout is for other programs, such as a SQLite shell,
  // that lock the file.
  constexpr int foreign_writer_ms = 10'000;
  const bool reads = mode == Mode::read_only || mode == Mode::without_trace;
  const int flags = reads ? SQLITE_OPEN_READONLY
                    : mode == Mode::memory
                        ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY
                        : SQLITE_OPEN_READWRITE;
  const int how = flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  impl_->mode = mode;
  if (mode != Mode::memory) impl_->hold(path);
  if (mode == Mode::without_trace) impl_->hold_still(path);
  const WalLocksVfs with_locks;
  const ReadingVfs for_reading;
  const char* vfs = mode == Mode::without_trace ? for_reading.name() : with_locks.name();
  const int code = mode == Mode::memory ? sqlite3_open_v2(":memory:", &impl_->handle, how, nullptr)
                                        : sqlite3_open_v2(path.c_str(), &impl_->handle, how, vfs);
  if (code != SQLITE_OK) fail(code, impl_->handle, "cannot open " + path);
  sqlite3_busy_timeout(impl_->handle, foreign_writer_ms);
  sqlite3_db_config(impl_->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(impl_->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_db_config(impl_->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  execute("PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON; PRAGMA foreign_keys = OFF");
  // Only the reader may sort on the disk, for reports over many rows.
  if (mode != Mode::read_only) execute("PRAGMA temp_store = MEMORY");
  if (reads) execute("PRAGMA query_only = ON");
  constexpr int how_often = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
  const int made = sqlite3_create_function_v2(impl_->handle, "sum_of", 1, how_often, nullptr,
                                              nullptr, add_to_sum, tell_sum, nullptr);
  if (made != SQLITE_OK) fail(made, impl_->handle, "ledger");
}

bool Database::is_in_wal() const { return impl_->in_wal; }
Database::Mode Database::mode() const { return impl_->mode; }
bool Database::is_of_one_moment() const { return !impl_->snapshot || impl_->snapshot->holds(); }
void Database::check_moment() const {
  if (!is_of_one_moment())
    throw Failure(Failure::Kind::busy, "the ledger changes while it is read");
}
void Database::drop_locks() noexcept {
  drop_wal_locks(impl_->handle);
  impl_->file.drop();
  if (impl_->snapshot) impl_->snapshot->drop();
}

void Database::turn_to_wal() {
  execute("PRAGMA auto_vacuum = INCREMENTAL"); // takes effect only in a file without tables
  // Returns the mode in effect, which is not WAL if WAL is not possible.
  Statement mode = prepare("PRAGMA journal_mode = WAL");
  if (!mode.step() || mode.text(0) != "wal")
    throw Failure(Failure::Kind::other, "the file cannot be put into WAL mode");
  mode.run(); // runs to its end: the commit at the end may fail
}

void Database::write_to_wal() {
  execute("PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 4194304");
  // Replaces automatic checkpoints, which would run outside the gate.
  sqlite3_wal_hook(
      impl_->handle,
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<Impl*>(self)->wal_pages = pages;
        return SQLITE_OK;
      },
      impl_.get());
}

void Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(impl_->handle, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code, impl_->handle, "ledger");
}

// BEGIN and COMMIT are prepared: parsing them takes a tenth of the time for booking a call.
bool Database::begin() {
  if (!impl_->begin.impl_) impl_->begin = prepare("BEGIN IMMEDIATE");
  impl_->begin.run();
  return !impl_->committed || impl_->version() != impl_->committed;
}
void Database::commit() {
  if (!impl_->commit.impl_) impl_->commit = prepare("COMMIT");
  impl_->commit.run();
  impl_->committed = impl_->version();
}

void Database::roll_back() noexcept {
  impl_->committed.reset();
  for (sqlite3_stmt* at = sqlite3_next_stmt(impl_->handle, nullptr); at;
       at = sqlite3_next_stmt(impl_->handle, at))
    sqlite3_reset(at);
  sqlite3_exec(impl_->handle, "ROLLBACK", nullptr, nullptr, nullptr);
}

Statement Database::prepare(std::string_view sql) {
  Statement statement;
  statement.impl_ = std::make_unique<Statement::Impl>();
  const int code = sqlite3_prepare_v3(impl_->handle, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement.impl_->handle, nullptr);
  if (code != SQLITE_OK) fail(code, impl_->handle, "ledger");
  return statement;
}

std::int64_t Database::integer(std::string_view sql) {
  Statement statement = prepare(sql);
  return statement.step() ? statement.integer(0) : 0;
}

std::int64_t Database::changes() const { return sqlite3_changes64(impl_->handle); }

void Database::copy_into(const std::string& path) {
  // query_only would forbid writing the copy too. It is restored afterwards.
  const bool query_only = integer("PRAGMA query_only") != 0;
  if (query_only) execute("PRAGMA query_only = OFF");
  const LayeredVfs vfs(impl_->handle); // SQLite opens the copy through this VFS
  Statement copy = prepare("VACUUM INTO ?1");
  copy.bind(1, path).run();
  if (query_only) execute("PRAGMA query_only = ON");
}

void Database::sync() {
  sqlite3_file* wal = nullptr; // in WAL mode the journal file is the WAL; null if there is none
  const int code = sqlite3_file_control(impl_->handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
  if (code != SQLITE_OK || !wal || !wal->pMethods) return;
  const int synced = wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL);
  if (synced != SQLITE_OK) fail(synced, nullptr, "the ledger's WAL cannot be synced");
}

bool Database::checkpoint(bool truncate) {
  const int mode = truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
  if (truncate) sqlite3_busy_timeout(impl_->handle, 0); // does not wait for readers
  const int code = sqlite3_wal_checkpoint_v2(impl_->handle, "main", mode, nullptr, nullptr);
  if (truncate) sqlite3_busy_timeout(impl_->handle, 10'000);
  if (code == SQLITE_BUSY) return false;
  if (code != SQLITE_OK) fail(code, impl_->handle, "checkpoint");
  impl_->wal_pages = 0;
  return true;
}

std::int64_t Database::wal_pages() const { return impl_->wal_pages; }
void Database::interrupt() noexcept { sqlite3_interrupt(impl_->handle); }

} // namespace wayfare::sqlite
