#include "ledger/backup.hpp"

#include "ledger/schema.hpp"
#include "os/files.hpp"

namespace wayfare::ledger {

namespace {

// Why a copy must not take the place of what is there; "" where it may.
std::string fault_of_target(const std::string& from, const std::string& to) {
  if (!os::exists(to)) return {};
  const auto file = os::file_id(to);
  if (file && file == os::file_id(from)) return "it is the ledger itself";
  if (!os::real_folder(to).empty()) return "it is a folder";
  if (os::exists(to + "-wal")) return "it is in use: there is a " + to + "-wal";
  try {
    sqlite::Database there(to, sqlite::Database::Mode::read_only);
    if (there.integer("PRAGMA application_id") == application_id) return {};
  } catch (const sqlite::Failure&) {
    // Nor is it a database.
  }
  return "there is a file that is not a ledger";
}

} // namespace

std::string back_up(sqlite::Database& database, const std::string& from, const std::string& to) {
  for (const char* own : {"-wal", "-shm", ".lock"})
    if (to == from + own) return "it is the ledger's own " + to;
  if (auto fault = fault_of_target(from, to); !fault.empty()) return fault;
  const std::string part = to + ".part";
  os::remove_file(part); // of one that was broken off
  if (auto fault = os::make_file(part); !fault.empty()) return fault;
  try {
    database.copy_into(part);
  } catch (const sqlite::Failure&) {
    os::remove_file(part);
    throw;
  }
  auto fault = os::rename_synced(part, to);
  if (!fault.empty()) os::remove_file(part);
  return fault;
}

} // namespace wayfare::ledger
