// Costs that a server tells while the answer runs, and costs that a refusal tells.
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "wire/response.hpp"

using namespace wayfare;

namespace {

std::string event(const std::string& members) { return "data: {" + members + "}\n\n"; }
std::string usage(const char* cost, int prompt = 10, int completion = 5) {
  return R"("usage":{"prompt_tokens":)" + std::to_string(prompt) + R"(,"completion_tokens":)" +
         std::to_string(completion) + R"(,"cost":)" + cost + "}";
}
const std::string text = R"("choices":[{"index":0,"delta":{"content":"w"}}])";
const std::string stop = R"("choices":[{"index":0,"delta":{},"finish_reason":"stop"}])";

// The cost of the reply to a stream, "unknown" where there is none.
std::string cost_of(const std::string& stream, bool whole) {
  wire::ResponseReader reader(true);
  reader.head({200, "text/event-stream", "gen-1"});
  std::vector<Event> events;
  reader.feed(stream, events);
  reader.end(whole, events);
  const Reply reply = reader.take_reply();
  CHECK((reply.cost.has_value() == (reply.cost_source == CostSource::response)));
  return reply.cost ? reply.cost->text() : "unknown";
}

} // namespace

TEST_CASE("a cost that is told while the answer runs is not the bill of a broken stream") {
  const std::string running = event(text + "," + usage("0.001"));
  CHECK(cost_of(running + event(text), false) == "unknown");
  CHECK(cost_of(event(text + "," + usage("0")) + event(text), false) == "unknown");
  // An end that came after it does not make it the bill: the last figures are still missing.
  CHECK(cost_of(running + event(stop), false) == "unknown");
  CHECK(cost_of(running + event(text), true) == "unknown"); // also of a whole body
  CHECK(cost_of(event(text) + running, true) == "0.001");   // nothing came behind it
}

TEST_CASE("a cost is the bill where a finish reason, an error or the end came with it or before") {
  CHECK(cost_of(event(text) + event(stop + "," + usage("0.003")), false) == "0.003");
  CHECK(cost_of(event(text) + event(stop) + event(usage("0.003")), false) == "0.003");
  CHECK(cost_of(event(text) + event(R"("error":{"code":502,"message":"x"},)" + usage("0.003")),
                false) == "0.003");
  CHECK(cost_of(event(text + "," + usage("0.001")) + event(stop + "," + usage("0.003")), false) ==
        "0.003");
}

TEST_CASE("a cost is not the bill where the answer went on behind it, or failed") {
  // Some servers tell a finish reason too early.
  for (const bool whole : {false, true}) {
    CHECK(cost_of(event(stop + "," + usage("0.001")) + event(text), whole) == "unknown");
    CHECK(cost_of(event(stop) + event(usage("0.001")) + event(text), whole) == "unknown");
    CHECK(cost_of(event(stop + "," + usage("0.001")) + event(text) + event(usage("0.002")),
                  whole) == "0.002");
    const std::string failed = event(R"("error":{"code":502,"message":"x"})");
    CHECK(cost_of(event(usage("0", 10, 0)) + failed, whole) == "unknown");
    CHECK(cost_of(event(text + "," + usage("0.001")) + failed, whole) == "unknown");
    CHECK(cost_of(event(text + "," + usage("0.001")) + failed + event(usage("0.002")), whole) ==
          "0.002");
  }
}

TEST_CASE("a usage of zeros does not take back an earlier usage") {
  const std::string end = event(stop + "," + usage("0.003"));
  CHECK(cost_of(event(text) + end + event(usage("0", 0, 0)), true) == "0.003");
  CHECK(cost_of(event(text) + event(stop + "," + usage("0", 10, 5)), true) == "0"); // it is free
}

TEST_CASE("a cost of 0 without counts is no bill of a broken stream") {
  CHECK(cost_of(event(text) + event(stop + R"(,"usage":{"cost":0})"), false) == "unknown");
  CHECK(cost_of(event(text) + event(stop + R"(,"usage":{"cost":0})"), true) == "0");
}

TEST_CASE("a refusal that tells its cost is billed, whatever its status") {
  for (const int status : {400, 429, 500, 503}) {
    wire::ResponseReader reader(false);
    reader.head({status, "application/json", "gen-1"});
    std::vector<Event> events;
    reader.feed(R"({"error":{"code":500,"message":"x"},)" + usage("0.0007") + "}", events);
    CHECK(reader.end(true, events).has_value());
    const Reply reply = reader.take_reply();
    CHECK(reply.cost == Amount::parse("0.0007"));
    CHECK(reply.usage.prompt_tokens == 10);
  }
}
