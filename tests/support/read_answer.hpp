// Reads an answer from its bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "support/catch.hpp"
#include "wire/response.hpp"

namespace answers {

struct Read {
  wayfare::Reply reply;
  std::optional<wayfare::Error> error;
  std::vector<wayfare::Event> events;

  // The texts of all events of a type.
  std::string told(wayfare::EventType type) const {
    std::string all;
    for (const auto& event : events)
      if (event.type == type) all += event.text;
    return all;
  }
  // "id name arguments" of each tool call.
  std::vector<std::string> calls() const {
    std::vector<std::string> all;
    for (const auto& call : reply.tool_calls)
      all.push_back(call.id + " " + call.name + " " + call.arguments);
    return all;
  }
};

inline Read read(std::string_view body, bool streamed, wayfare::ResponseHead head = {.status = 200},
                 bool whole = true) {
  wayfare::wire::ResponseReader reader(streamed);
  reader.head(std::move(head));
  Read all;
  const bool good = reader.feed(body, all.events);
  all.error = reader.end(whole && good, all.events);
  all.reply = reader.take_reply();
  CHECK(wayfare::json::Document().parse(all.reply.message));
  CHECK(wayfare::json::Document().parse(all.reply.raw));
  return all;
}

// The bytes of one event of a stream.
inline std::string event(const std::string& data) { return "data: " + data + "\n\n"; }
inline std::string chunk(const std::string& delta, const std::string& more = "") {
  return event(R"({"id":"gen-1","choices":[{"index":0,"delta":)" + delta + more + "}]}");
}
// The end of a good stream: 9 and 4 tokens, for half a dollar.
inline const char* const usage = R"("usage":{"prompt_tokens":9,"completion_tokens":4,"cost":0.5})";
inline std::string ending() {
  return event(R"({"id":"gen-1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],)" +
               std::string(usage) + "}") +
         event("[DONE]");
}
// A good plain answer with this message.
inline std::string plain(const std::string& message, const std::string& more = "") {
  return R"({"id":"gen-1","choices":[{"index":0,"message":)" + message +
         R"(,"finish_reason":"stop"}],)" + usage + more + "}";
}
inline std::string text_delta(const std::string& text) {
  return chunk(R"({"content":")" + text + "\"}");
}

} // namespace answers
