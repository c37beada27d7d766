// Wraps SQLite. Only this folder uses SQLite. Failures are thrown as sqlite::Failure. The writer
// and the reader catch them and turn them into errors, so that none leaves the ledger.
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace wayfare::sqlite {

// The version of the SQLite that runs.
std::string version();

class Failure : public std::exception {
 public:
  enum class Kind : std::uint8_t {
    busy,        // another connection holds the lock, and waiting may help
    interrupted, // interrupted by Database::interrupt()
    constraint,
    not_database,
    // The content of the file cannot be used: corrupt pages, a text that is not JSON.
    content,
    full,  // the disk or the quota is full
    other, // I/O, read-only, …
  };
  Failure(Kind kind, std::string message) : kind_(kind), message_(std::move(message)) {}
  Kind kind() const noexcept { return kind_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  Kind kind_;
  std::string message_;
};

// A prepared statement. Bindings count from 1, columns from 0. Text and blobs of a row are valid
// until the next step() or reset().
class Statement {
 public:
  Statement() noexcept;
  ~Statement();
  Statement(Statement&&) noexcept;
  Statement& operator=(Statement&&) noexcept;

  Statement& bind(int at, std::int64_t value);
  Statement& bind(int at, std::string_view text); // copied
  // Not copied: the text must stay valid until the statement has run.
  Statement& bind_kept(int at, std::string_view text);
  Statement& bind_null(int at);
  Statement& bind(int at, const std::optional<std::int64_t>& value) {
    return value ? bind(at, *value) : bind_null(at);
  }

  bool step(); // true: there is a row
  void reset();
  void run() { // for a statement whose rows are not read
    while (step()) {}
    reset();
  }

  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  std::optional<std::int64_t> maybe_integer(int column) const;
  std::string_view text(int column) const;

 private:
  friend class Database;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// In statements, sum_of(x) is the sum of the rows that stays at the largest number where it does
// not fit in 64 bits, and 0 without rows. SQLite's sum(x) fails there.
//
// One connection. For one thread, except interrupt(). Its locks belong to the open file. The usual
// locks of SQLite belong to the process: they do not exclude another SQLite in the same process
// (one that is linked into the host), and they are lost when any part of the process closes a
// descriptor of the file. For a file in WAL mode, this connection is safe from both problems.
class Database {
 public:
  enum class Mode : std::uint8_t {
    read_write,
    read_only,     // needs a connection of this process that writes
    without_trace, // writes nothing at all, and sees what was committed when it was opened
    memory
  };

  // Opens an existing file with SQLite's defensive settings. Writes nothing.
  Database(const std::string& path, Mode mode);
  ~Database();
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;

  // Whether the file was in WAL mode when it was opened. If not, turn_to_wal() changes the mode for
  // connections that open it later. It writes, so call it only for a file that is known to be a
  // ledger.
  bool is_in_wal() const;
  Mode mode() const;
  // Whether all that was read so far is consistent. Without a trace, another process may have
  // changed the file during the reading, which is rare. Then it must be read by a new connection.
  bool is_of_one_moment() const;
  void check_moment() const; // throws Failure (busy) if it is not
  void turn_to_wal();
  // From now on uses synchronous=NORMAL and our own checkpoints.
  void write_to_wal();
  void drop_locks() noexcept;           // for the child of a fork: the locks belong to the parent
  void execute(const std::string& sql); // one or more statements
  // Begins a transaction that writes. Returns false if no other connection has written since the
  // last commit of this one.
  bool begin();
  void commit();
  // Ends the transaction, if SQLite has not ended it, and all statements that a failure has
  // interrupted.
  void roll_back() noexcept;
  Statement prepare(std::string_view sql);    // destroy it before its database
  std::int64_t integer(std::string_view sql); // the first column of the first row
  std::int64_t changes() const;               // the number of rows that the last statement changed

  // Writes a compact copy of the committed data into an empty file. Call it outside a transaction.
  // Writers go on meanwhile. The copy is not synced.
  void copy_into(const std::string& path);

  // Makes all commits so far durable: syncs the WAL. Needs no lock.
  void sync();
  // Moves pages from the WAL into the file, as many as possible. With `truncate` it also empties
  // the WAL if no process reads it. Returns false if the WAL was busy.
  bool checkpoint(bool truncate);
  std::int64_t wal_pages() const; // the pages in the WAL after the last commit of this connection
  void interrupt() noexcept;      // from any thread: the running statement fails as interrupted

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace wayfare::sqlite
