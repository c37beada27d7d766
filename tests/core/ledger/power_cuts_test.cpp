// A ledger after a power cut. The test records all writes and cuts them off at some moment. Data
// that was synced by then is on the disk. Of the other data, each sector of 512 bytes is written or
// not, at random and in any order. WAYFARE_SEED=… replays a run. WAYFARE_ALL_FAULTS=1 tries many
// more cuts.

#include <cstdio>
#include <fstream>
#include <map>
#include <random>

#include "support/catch.hpp"
#include "support/disk.hpp"
#include "support/environment.hpp"
#include "support/folder.hpp"
#include "support/keeping.hpp"

using namespace keeping_words;
using disk::Deed;
using disk::Disk;

namespace {

// An acknowledgement, and the number of changes before it.
struct Told {
  std::size_t deeds;
  std::string uid;
  std::optional<State> end;
};

class Story {
 public:
  Story(Disk& disk, std::string path, Durability durability)
      : disk_(disk), path_(std::move(path)), durability_(durability) {}

  void live() {
    {
      Opened opened(path_, durability_);
      if (durability_ != Durability::no_sync) REQUIRE(ask(*opened.ledger, budget()).ok());
      for (int at = 0; at < 5; ++at) call(*opened.ledger, at);
      checkpoint("PASSIVE");
      for (int at = 0; at < 5; ++at) call(*opened.ledger, at);
    }
    Opened opened(path_, durability_);
    for (int at = 0; at < 5; ++at) call(*opened.ledger, at);
    checkpoint("RESTART");
    for (int at = 0; at < 10; ++at) call(*opened.ledger, at);
    checkpoint("TRUNCATE");
    for (int at = 0; at < 5; ++at) call(*opened.ledger, at);
  }
  std::vector<Told> told;

 private:
  static SetBudget budget() {
    return {.name = "all", .limit = Amount{1'000'000}, .window = Window::lifetime};
  }
  void call(Ledger& ledger, int at) {
    Reservation r = reservation("agent " + std::to_string(at));
    r.bound = Amount{100};
    REQUIRE_FALSE(reserve(ledger, r));
    told.push_back({disk_.position(), r.uid.text(), std::nullopt});
    if (at % 5 == 4) return; // this attempt never ends
    const Ending ending = at % 5 == 3 ? Ending{.state = State::voided} : settled(50 + at);
    book(ledger, r.uid, ending);
    told.push_back({disk_.position(), r.uid.text(), ending.state});
  }
  void checkpoint(const std::string& how) { // any process of this ledger may do this
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(path_.c_str(), &database) == SQLITE_OK);
    sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    REQUIRE(
        sqlite3_exec(database,
                     ("PRAGMA synchronous = NORMAL; PRAGMA wal_checkpoint(" + how + ")").c_str(),
                     nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(database);
  }

  Disk& disk_;
  const std::string path_;
  const Durability durability_;
};

using Files = std::map<std::string, std::string>; // the bytes of each file by path

// Returns the files after a power cut that follows so many changes. The first sync of a new WAL
// also syncs the folder, and so the removals.
Files after_cut(const std::vector<Deed>& deeds, std::size_t behind, std::mt19937_64& chance) {
  Files synced;
  std::map<std::string, std::vector<const Deed*>> loose;
  std::vector<std::string> removed;
  const auto write = [](std::string& file, std::size_t at, std::string_view bytes, char filler) {
    if (file.size() < at + bytes.size()) file.resize(at + bytes.size(), filler);
    file.replace(at, bytes.size(), bytes);
  };
  for (std::size_t at = 0; at < behind; ++at) {
    const Deed& deed = deeds[at];
    if (deed.kind == Deed::Kind::remove) {
      removed.push_back(deed.path);
    } else if (deed.kind == Deed::Kind::sync) {
      for (const auto& path : removed) synced.erase(path), loose.erase(path);
      removed.clear();
      auto& file = synced[deed.path];
      for (const Deed* one : loose[deed.path])
        if (one->kind == Deed::Kind::write)
          write(file, static_cast<std::size_t>(one->at), one->bytes, '\0');
        else
          file.resize(static_cast<std::size_t>(one->at));
      loose[deed.path].clear();
    } else {
      loose[deed.path].push_back(&deed);
    }
  }
  // How many of ten sectors are written.
  const std::uint64_t of_ten = std::array<std::uint64_t, 5>{0, 2, 5, 8, 10}[chance() % 5];
  const char filler = chance() % 2 ? '\0' : '\x5a';
  for (const auto& [path, open] : loose) {
    auto& file = synced[path];
    for (const Deed* one : open) {
      if (one->kind == Deed::Kind::cut) {
        if (chance() % 10 < of_ten) file.resize(static_cast<std::size_t>(one->at));
        continue;
      }
      for (std::size_t from = 0; from < one->bytes.size();) {
        const std::size_t at = static_cast<std::size_t>(one->at) + from,
                          size = std::min(512 - at % 512, one->bytes.size() - from);
        if (chance() % 10 < of_ten)
          write(file, at, std::string_view(one->bytes).substr(from, size), filler);
        from += size;
      }
    }
  }
  for (const auto& path : removed)
    if (chance() % 2) synced.erase(path);
  return synced;
}

void lay_out(const Files& files, const std::string& from, const std::string& to) {
  for (const char* part : {"", "-wal", "-shm", "-journal", ".lock"}) {
    std::remove((to + part).c_str());
    if (const auto file = files.find(from + part); file != files.end())
      std::ofstream(to + part, std::ios::binary) << file->second;
  }
}

// Compares the ledger after a cut with the acknowledgements.
void hold_against(const std::string& path, const std::vector<Told>& told, std::size_t behind,
                  Durability durability) {
  Opened opened(path);
  for (const auto& problem : verify(*opened.ledger).problems) CHECK(problem == "");
  std::map<std::string, State> rows;
  for (const auto& entry : entries(*opened.ledger)) rows.emplace(entry.entry, entry.state);
  bool gone = false; // one entry is missing, so all later entries must be missing too
  for (const Told& one : told) {
    const auto row = rows.find(one.uid);
    const bool there = row != rows.end() && (!one.end || row->second == *one.end);
    if (there && gone) FAIL("what came later is there, and what came before it is not");
    gone = gone || !there;
    const bool must =
        one.deeds <= behind && (durability == Durability::sync_all ||
                                (durability == Durability::sync_reservations && !one.end));
    if (must && !there)
      FAIL("a " << (one.end ? "booking" : "reservation") << " that was acknowledged at "
                << one.deeds << " is lost");
  }
}

std::uint64_t seed() { return number_from("WAYFARE_SEED", std::random_device()()); }

} // namespace

TEST_CASE(
    "a power cut at any moment takes nothing that durability promised, and never breaks the file",
    "[slow]") {
  const auto [durability, name] =
      GENERATE(std::pair{Durability::sync_reservations, "reserve"},
               std::pair{Durability::sync_all, "power"}, std::pair{Durability::no_sync, "process"});
  const std::uint64_t first = seed();
  const int states = std::getenv("WAYFARE_ALL_FAULTS") ? 5'000 : 300;
  const Folder folder;
  const std::string path = folder / "l.db", after = folder / "after.db";
  Disk disk;
  disk.record(true);
  Story story(disk, path, durability);
  story.live();
  disk.record(false);
  const auto deeds = disk.deeds();
  REQUIRE(deeds.size() > 100);
  std::size_t lost = 0;
  for (int at = 0; at < states; ++at) {
    std::mt19937_64 chance(first + static_cast<std::uint64_t>(at));
    const std::size_t behind = 1 + chance() % deeds.size();
    INFO("durability " << name << ": WAYFARE_SEED=" << first << ", state " << at << ", cut behind "
                       << behind << " of " << deeds.size() << " deeds");
    lay_out(after_cut(deeds, behind, chance), path, after);
    // the file was not made yet
    if (number(after, "SELECT 1") < 0) std::ofstream(after, std::ios::app);
    hold_against(after, story.told, behind, durability);
    lost += static_cast<std::size_t>(number(after, "SELECT count(*) FROM pending") > 0);
  }
  CHECK(lost > 0); // some cuts lost unsynced entries
}
