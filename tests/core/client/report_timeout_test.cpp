// A report ends by report_timeout, whatever holds up the ledger, and later reports go on.

#include <wayfare/wayfare.hpp>

#include <chrono>
#include <thread>

#include "os/files.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"
#include "support/keeping.hpp"

using namespace wayfare;
using namespace std::chrono_literals;

namespace {

Client open(const std::string& ledger, std::chrono::milliseconds timeout) {
  return Client::open({.api_key = "sk-or-v1-test",
                       .base_url = "http://127.0.0.1:9/v1",
                       .ledger = ledger,
                       .report_timeout = timeout})
      .value();
}

std::string with_a_ledger(const Folder& folder) {
  const std::string path = folder / "l.db";
  Client client = open(path, 60s);
  REQUIRE(client.budget({.name = "b", .limit = Amount{5}, .window = Window::day}).ok());
  return path;
}

template <class T>
void check_late(const Result<T>& report, ledger_words::Clock::time_point since) {
  const auto took = ledger_words::Clock::now() - since;
  REQUIRE_FALSE(report.ok());
  CHECK(report.error().code == Code::deadline);
  CHECK(report.error().retryable);
  CHECK(report.error().message == "the ledger gave no report within 200 ms (report_timeout)");
  CHECK(took >= 200ms);
  CHECK(took < 2s); // 100 ms on a quiet machine
}

// Changes the file so that the report `usage` never ends.
void make_usage_endless(const std::string& path) {
  keeping_words::damage(path,
                        "ALTER TABLE rollup_day RENAME TO kept; CREATE VIEW rollup_day AS WITH "
                        "RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT kept.* "
                        "FROM n LEFT JOIN kept WHERE i < 0");
}

} // namespace

TEST_CASE("each report ends in time while another process holds the ledger locked") {
  const Folder folder;
  const std::string path = with_a_ledger(folder);
  const os::FileLock other(path + ".lock"); // locks of another open file, as in another process
  other.lock(0);
  other.lock(1);
  Client client = open(path, 200ms);
  const auto each = [&](const auto& report) {
    const auto since = ledger_words::Clock::now();
    check_late(report(), since);
  };
  each([&] { return client.usage(); });
  each([&] { return client.entries(); });
  each([&] { return client.budgets(); });
  each([&] { return client.blocks(); });
  each([&] { return client.unknown(); });
  each([&] { return client.crossings(); });
  each([&] { return client.verify(); });
  each([&] { return client.backup(folder / "copy.db"); });
  other.unlock(0, 2);
  CHECK(client.budgets().value().size() == 1);
  CHECK(client.verify().value().ok);
  CHECK_FALSE(std::filesystem::exists(folder / "copy.db")); // it was given up before it began
}

TEST_CASE("a report that never ends is interrupted, and so is none of another client") {
  const Folder folder;
  const std::string path = with_a_ledger(folder);
  make_usage_endless(path);
  Client client = open(path, 200ms);
  Client patient = open(path, 60s);
  const auto since = ledger_words::Clock::now();
  check_late(client.usage(), since);
  CHECK(client.budgets().value().size() == 1); // the reader is free again
  std::thread behind([&] { // a report that waits behind another is late, and the other goes on
    std::this_thread::sleep_for(50ms);
    const auto later = ledger_words::Clock::now();
    check_late(client.budgets(), later);
  });
  const std::int64_t id = patient.submit(UsageQuery{});
  behind.join();
  std::vector<Event> events;
  CHECK(patient.next(id, 100ms, events) == NextStatus::nothing);
  CHECK(patient.cancel(id, false) == Code::ok);
  CHECK(patient.next(id, 5s, events) == NextStatus::events);
  CHECK(events.back().error->code == Code::cancelled);
}

TEST_CASE("a report that was cancelled does not hold up later ones for longer than its time") {
  const Folder folder;
  const std::string path = with_a_ledger(folder);
  make_usage_endless(path);
  Client client = open(path, 400ms);
  const std::int64_t id = client.submit(UsageQuery{});
  std::vector<Event> events;
  CHECK(client.next(id, 50ms, events) == NextStatus::nothing); // it runs
  CHECK(client.cancel(id, true) == Code::ok);
  const auto until = ledger_words::Clock::now() + 10s;
  while (!client.budgets().ok()) REQUIRE(ledger_words::Clock::now() < until);
}

TEST_CASE("report_timeout is above zero and at most a week") {
  for (const auto timeout : {0ms, -1ms, std::chrono::milliseconds(8 * 24h)}) {
    const auto client = Client::open({.report_timeout = timeout});
    REQUIRE_FALSE(client.ok());
    CHECK(client.error().message == "report_timeout is not above zero and at most a week");
  }
}
