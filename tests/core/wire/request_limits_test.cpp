// What of a request is not its body: names, headers and times, and their limits.

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "base/json_text.hpp"
#include "support/catch.hpp"
#include "wire/prepare.hpp"

using namespace wayfare;

namespace {

Request empty_request() {
  Request request;
  request.body = "{}";
  return request;
}

// Why the request is refused; "" where it is not.
std::string fault(const Request& request) {
  const auto prepared = wire::prepare(Request(request), false, openrouter_server());
  if (prepared.ok()) return "";
  CHECK(prepared.error().code == Code::invalid);
  CHECK_FALSE(prepared.error().retryable);
  CHECK(json::is_utf8(prepared.error().message));
  CHECK(prepared.error().message.find('\n') == std::string::npos);
  return prepared.error().message;
}

bool tells(const std::string& message, std::string_view what) {
  return message.find(what) != std::string::npos;
}

} // namespace

TEST_CASE("names to charge to may be 128 bytes long, in UTF-8 and without NUL") {
  const std::vector<std::pair<std::string, std::string& (*)(Request&)>> places{
      {"charge_to.app", [](Request& request) -> std::string& { return request.charge_to.app; }},
      {"charge_to.agent", [](Request& request) -> std::string& { return request.charge_to.agent; }},
      {"charge_to.user", [](Request& request) -> std::string& { return request.charge_to.user; }},
      {"charge_to.run", [](Request& request) -> std::string& { return request.charge_to.run; }},
      {"charge_to.tags",
       [](Request& request) -> std::string& { return request.charge_to.tags.emplace_back(); }},
      {"request_id", [](Request& request) -> std::string& { return request.request_id; }},
      {"route.model", [](Request& request) -> std::string& { return request.route.model; }}};
  for (const auto& [what, place] : places) {
    const auto judged = [&, part = place](const std::string& text) {
      Request request = empty_request();
      part(request) = text;
      return fault(request);
    };
    INFO(what);
    CHECK(judged(std::string(128, 'x')).empty());
    CHECK(tells(judged(std::string(129, 'x')), what));
    CHECK(tells(judged(std::string(129, 'x')), "128"));
    CHECK(judged("é😀\n\"").empty());
    CHECK(tells(judged("\xFF"), what));
    CHECK(tells(judged(std::string("a\0b", 3)), what));
  }
}

TEST_CASE("there may be 16 tags, and none of them empty") {
  Request request = empty_request();
  request.charge_to.tags.assign(16, "t");
  CHECK(fault(request).empty());
  request.charge_to.tags.emplace_back("t");
  CHECK(tells(fault(request), "charge_to.tags"));
  request.charge_to.tags = {"a", ""};
  CHECK(tells(fault(request), "charge_to.tags"));
}

TEST_CASE("headers are a caller's own, but for those that wayfare writes") {
  const auto judged = [](const std::string& name, const std::string& value) {
    Request request = empty_request();
    request.headers = {{name, value}};
    return fault(request);
  };
  CHECK(judged("X-OpenRouter-Cache", "true").empty());
  CHECK(judged("x-anthropic-beta", "a,b").empty());
  CHECK(judged("HTTP-Referer", "https://example.org/é").empty());
  CHECK(judged("X", "").empty());
  for (const char* name : {"Authorization", "AUTHORIZATION", "authorization", "Proxy-Authorization",
                           "Content-Type", "Content-Length", "Transfer-Encoding", "Host", "Expect",
                           "Connection", "Accept", "User-Agent"}) {
    CHECK(tells(judged(name, "secret"), name));
    CHECK_FALSE(tells(judged(name, "secret"), "secret"));
  }
  for (const std::string name :
       {"", " X", "X ", "X:", "X Y", "X\r\nY", "X\n", "É", "X(", "X/Y", "\"X\""})
    CHECK(tells(judged(name, "v"), "headers"));
  CHECK(tells(judged(std::string("X\0", 2), "v"), "headers"));
  for (const std::string value : {"a\r\nAuthorization: b", "a\n", "\ra"})
    CHECK(tells(judged("X-Y", value), "X-Y"));
  CHECK(tells(judged("X-Y", std::string("a\0b", 3)), "X-Y"));
}

TEST_CASE("headers are bounded in number and length") {
  Request request = empty_request();
  for (int left = 64; left > 0; --left)
    request.headers.emplace_back("X-" + std::to_string(left), "v");
  CHECK(fault(request).empty());
  request.headers.emplace_back("X-more", "v");
  CHECK(tells(fault(request), "64"));
  request.headers = {{"X-Long", std::string(8192 - 6, 'v')}};
  CHECK(fault(request).empty());
  request.headers[0].second += 'v';
  CHECK(tells(fault(request), "X-Long"));
}

TEST_CASE("a deadline lies above zero and within a week") {
  Request request = empty_request();
  constexpr std::chrono::milliseconds week = std::chrono::hours(7 * 24), one(1);
  for (const auto deadline : {0 * one, -one, week + one, std::chrono::milliseconds::max(),
                              std::chrono::milliseconds::min()}) {
    request.route.deadline = deadline;
    CHECK(tells(fault(request), "route.deadline"));
  }
  for (const auto deadline : {one, week}) {
    request.route.deadline = deadline;
    CHECK(fault(request).empty());
  }
}
