// The shortcut for repeated events, compared with a full parse.

#include "wire/repeated_delta.hpp"

#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "support/golden.hpp"
#include "wire/response.hpp"

using namespace wayfare;
using wire::ResponseReader;

namespace {

// Returns the events and the end of a stream as text. The bytes come in two pieces.
std::string read(std::string_view body, std::size_t cut, bool shortcuts) {
  ResponseReader reader(true, std::make_shared<json::Document>(), shortcuts);
  reader.head({200, "text/event-stream"});
  std::vector<Event> events;
  const bool good =
      reader.feed(body.substr(0, cut), events) && reader.feed(body.substr(cut), events);
  const auto error = reader.end(true, events);
  std::string out = good ? "" : "stopped\n";
  for (const Event& event : events)
    out += std::to_string(static_cast<int>(event.type)) + " " + event.text + " " +
           std::to_string(event.tool_call.index) + " " + event.tool_call.id + " " +
           event.tool_call.arguments + "\n";
  if (error) out += std::string(name(error->code)) + ": " + error->message + "\n";
  const Reply reply = reader.take_reply();
  return out + reply.raw + "\n" + reply.finish_reason + "\n" +
         (reply.cost ? reply.cost->text() : "");
}

void compare(std::string_view body, std::size_t cut) {
  const std::string shorter = read(body, cut, true), longer = read(body, cut, false);
  if (shorter != longer)
    FAIL("of " << body << "\nthe shortcut gives\n" << shorter << "\nand the long way\n" << longer);
}

} // namespace

TEST_CASE("the shortcut for repeated events gives the result of a full parse: transcripts") {
  const auto files = golden::files(golden::folder() / "answers", ".txt");
  CHECK(files.size() >= 20);
  for (const auto& file : files) {
    const std::string body = golden::transcript(file).body;
    for (const std::size_t cut : {std::size_t{0}, body.size() / 3, body.size()}) compare(body, cut);
  }
}

// Events that repeat, nearly repeat or differ, and texts with escapes, halves of surrogate pairs,
// and bytes that are not UTF-8.
TEST_CASE("the shortcut for repeated events gives the result of a full parse: random streams") {
  const auto seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937_64 dice(seed);
  const auto pick = [&](const std::vector<std::string>& of) { return of[dice() % of.size()]; };
  const std::vector<std::string> texts{"Hello",
                                       " ",
                                       "a\\nb",
                                       "\\u00e9",
                                       "é",
                                       "\\\"",
                                       "\\\\",
                                       "",
                                       "\"",
                                       "\\ud83d\\ude00",
                                       "\\ud83d",
                                       "\xFF",
                                       "\xC3",
                                       "\x01",
                                       "x\"},\"y\":{\"z\":\"",
                                       std::string(40, 'w')};
  const std::vector<std::string> shapes{
      R"({"id":"gen-1","choices":[{"index":0,"delta":{"role":"assistant","content":"@"},)"
      R"("finish_reason":null}]})",
      R"({"id":"gen-1","choices":[{"index":0,"delta":{"role":"assistant","content":"@"},)"
      R"("finish_reason":"stop"}]})",
      R"({"id":"gen-1","choices":[{"index":0,"delta":{"content":"@","reasoning":null}}]})",
      R"({"id":"gen-1","choices":[{"index":0,"delta":{"content":"@","reasoning":"r"}}]})",
      R"({"id":"gen-1","choices":[{"index":1,"delta":{"content":"@"}}]})",
      R"({"id":"gen-1","choices":[{"delta":{"content":"@"}}],"usage":{"cost":0.1,)"
      R"("prompt_tokens":1}})",
      R"({"id":"gen-1","choices":[{"delta":{"content":"@"}},{"index":1,"delta":{"content":"b"}}]})",
      R"({"id":"gen-1","choices":[{"delta":{"content":"@"}}],"error":{"code":502,)"
      R"("message":"broke"}})",
      R"({"id":"gen-1","choices":[{"delta":{"content":"@","tool_calls":[{"id":"t",)"
      R"("function":{"name":"f","arguments":"@"}}]}}]})",
      R"({"id":"gen-1","model":"@","choices":[{"delta":{"content":"@"}}]})",
      R"({"id":"gen-1","choices":[{"delta":{"content":"a","content":"@"}}]})"};
  for (int round = 0; round < 4000; ++round) {
    std::string body, shape = pick(shapes);
    for (auto left = 1 + dice() % 12; left > 0; --left) {
      if (dice() % 3 == 0) shape = pick(shapes);
      std::string event;
      for (const char c : shape) c == '@' ? event += pick(texts) : event += c;
      body += "data: " + event + "\n\n";
    }
    if (dice() % 2) body += "data: [DONE]\n\n";
    compare(body, dice() % (body.size() + 1));
  }
}
