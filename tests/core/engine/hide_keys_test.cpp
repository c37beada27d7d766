// A key that a server repeats is in nothing that a call tells or books.

#include <wayfare/wayfare.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "json_api/json_api.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"
#include "support/server.hpp"

using namespace wayfare;

namespace {

const std::string key = "sk-or-v1-0123456789abcdef/0123456789abcdef";

// The key as a server may write it into JSON.
std::vector<std::string> spellings() {
  std::string escaped;
  constexpr char hex[] = "0123456789ABCDEF";
  for (const unsigned char c : key) {
    escaped += "\\u00";
    escaped += hex[c >> 4];
    escaped += hex[c & 15];
  }
  std::string slashed = key;
  slashed.insert(slashed.find('/'), "\\");
  return {key, escaped, slashed};
}

// All that a call tells and all that its ledger has.
struct Told {
  std::string events;
  std::string ledger;
};

Told told_of(const std::string& answer, bool streamed) {
  const Folder folder;
  const Server server([&](const std::string&) { return answer; });
  Told told;
  {
    Client client = Client::open({.api_key = key,
                                  .base_url = server.base_url(),
                                  .ledger = folder / "l.db",
                                  .dialect = Dialect::openai})
                        .value();
    const Request request{.body = R"({"model":"m","messages":[{"role":"user","content":"hi"}])" +
                                  std::string(streamed ? R"(,"stream":true})" : "}"),
                          .route = {.retries = 0}};
    const std::int64_t id = client.submit(Chat{.request = request});
    std::vector<Event> events;
    while (client.next(id, std::chrono::seconds(10), events) == NextStatus::events) {
      told.events += json_api::to_json(id, events);
      events.clear();
    }
    const auto page = client.entries().value();
    REQUIRE(page.entries.size() == 1);
    told.ledger = page.entries.front().model + page.entries.front().provider +
                  page.entries.front().generation_id + page.entries.front().finish_reason;
  }
  for (const auto& file : std::filesystem::directory_iterator(folder / "")) {
    std::ifstream in(file.path(), std::ios::binary);
    told.ledger.append(std::istreambuf_iterator<char>(in), {});
  }
  return told;
}

std::string head(const std::string& status, const std::string& type, std::size_t size) {
  return "HTTP/1.1 " + status + "\r\nContent-Type: " + type + "\r\nX-Generation-Id: gen-" + key +
         "\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
}

void check(const std::string& status, const std::string& body, bool streamed) {
  INFO(status << body);
  const std::string type = streamed ? "text/event-stream" : "application/json";
  const Told told = told_of(head(status, type, body.size()) + body, streamed);
  CHECK(told.events.find("[key]") != std::string::npos);
  for (const std::string& spelling : spellings()) {
    CHECK(told.events.find(spelling) == std::string::npos);
    CHECK(told.ledger.find(spelling) == std::string::npos);
  }
}

} // namespace

TEST_CASE("a key in any part of an answer is told and booked nowhere") {
  const std::string usage = R"("usage":{"prompt_tokens":1,"completion_tokens":1,"cost":0.5})";
  for (const std::string& spelling : spellings()) {
    const std::string text = '"' + spelling + '"';
    const std::string message =
        R"({"content":)" + text + R"(,"reasoning":)" + text + R"(,"refusal":)" + text +
        R"(,"annotations":[)" + text + R"(],"tool_calls":[{"index":0,"id":)" + text +
        R"(,"function":{"name":)" + text + R"(,"arguments":"{\"a\":\")" + key + R"(\"}"}}]})";
    const std::string rest = R"(,"finish_reason":)" + text + R"(,"native_finish_reason":)" + text +
                             R"(}],"id":)" + text + R"(,"model":)" + text + R"(,"provider":)" +
                             text + R"(,"x":)" + text + "," + usage + "}";
    check("200 OK", R"({"choices":[{"index":0,"message":)" + message + rest, false);
    check("200 OK",
          R"(data: {"choices":[{"index":0,"delta":)" + message + rest + "\n\ndata: [DONE]\n\n",
          true);
  }
}

TEST_CASE("a key in any part of a refusal is told and booked nowhere") {
  for (const std::string& spelling : spellings()) {
    const std::string text = '"' + spelling + '"';
    const std::string error = R"({"error":{"code":429,"message":)" + text +
                              R"(,"metadata":{"provider_name":)" + text + R"(,"raw":)" + text +
                              R"(}},"model":)" + text + R"(,"provider":)" + text + "}";
    check("429 Too Many Requests", error, false);
    check("200 OK", "data: " + error + "\n\n", true);
    check("502 " + key, "<p>" + spelling, false);
  }
}
