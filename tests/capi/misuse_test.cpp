// Every function of the C interface with every wrong argument.

#include <cstdint>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "client.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"

namespace {

constexpr std::int64_t ids[] = {0, -1, 1'000'000, std::numeric_limits<std::int64_t>::min(),
                                std::numeric_limits<std::int64_t>::max()};
constexpr std::int32_t flags[] = {0, 1, -1, std::numeric_limits<std::int32_t>::min(),
                                  std::numeric_limits<std::int32_t>::max()};

// Texts that are no request and no options.
std::vector<std::string> wrong_texts() {
  return {"",
          " ",
          "{",
          "[]",
          "null",
          "1",
          "\"text\"",
          "{} x",
          "{\"op\":null}",
          "{\"op\":\"none\"}",
          "{\"op\":\"usage\",\"by\":[1]}",
          "{\"body\":1}",
          "{\"no such name\":1}",
          "\xFF\xFE",
          "{\"a\":\"\\ud800\"}",
          std::string(100'000, '['),
          "{\"ledger\":" + std::string(100'000, '9') + "}"};
}

void misuse_null() {
  char text[1];
  char* events = text;
  CHECK(wayfare_open("{}", nullptr, nullptr) == WAYFARE_INVALID);
  CHECK(wayfare_open(nullptr, nullptr, &events) == WAYFARE_INVALID);
  CHECK(events == nullptr);
  CHECK(wayfare_submit(nullptr, "{}") == WAYFARE_INVALID);
  CHECK(wayfare_submit(nullptr, nullptr) == WAYFARE_INVALID);
  for (const std::int64_t id : ids)
    for (const std::int32_t flag : flags) {
      events = text;
      CHECK(wayfare_next(nullptr, id, flag, &events) == WAYFARE_INVALID);
      CHECK(events == nullptr);
      CHECK(wayfare_next(nullptr, id, flag, nullptr) == WAYFARE_INVALID);
      CHECK(wayfare_cancel(nullptr, id, flag) == WAYFARE_INVALID);
      CHECK(wayfare_ready(nullptr, flag) == WAYFARE_INVALID);
    }
  CHECK(wayfare_fd(nullptr) == -1);
  wayfare_wake(nullptr);
  wayfare_close(nullptr);
  wayfare_free(nullptr);
}

// Counts what went wrong, because the assertions of Catch2 are for one thread.
int misuse(wayfare_client* client) {
  int wrong = 0;
  const auto check = [&](bool good) { wrong += good ? 0 : 1; };
  for (const std::int64_t id : ids)
    for (const std::int32_t flag : flags) {
      char text[1];
      char* events = text;
      check(wayfare_next(client, id, flag, &events) == 2 && events == nullptr);
      check(wayfare_next(client, id, flag, nullptr) == WAYFARE_INVALID);
      check(wayfare_cancel(client, id, flag) == 0);
    }
  std::vector<std::string> texts = wrong_texts();
  for (std::size_t at = 0; at <= texts.size(); ++at) {
    const char* request = at < texts.size() ? texts[at].c_str() : nullptr;
    const std::int64_t id = wayfare_submit(client, request);
    check(id > 0);
    check(wayfare_next(client, id, 0, nullptr) == WAYFARE_INVALID); // the events are still there
    char* events = nullptr;
    check(wayfare_next(client, id, 20'000, &events) == 1);
    const std::string told = CClient::take(events);
    check(told.find(R"("type":"error")") != told.npos);
    check(wayfare_next(client, id, -1, &events) == 2 && events == nullptr);
  }
  wayfare_wake(client);
  check(wayfare_ready(client, 0) >= 0);
  check(wayfare_fd(client) >= 0);
  return wrong;
}

} // namespace

TEST_CASE("C: NULL is answered with a code") { misuse_null(); }

TEST_CASE("C: options that cannot be read are refused with an error") {
  for (const std::string& text : wrong_texts()) {
    if (text.find_first_not_of(' ') == text.npos || text == "null") continue; // no options at all
    INFO(text.substr(0, 40));
    auto* client = reinterpret_cast<wayfare_client*>(1);
    char* error = nullptr;
    CHECK(wayfare_open(text.c_str(), &client, nullptr) == WAYFARE_INVALID);
    CHECK(client == nullptr);
    CHECK(wayfare_open(text.c_str(), &client, &error) == WAYFARE_INVALID);
    CHECK(CClient::take(error).find(R"("code":"invalid")") != std::string::npos);
  }
}

TEST_CASE("C: wrong arguments from several threads at once do no harm to a call") {
  const Server server([](const std::string&) {
    return Server::plain(R"({"choices":[{"message":{"content":"pong"},"finish_reason":"stop"}]})");
  });
  const Folder folder;
  const CClient client(server, folder / "l.db");
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (int& count : wrong)
    threads.emplace_back([&client, &count] {
      for (int round = 0; round < 10; ++round) count += misuse(client);
    });
  std::int32_t last = 0;
  for (int round = 0; round < 20; ++round)
    CHECK(count_of(client.rest(client.say("Hello"), &last), R"("type":"done")") == 1);
  for (std::thread& thread : threads) thread.join();
  for (const int count : wrong) CHECK(count == 0);
}
