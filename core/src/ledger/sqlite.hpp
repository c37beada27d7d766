// SQLite, wrapped: the only room that knows it. Failures are thrown as sqlite::Failure and caught
// by the writer and the reader, who turn them into answers; nothing of it leaves the ledger.
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace wayfare::sqlite {

class Failure : public std::exception {
 public:
  enum class Kind : std::uint8_t {
    busy,        // another connection holds the lock: worth waiting for
    interrupted, // by Database::interrupt()
    constraint,
    not_database,
    // what is in the file cannot be what was asked for: corrupt pages, a text that is no JSON, a
    // sum past 64 bits
    content,
    full,  // the disk, or what may be had of it
    other, // I/O, read-only, …
  };
  Failure(Kind kind, std::string message) : kind_(kind), message_(std::move(message)) {}
  Kind kind() const noexcept { return kind_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  Kind kind_;
  std::string message_;
};

// A prepared statement. Bindings count from 1, columns from 0. Text and blobs read are valid until
// the next step() or reset().
class Statement {
 public:
  Statement() noexcept;
  ~Statement();
  Statement(Statement&&) noexcept;
  Statement& operator=(Statement&&) noexcept;

  Statement& bind(int at, std::int64_t value);
  Statement& bind(int at, std::string_view text); // copied
  // not copied: it must stay until the statement has run
  Statement& bind_kept(int at, std::string_view text);
  Statement& bind_null(int at);
  Statement& bind(int at, const std::optional<std::int64_t>& value) {
    return value ? bind(at, *value) : bind_null(at);
  }

  bool step(); // true: a row is there
  void reset();
  void run() { // of a statement without rows that matter
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

// One connection; for one thread, but for interrupt(). Its locks are its own: SQLite's are those of
// the process, so that they say nothing to another SQLite in the same process (another program's,
// linked into the host), and are lost when that, or the host, closes any descriptor of the file.
// What it reads and writes of a file in WAL mode is safe from both.
class Database {
 public:
  enum class Mode : std::uint8_t { read_write, read_only, memory };

  // Opens the file, which must exist, defensively; writes nothing.
  Database(const std::string& path, Mode mode);
  ~Database();
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;

  // Whether the file was in WAL mode when it was opened. If not, turn_to_wal() makes it so, for the
  // connections that open it later. Writes: only for a file that is known to be ours.
  bool is_in_wal() const;
  void turn_to_wal();
  // Writes go on with synchronous=NORMAL and checkpoints of our own.
  void write_to_wal();
  void drop_locks() noexcept;           // in a fork's child, where they are the parent's
  void execute(const std::string& sql); // one or more statements
  // A transaction that writes. False where the file is as this connection's last commit has left
  // it: nobody else has written.
  bool begin();
  void commit();
  // Ends the transaction where SQLite has not ended it itself, and every statement that a failure
  // left in its middle.
  void roll_back() noexcept;
  Statement prepare(std::string_view sql);    // which must go before its database
  std::int64_t integer(std::string_view sql); // the first column of the first row
  std::int64_t changes() const;               // rows that the last statement changed

  // Writes a compact copy of what is committed into an empty file; outside of a transaction.
  // Writers go on meanwhile. Not synced.
  void copy_into(const std::string& path);

  // Makes every commit so far durable: syncs the WAL. Needs no lock.
  void sync();
  // Moves what it can from the WAL into the file; with `truncate` also cuts the WAL where nobody
  // reads it. False if it was busy.
  bool checkpoint(bool truncate);
  std::int64_t wal_pages() const; // after the last commit of this connection
  void interrupt() noexcept;      // from any thread: what runs fails as interrupted

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace wayfare::sqlite
