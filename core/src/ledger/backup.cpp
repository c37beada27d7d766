#include "ledger/backup.hpp"

#include "ledger/agent_texts.hpp"
#include "ledger/ledger_file.hpp"
#include "ledger/schema.hpp"
#include "os/clock.hpp"
#include "os/files.hpp"
#include "values/booking.hpp"

namespace wayfare::ledger {

namespace {

// Returns why the copy must not replace the file at `to`; "" if it may.
std::string fault_of_target(const std::string& from, const std::string& to) {
  if (!os::exists(to)) return {};
  const auto file = os::file_id(to);
  if (file && file == os::file_id(from)) return "it is the ledger itself";
  // These files must not be opened either: closing them would drop SQLite's locks.
  for (const char* own : {"-wal", "-shm", ".lock"})
    if (file && file == os::file_id(from + own))
      return "it is the ledger's own " + std::string(own);
  if (!os::real_folder(to).empty()) return "it is a folder";
  if (in_use(to)) return "it is in use by a process";
  if (os::file_size(to + "-wal") > 0)
    return "it was not closed: there is a " + to + "-wal with something in it";
  try {
    sqlite::Database there(to, sqlite::Database::Mode::read_only);
    if (there.integer("PRAGMA application_id") == application_id) return {};
  } catch (const sqlite::Failure&) {
    // The file is not a database.
  }
  return "there is a file that is not a ledger";
}

// Copies the texts of all agents. Those that are newer than the copy of the ledger do no harm.
std::string copy_texts(sqlite::Database& database, AgentTexts& texts, const std::string& to) {
  AgentTexts copies(to);
  sqlite::Statement contents =
      database.prepare("SELECT DISTINCT content FROM agent_version WHERE content IS NOT NULL");
  while (contents.step())
    if (auto fault = texts.copy(std::string(contents.text(0)), copies); !fault.empty())
      return fault;
  return {};
}

} // namespace

std::string back_up(sqlite::Database& database, AgentTexts& texts, const std::string& from,
                    const std::string& to) {
  os::FileLock turn; // two copies to one path would write the same temporary file
  std::string part = to + ".part";
  if (database.mode() == sqlite::Database::Mode::without_trace) {
    part += "-" + Uid::make(0, os::chance()).text(); // no lock can be taken, so a name of its own
  } else if (from != ":memory:") {
    turn = os::FileLock(from + ".lock");
    if (!turn.try_lock(backup_byte)) return "another copy of this ledger is being made";
  }
  for (const char* own : {"-wal", "-shm", ".lock"}) // also if the file does not exist yet
    if (to == from + own) return "it is the ledger's own " + to;
  if (auto fault = fault_of_target(from, to); !fault.empty()) return fault;
  os::remove_file(part); // the rest of an interrupted copy
  if (auto fault = os::make_file(part); !fault.empty()) return fault;
  std::string fault;
  try {
    database.copy_into(part);
    fault = copy_texts(database, texts, to);
    database.check_moment();
  } catch (const sqlite::Failure&) {
    os::remove_file(part);
    throw;
  }
  if (fault.empty()) fault = os::rename_synced(part, to);
  if (!fault.empty()) os::remove_file(part);
  return fault;
}

} // namespace wayfare::ledger
