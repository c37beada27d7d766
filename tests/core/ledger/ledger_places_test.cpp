// The place of a ledger: a full disk, places that cannot have a ledger, and files that are removed
// while they are in use.

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "os/files.hpp"
#include "support/catch.hpp"
#include "support/disk.hpp"
#include "support/folder.hpp"
#include "support/keeping.hpp"

using namespace keeping_words;

TEST_CASE(
    "on a full disk calls are refused in words and nothing is lost, and with room it goes on") {
  const Folder folder;
  const std::string path = folder / "l.db";
  disk::Disk disk;
  Opened opened(path);
  Ledger& ledger = *opened.ledger;
  std::vector<Reservation> open;
  for (int at = 0; at < 3; ++at) {
    open.push_back(reservation());
    REQUIRE_FALSE(reserve(ledger, open.back()));
  }
  disk.leave_room(40'000);
  std::optional<Error> refused;
  for (int at = 0; at < 1000 && !refused; ++at) {
    Reservation r = reservation();
    refused = reserve(ledger, r);
    if (!refused) open.push_back(r);
  }
  REQUIRE(refused);
  CHECK(refused->code == Code::ledger_unavailable);
  CHECK(refused->retryable);
  CHECK(refused->message.find("disk is full") != std::string::npos);
  CHECK(refused->advice == "make room on the disk of " + path);

  std::atomic<std::size_t> booked{0};
  for (const Reservation& r : open) ledger.book(r.uid, settled(3), [&] { ++booked; });
  CHECK(reserve(ledger, reservation())->code == Code::ledger_unavailable);
  CHECK(booked < open.size());
  CHECK(entries(ledger, {.limit = 10'000}).size() >= open.size()); // reports need no space
  disk.leave_room(disk::Disk::endless);
  for (int at = 0; at < 1000 && booked < open.size(); ++at)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  CHECK(booked == open.size()); // booked without any action
  CHECK_FALSE(reserve(ledger, reservation()));
  // One more call, from above.
  CHECK(ask(ledger, UsageQuery{}).value().at(0).calls ==
        static_cast<std::int64_t>(open.size() + 1));
  CHECK(verify(ledger).ok);
}

TEST_CASE(
    "file systems of several machines are known by their numbers, and local ones are not among "
    "them") {
  for (const std::uint64_t remote : {0x6969ull, 0x517Bull, 0xFE534D42ull, 0xFFFFFFFFFF534D42ull,
                                     0x00C36400ull, 0x47504653ull, 0x65735546ull, 0x01021997ull})
    CHECK_FALSE(os::remote_file_system(remote).empty());
  // ext4, XFS, Btrfs, ZFS, tmpfs, overlay, F2FS, eCryptfs
  for (const std::uint64_t local : {0xEF53ull, 0x58465342ull, 0x9123683Eull, 0x2FC12FC1ull,
                                    0x01021994ull, 0x794C7630ull, 0xF2F52010ull, 0xF15Full})
    CHECK(os::remote_file_system(local).empty());
  const Folder folder;
  CHECK(os::remote_file_system_of(folder / "").empty());
}

TEST_CASE(
    "a file or WAL that is taken away under the ledger is noticed, and from then on nothing is "
    "sent") {
  const Folder folder;
  const std::string path = folder / "l.db", aside = folder / "aside.db";
  Opened opened(path);
  Ledger& ledger = *opened.ledger;
  const Reservation before = reservation();
  REQUIRE_FALSE(reserve(ledger, before));
  const auto stands = [&] { // after the file is put back
    CHECK_FALSE(reserve(ledger, reservation()));
  };
  for (const std::string part : {"", "-wal"}) {
    INFO("the part " << part);
    std::filesystem::rename(path + part, aside); // moved
    std::this_thread::sleep_for(std::chrono::milliseconds(110));
    const auto moved = reserve(ledger, reservation());
    REQUIRE(moved);
    CHECK(moved->code == Code::ledger_replaced);
    CHECK_FALSE(moved->retryable);
    std::ofstream(path + part) << "another"; // replaced
    CHECK(reserve(ledger, reservation())->code == Code::ledger_replaced);
    std::filesystem::rename(aside, path + part);
    stands();
  }

  std::filesystem::remove(path + "-wal");
  std::this_thread::sleep_for(std::chrono::milliseconds(110));
  std::atomic<bool> booked{false};
  ledger.book(before.uid, settled(5), [&] { booked = true; });
  CHECK(reserve(ledger, reservation())->code == Code::ledger_replaced);
  CHECK(
      ask(ledger, SetBudget{.name = "b", .limit = Amount{5}, .window = Window::day}).error().code ==
      Code::ledger_replaced);
  std::this_thread::sleep_for(std::chrono::milliseconds(500)); // the writer tries again meanwhile
  CHECK_FALSE(booked); // a booking in an unnamed file does not count
  opened.close();
  Opened after(path);
  CHECK(entries(*after.ledger).at(0).state == State::unknown); // every acknowledged entry exists
  CHECK(entries(*after.ledger).size() == 3);
  CHECK(ask(*after.ledger, ListBudgets{}).value().empty());
  CHECK_FALSE(reserve(*after.ledger, reservation()));
  CHECK(verify(*after.ledger).ok);
}

TEST_CASE("a file is replaced in one step, and an interrupted replacement leaves nothing behind") {
  const Folder folder;
  const std::string path = folder / "list";
  std::ofstream(path + ".new") << std::string(1000, 'x'); // left by a killed process
  REQUIRE(os::replace_file(path, "one"));
  CHECK(os::read_file(path, 100).text == "one");
  CHECK_FALSE(os::exists(path + ".new"));
  std::atomic<int> replaced{0};
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 4; ++writer)
    writers.emplace_back([&, writer] {
      for (int at = 0; at < 100; ++at)
        replaced += os::replace_file(path, std::string(50'000, static_cast<char>('a' + writer)));
    });
  for (int at = 0; at < 200; ++at) {
    const std::string seen = os::read_file(path, 100'000).text;
    CHECK(
        (seen == "one" || (seen.size() == 50'000 && seen.find_first_not_of(seen[0]) == seen.npos)));
  }
  for (auto& writer : writers) writer.join();
  CHECK(replaced > 0);
  CHECK_FALSE(os::exists(path + ".new"));
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  std::ofstream(path + "/in") << "it";
  CHECK_FALSE(os::replace_file(path, "two")); // a folder is not replaced
  CHECK_FALSE(os::exists(path + ".new"));
}

TEST_CASE(
    "a ledger that a link leads to is the same one: its lock, its WAL and its memory stand beside "
    "the file") {
  const Folder folder;
  const std::string path = folder / "l.db", link = folder / "link.db",
                    linked_folder = folder / "folder";
  { REQUIRE_FALSE(reserve(*Opened(path).ledger, reservation())); }
  std::filesystem::create_symlink("l.db", link);
  std::filesystem::create_directory_symlink(".", linked_folder);
  for (const std::string& name : {link, linked_folder + "/l.db"}) {
    Opened opened(name);
    REQUIRE_FALSE(reserve(*opened.ledger, reservation()));
    for (const char* beside : {".lock", "-wal", "-shm"}) {
      INFO(name << beside);
      CHECK(std::filesystem::exists(path + beside));
      CHECK_FALSE(std::filesystem::exists(link + beside));
    }
    std::filesystem::rename(path + "-wal", path + "-gone");
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    CHECK(reserve(*opened.ledger, reservation())->code == Code::ledger_replaced);
    std::filesystem::rename(path + "-gone", path + "-wal");
  }
}
