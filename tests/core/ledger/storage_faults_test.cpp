// A ledger whose disk fails at any call. Every request gets an answer, acknowledged entries exist
// afterwards, nothing is booked twice, and the sums are right. WAYFARE_ALL_FAULTS=1 tries every
// call; otherwise each run tries some of them.

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <set>
#include <thread>

#include "ledger/rows.hpp"
#include "ledger/schema.hpp"
#include "support/catch.hpp"
#include "support/disk.hpp"
#include "support/folder.hpp"
#include "support/golden.hpp"
#include "support/keeping.hpp"

using namespace keeping_words;
using disk::Disk;
using disk::Fault;

namespace {

// A ledger on a failing disk, and its acknowledgements.
class Life {
 public:
  Life(Disk& disk, std::string path)
      : disk_(disk),
        path_(std::move(path)),
        ledger_(Ledger::open(path_, Durability::sync_reservations).value()) {}
  ~Life() { close(); }

  // Waits for an answer. It comes at once, or when the disk works again: a request waits or is
  // refused, but never hangs.
  template <class T>
  T answer(std::future<T>& coming) {
    if (coming.wait_for(std::chrono::milliseconds(100)) != std::future_status::ready) disk_.lift();
    REQUIRE(coming.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
    return coming.get();
  }
  void judge(const std::optional<Error>& error, std::initializer_list<Code> allowed = {}) {
    if (!error) return;
    INFO(error->message);
    CHECK((error->code == Code::ledger_unavailable ||
           std::ranges::find(allowed, error->code) != allowed.end()));
    ++refused;
  }
  // Makes several reservations at the same time. Returns the granted ones.
  std::vector<Reservation> reserve(int many, std::int64_t bound = 100) {
    std::vector<Reservation> asked;
    std::vector<std::promise<std::optional<Error>>> told(static_cast<std::size_t>(many));
    for (auto& one : told) {
      asked.push_back(reservation("a"));
      asked.back().bound = Amount{bound};
      asked.back().charge_to.tags = {"t"};
      ledger_->reserve(std::make_shared<const Reservation>(asked.back()),
                       [&one](const Verdict& verdict) { one.set_value(verdict.refused); });
    }
    std::vector<Reservation> granted;
    for (std::size_t at = 0; at < told.size(); ++at) {
      auto coming = told[at].get_future();
      const auto error = answer(coming);
      judge(error);
      (error ? never : open).insert(asked[at].uid.text());
      if (!error) granted.push_back(asked[at]);
    }
    return granted;
  }
  void note(const Reservation& r) { ledger_->note(r.uid, "gen-" + r.uid.text()); }
  void end(const Reservation& r, Ending ending) {
    auto done = std::make_shared<std::atomic<bool>>(false);
    ledger_->book(r.uid, ending, [done] { *done = true; });
    ends.push_back({r.uid.text(), std::move(ending), done});
  }
  template <class Operation>
  std::optional<typename Operation::Result> ask(const Operation& operation,
                                                std::initializer_list<Code> allowed = {}) {
    using Answer = Result<typename Operation::Result>;
    auto told = std::make_shared<std::promise<Answer>>();
    auto coming = told->get_future();
    ledger_->execute(operation, [told](Answer result) { told->set_value(std::move(result)); });
    auto result = answer(coming);
    if (result) return std::move(result.value());
    judge(result.error(), allowed);
    return std::nullopt;
  }
  Ledger& ledger() { return *ledger_; }

  // Repairs the disk. All waiting ends are then booked without any action.
  void recover() {
    disk_.lift();
    const auto until = Clock::now() + std::chrono::seconds(10);
    const auto all = [&] {
      return std::ranges::all_of(ends, [](const End& end) { return end.booked->load(); });
    };
    // The end of an unknown attempt: it makes the writer try the other ends again.
    if (!all()) end(reservation(), Ending{.state = State::voided});
    while (!all() && Clock::now() < until)
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    CHECK(all());
  }
  void close() {
    if (ledger_)
      Ledger::release(std::exchange(ledger_, nullptr), Clock::now() + std::chrono::seconds(10));
  }

  struct End {
    std::string uid;
    Ending ending;
    std::shared_ptr<std::atomic<bool>> booked;
  };
  std::set<std::string> open, never; // granted and refused attempts
  std::vector<End> ends;
  int refused = 0;
  std::string backup;

 private:
  Disk& disk_;
  const std::string path_;
  std::shared_ptr<Ledger> ledger_;
};

// Compares the ledger with the acknowledgements, on a working disk.
void hold_against(const Life& life, const std::string& path, bool recovered) {
  Opened after(path);
  const auto verification = verify(*after.ledger);
  for (const auto& problem : verification.problems) CHECK(problem == "");
  std::map<std::string, Entry> rows;
  for (auto& entry : entries(*after.ledger, {.limit = 10'000})) {
    rows.emplace(entry.entry, entry); // a correction has the uid of its entry
  }
  for (const auto& uid : life.open) CHECK(rows.contains(uid));
  // An attempt that was never sent holds nothing after the disk works again.
  for (const auto& uid : life.never)
    if (recovered) CHECK((!rows.contains(uid) || rows.at(uid).state == State::voided));
  for (const auto& [uid, ending, booked] : life.ends) {
    if (!*booked || !life.open.contains(uid)) continue;
    REQUIRE(rows.contains(uid));
    CHECK(rows.at(uid).state == ending.state);
    if (ending.state == State::settled) CHECK(rows.at(uid).cost == ending.billing.cost);
  }
  if (!life.backup.empty() && std::filesystem::exists(life.backup))
    CHECK(verify(*Opened(life.backup).ledger).ok);
}

void copy(const std::string& from, const std::string& to) {
  for (const char* part : {"", "-wal"}) {
    std::filesystem::remove(to + part);
    if (std::filesystem::exists(from + part)) std::filesystem::copy_file(from + part, to + part);
  }
  std::filesystem::remove(to + "-shm");
}

struct Scenario {
  const char* name;
  std::function<void(const std::string& path)> prepare; // prepares the file
  // Whether the ledger is open when the disk begins to fail.
  bool opened = true;
  std::function<void(Life&)> live;
  bool closes = false; // the disk also fails during close
};

void prepare_calls(const std::string& path) {
  Opened opened(path);
  fill(*opened.ledger, 30);
}
void prepare_orphans(const std::string& path) { // a copy has attempts without an end
  const std::string from = path + ".from";
  Opened opened(from);
  fill(*opened.ledger, 10);
  for (int at = 0; at < 3; ++at)
    REQUIRE_FALSE(ledger_words::reserve(*opened.ledger, reservation()));
  REQUIRE(back_up(*opened.ledger, path).ok());
}
void prepare_aged(const std::string& path) {
  prepare_calls(path);
  age(path, 40 * day);
}

void calls(Life& life) {
  for (int at = 0; at < 3; ++at)
    for (const Reservation& r : life.reserve(1)) {
      life.note(r);
      life.end(r, settled(7 + at));
    }
}

std::vector<Scenario> scenarios() {
  return {
      {"a new file", [](const std::string&) {}, false, calls},
      {"a file with orphans", prepare_orphans, false, calls},
      {"calls", prepare_calls, true, calls},
      {"ends of every kind under hard budgets", prepare_calls, true,
       [](Life& life) {
         for (const Reservation& r : life.reserve(1)) life.end(r, Ending{.state = State::voided});
         for (const Reservation& r : life.reserve(1))
           life.end(r, Ending{.state = State::unknown, .billing = {.generation_id = "gen-u"}});
         // a cost above the bound
         for (const Reservation& r : life.reserve(1)) life.end(r, settled(150));
         Ending cost_pending = settled(0);
         cost_pending.billing = {.model = "m/served", .generation_id = "gen-c"};
         for (const Reservation& r : life.reserve(1)) life.end(r, cost_pending);
       }},
      {"many at once", prepare_calls, true,
       [](Life& life) {
         for (const Reservation& r : life.reserve(12)) life.end(r, settled(3));
         life.reserve(3);
       }},
      {"budgets and blocks", prepare_calls, true,
       [](Life& life) {
         life.ask(SetBudget{.name = "new",
                            .limit = Amount{1'000'000},
                            .window = Window::month,
                            .assume = Amount{5}});
         for (const Reservation& r : life.reserve(1)) life.end(r, settled(9));
         life.ask(SetBudget{.name = "all", .limit = Amount{2'000'000'000}});
         life.ask(BlockCalls{.scope = {.agent = "z"}});
         life.ask(SetBudget{.name = "each", .remove = true});
         life.reserve(1);
       }},
      {"lookups", prepare_calls, true,
       [](Life& life) {
         const ledger::Asker asker{"https://openrouter.ai/api/v1", {"0123456789abcdef"}};
         auto told = std::make_shared<std::promise<Result<std::vector<ledger::Lookup>>>>();
         auto coming = told->get_future();
         life.ledger().take_lookups(asker, true, "", 2,
                                    [told](auto lookups) { told->set_value(std::move(lookups)); });
         const auto lookups = life.answer(coming);
         if (!lookups) return life.judge(lookups.error());
         REQUIRE(lookups.value().size() == 2);
         for (const auto& lookup : lookups.value()) {
           auto ended = std::make_shared<std::promise<Result<ledger::LookupResult>>>();
           auto ending = ended->get_future();
           life.ledger().end_lookup(lookup.uid, settled(33), [ended](auto outcome) {
             ended->set_value(std::move(outcome));
           });
           if (const auto outcome = life.answer(ending); !outcome) life.judge(outcome.error());
         }
       }},
      {"reports", prepare_calls, true,
       [](Life& life) {
         life.ask(UsageQuery{.by = {Dimension::day, Dimension::model}});
         life.ask(EntryQuery{.limit = 5});
         life.ask(ListBudgets{});
         life.ask(Verify{});
         life.reserve(1);
       }},
      {"a backup", prepare_calls, true,
       [](Life& life) {
         life.ask(Backup{life.backup}, {Code::invalid});
         life.reserve(1);
       }},
      {"a prune", prepare_aged, true,
       [](Life& life) {
         life.ask(Prune{Time(std::chrono::microseconds(os::wall_us() - 10 * day))});
         life.reserve(1);
       }},
      {"a close", prepare_calls, true,
       [](Life& life) {
         for (const Reservation& r : life.reserve(2)) life.end(r, settled(5));
         life.reserve(1);
       },
       true},
  };
}

struct Way {
  Fault fault;
  bool on;
  bool through; // also during close
};

// Tries one fault at one call. Returns false if there is no such call.
bool try_one(Disk& disk, const Scenario& scenario, const std::string& from, const std::string& path,
             Way way, int nth) {
  copy(from, path);
  Life life(disk, path);
  life.backup = path + ".copy";
  std::filesystem::remove(life.backup);
  if (scenario.opened) life.reserve(1); // this attempt never ends
  disk.fail(way.fault, nth, way.on);
  scenario.live(life);
  const bool through = scenario.closes || way.through;
  if (!through) life.recover();
  life.close();
  const bool any = disk.failed() > 0;
  disk.lift();
  hold_against(life, path, !through);
  return any;
}

} // namespace

TEST_CASE("a change of the rules that was rolled back is not taken for one that came later") {
  sqlite::Database database(":memory:", sqlite::Database::Mode::memory);
  ledger::bring_forward(database, 0);
  ledger::Rows mine(database, 1, "boot"), other(database, 2, "boot");
  const ledger::Moment moment{1'795'000'000'000'000, 1'000'000'000, "boot"};
  const auto limit = [&](ledger::Rows& rows, std::int64_t most) {
    database.execute("BEGIN IMMEDIATE");
    const std::int64_t now = rows.time(moment, true);
    return rows.budgets()
        .change(SetBudget{.name = "b", .limit = Amount{most}, .window = Window::lifetime}, now)
        .ok();
  };
  REQUIRE(limit(mine, 1'000));
  database.roll_back();
  mine.forget();
  REQUIRE(limit(other, 10));
  database.execute("COMMIT");
  database.execute("BEGIN IMMEDIATE");
  Reservation r = reservation();
  r.bound = Amount{500};
  const auto refused = mine.reserve(r, mine.time(moment, true)).refused;
  REQUIRE(refused);
  CHECK(refused->code == Code::budget_exceeded);
}

TEST_CASE("a disk that fails at any call loses no acknowledged entry, and no request hangs",
          "[slow]") {
  const bool all = std::getenv("WAYFARE_ALL_FAULTS") != nullptr;
  const int stride = all ? 1 : 5;
  int cases = 0;
  const int seed = static_cast<int>(os::wall_us() % 1000);
  for (const Scenario& scenario : scenarios()) {
    const Folder folder;
    const std::string from = folder / "from.db", path = folder / "l.db";
    scenario.prepare(from);
    Disk disk;
    int most = 0;
    const auto begun = Clock::now();
    for (const Way way : {Way{Fault::io, false, false},
                          {Fault::io, true, false},
                          {Fault::io, true, true},
                          {Fault::full, false, false},
                          {Fault::full, true, false},
                          {Fault::torn, false, false},
                          {Fault::torn, true, true},
                          {Fault::busy, false, false},
                          {Fault::busy, true, false}}) {
      for (int nth = all ? 0 : seed % stride;; nth += stride) {
        INFO(scenario.name << ": fault " << static_cast<int>(way.fault)
                           << (way.on ? " from" : " at") << " call " << nth
                           << (way.through ? ", through the close" : ""));
        if (!try_one(disk, scenario, from, path, way, nth)) break;
        ++cases;
        most = std::max(most, nth);
      }
    }
    if (all)
      std::printf(
          "%s: up to call %d, %lld ms\n", scenario.name, most,
          static_cast<long long>(
              std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun).count()));
  }
  CHECK(cases > (all ? 4'000 : 800));
  if (all) std::printf("%d faults\n", cases);
}
