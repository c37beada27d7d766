// One file that is reached by two paths: beside each stand a WAL and a lock of its own, so only one
// of them is in use at a time.

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "ledger/one_path.hpp"
#include "os/files.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"
#include "support/keeping.hpp"

using namespace keeping_words;
using ledger::OnePath;

namespace {

// A ledger, and a second name of its file in another folder.
struct TwoPaths {
  const Folder folder, other_folder;
  const std::string path = folder / "l.db", other = other_folder / "l.db";
  TwoPaths() {
    REQUIRE_FALSE(reserve(*Opened(path).ledger, reservation()));
    std::filesystem::create_hard_link(path, other);
  }
};

// A process that does something, says so, and then waits for its end.
class Process {
 public:
  explicit Process(const std::function<void()>& work) {
    int told[2];
    REQUIRE(pipe(told) == 0);
    child_ = fork();
    if (child_ == 0) {
      work();
      if (write(told[1], "x", 1) != 1) _exit(1);
      while (true) pause();
    }
    char byte = 0;
    REQUIRE(read(told[0], &byte, 1) == 1);
    close(told[0]);
    close(told[1]);
  }
  ~Process() { end(); }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  void end() { // as by kill -9
    if (child_ <= 0) return;
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
    child_ = 0;
  }

 private:
  pid_t child_ = 0;
};

void check_elsewhere(const std::optional<Error>& error, const std::string& path) {
  REQUIRE(error);
  CHECK(error->code == Code::ledger_unavailable);
  CHECK_FALSE(error->retryable);
  CHECK(error->message == path +
                              " is in use by another path of the same file, which has a WAL of "
                              "its own; nothing was sent");
  CHECK(error->advice == "share the ledger's folder, not the file alone");
}

} // namespace

TEST_CASE("a file that a process uses by one path is refused by another, until the process ends") {
  for (const bool turned : {false, true}) {
    const TwoPaths two;
    const std::string &used = turned ? two.other : two.path, &tried = turned ? two.path : two.other;
    INFO(used);
    Process user([&] {
      auto* opened = new Opened(used); // and never closed
      if (reserve(*opened->ledger, reservation())) _exit(1);
    });
    for (const char* beside : {"-wal", "-shm", ".lock"}) std::filesystem::remove(tried + beside);
    {
      Opened opened(tried);
      check_elsewhere(reserve(*opened.ledger, reservation()), tried);
      check_elsewhere(ask(*opened.ledger, SetBudget{.name = "b", .limit = Amount{5}}).error(),
                      tried);
      for (const char* beside : {"-wal", "-shm", ".lock"})
        CHECK_FALSE(os::exists(tried + beside)); // it has touched nothing
    }
    {
      Opened beside(used); // its own path goes on working
      CHECK_FALSE(reserve(*beside.ledger, reservation()));
    }
    user.end();
    Opened opened(tried);
    CHECK_FALSE(reserve(*opened.ledger, reservation()));
    CHECK(verify(*opened.ledger).ok);
  }
}

TEST_CASE("a client that was refused by its path goes on once the other path is closed") {
  const TwoPaths two;
  auto user = std::make_unique<Process>([&] {
    auto* opened = new Opened(two.path);
    if (reserve(*opened->ledger, reservation())) _exit(1);
  });
  Opened waiting(two.other);
  check_elsewhere(reserve(*waiting.ledger, reservation()), two.other);
  user.reset();
  CHECK_FALSE(reserve(*waiting.ledger, reservation()));
  OnePath first;
  CHECK(first.take(two.path) == OnePath::Taken::elsewhere);
  waiting.close();
  CHECK(first.take(two.path) == OnePath::Taken::held);
}

TEST_CASE("of two paths that are opened at once exactly one is held") {
  const TwoPaths two;
  for (int round = 0; round < 200; ++round) {
    std::atomic<int> ready{0}, held{0};
    std::vector<std::thread> threads;
    OnePath paths[4];
    for (std::size_t at = 0; at < 4; ++at)
      threads.emplace_back([&, at] {
        ++ready;
        while (ready < 4) std::this_thread::yield();
        const auto taken = paths[at].take(at % 2 == 0 ? two.path : two.other);
        if (taken == OnePath::Taken::held) held += at % 2 == 0 ? 1 : 10;
      });
    for (auto& thread : threads) thread.join();
    INFO(held);
    CHECK((held == 1 || held == 2 || held == 10 || held == 20)); // of one path, its one or both
  }
}

TEST_CASE("a fork's child does not keep the path that its parent used") {
  const TwoPaths two;
  Opened parent(two.path);
  REQUIRE_FALSE(reserve(*parent.ledger, reservation()));
  const Process child([] {});
  { // the parent still has it
    OnePath other;
    CHECK(other.take(two.other) == OnePath::Taken::elsewhere);
  }
  parent.close();
  OnePath other;
  CHECK(other.take(two.other) == OnePath::Taken::held);
}

TEST_CASE("clients of one process share a ledger, by whatever path") {
  const TwoPaths two;
  Opened one(two.path), other(two.other);
  CHECK(one.ledger == other.ledger);
  REQUIRE_FALSE(reserve(*one.ledger, reservation()));
  REQUIRE_FALSE(reserve(*other.ledger, reservation()));
  CHECK(entries(*other.ledger).size() == 3);
  one.close();
  CHECK_FALSE(reserve(*other.ledger, reservation()));
  Opened again(two.other);
  other.close();
  CHECK_FALSE(reserve(*again.ledger, reservation()));
}

TEST_CASE("a lock file that is deleted does not make another path of its ledger") {
  const Folder folder;
  const std::string path = folder / "l.db";
  const Process user([&] {
    auto* opened = new Opened(path);
    if (reserve(*opened->ledger, reservation())) _exit(1);
  });
  std::filesystem::remove(path + ".lock");
  Opened opened(path);
  CHECK_FALSE(reserve(*opened.ledger, reservation()));
}

TEST_CASE("what is in a ledger's place and is no file is refused at once") {
  const Folder folder;
  const std::string pipe = folder / "pipe.db";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  const auto refused = Ledger::open(pipe, Durability::sync_reservations);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::ledger_unavailable);
  CHECK(refused.error().message.find("pipe.db is not a regular file") != std::string::npos);
}
