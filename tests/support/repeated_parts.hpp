// Answers of a server in which one part is repeated, for tests of what they cost.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "wire/response.hpp"

namespace repeated {

// `count` times what `one` makes of a number, with commas in between.
inline std::string list(std::size_t count, const std::function<std::string(std::string)>& one) {
  std::string all;
  for (std::size_t at = 0; at < count; ++at) all += (at == 0 ? "" : ",") + one(std::to_string(at));
  return all;
}
inline std::string times(std::size_t count, const std::string& one) {
  std::string all;
  while (count-- > 0) all += one;
  return all;
}

struct Answer {
  std::string name;
  // The body with so many of the part.
  std::function<std::string(std::size_t count)> body;
  bool streamed = false;
  int status = 200;
};

// Reads the answer as it would come from the network.
inline wayfare::Reply read(const std::string& body, bool streamed, int status) {
  constexpr std::size_t piece = 16 << 10;
  wayfare::wire::ResponseReader reader(streamed);
  reader.head({.status = status});
  std::vector<wayfare::Event> events;
  bool good = true;
  for (std::size_t at = 0; good && at < body.size(); at += piece) {
    events.clear(); // they go to the caller
    good = reader.feed(std::string_view(body).substr(at, piece), events);
  }
  reader.end(good, events);
  return reader.take_reply();
}

// Members of the message: their name, and one item of many.
inline std::vector<Answer> answers() {
  struct Part {
    const char *name, *before, *after;
    std::function<std::string(std::string)> one;
  };
  const std::vector<Part> parts{
      {"details", R"("reasoning_details":[)", "]",
       [](const std::string& at) { return R"({"type":1,"index":)" + at + "}"; }},
      {"details of one index", R"("reasoning_details":[)", "]",
       [](const std::string& at) { return R"({"index":0,"id":")" + at + "\"}"; }},
      {"details without an index", R"("reasoning_details":[)", "]",
       [](const std::string& at) { return R"({"text":"a","id":")" + at + "\"}"; }},
      {"encrypted details", R"("reasoning_details":[)", "]",
       [](const std::string& at) { return R"({"data":")" + at + R"(","id":"i"})"; }},
      {"members of a detail", R"("reasoning_details":[{"type":"a",)", "}]",
       [](const std::string& at) { return "\"k" + at + R"(":"a")"; }},
      {"tool calls", R"("tool_calls":[)", "]",
       [](const std::string& at) { return R"({"index":)" + at + "}"; }},
      {"tool calls with ids", R"("tool_calls":[)", "]",
       [](const std::string& at) { return R"({"id":"c)" + at + R"(","function":{"name":"f"}})"; }},
      {"members of a tool call", R"("tool_calls":[{"index":0,"function":{"name":"f",)", "}}]",
       [](const std::string& at) { return "\"k" + at + R"(":1)"; }},
      {"annotations", R"("annotations":[)", "]", [](const std::string& at) { return at; }},
      {"equal annotations", R"("annotations":[)", "]", [](const std::string&) { return "1"; }},
      {"images", R"("images":[)", "]", [](const std::string& at) { return at; }},
      {"texts in the content", R"("content":[)", "]", [](const std::string&) { return R"("a")"; }},
      {"parts of the content", R"("content":[)", "]",
       [](const std::string& at) { return R"({"type":"x","v":)" + at + "}"; }},
      {"thoughts in the content", R"("content":[{"type":"thinking","thinking":[)", "]}]",
       [](const std::string&) { return R"("a")"; }},
      {"members of the message", R"("content":"a",)", "",
       [](const std::string& at) { return "\"k" + at + R"(":1)"; }},
      {"contents", "", "", [](const std::string&) { return R"("content":"a")"; }},
      {"items in a member", R"("audio":{"content":[)", "]}",
       [](const std::string&) { return "{}"; }},
  };
  std::vector<Answer> answers;
  for (const Part& part : parts)
    for (const bool streamed : {false, true})
      answers.push_back({std::string(part.name) + (streamed ? " of a stream" : ""),
                         [part, streamed](std::size_t count) {
                           const std::string message =
                               "{" + (part.before + list(count, part.one)) + part.after + "}";
                           return streamed ? R"(data: {"choices":[{"delta":)" + message + "}]}\n\n"
                                           : R"({"choices":[{"message":)" + message + "}]}";
                         },
                         streamed});
  return answers;
}

// Other parts of an answer than those of its message.
inline std::vector<Answer> other_answers() {
  using std::string;
  const auto event = [](const string& data) { return "data: " + data + "\n\n"; };
  const auto wrapped = [](const char* before, const std::function<string(string)>& one,
                          const char* after) {
    return [=](std::size_t count) { return before + list(count, one) + after; };
  };
  const auto repeated = [](const string& one) {
    return [one](std::size_t count) { return times(count, one); };
  };
  const auto numbered = [](const string& before, const string& after) {
    return [=](std::size_t count) {
      string all;
      for (std::size_t at = 0; at < count; ++at) all += before + std::to_string(at) + after;
      return all;
    };
  };
  return {
      {"choices",
       wrapped(
           R"({"choices":[)", [](const string& at) { return R"({"index":)" + at + "}"; }, "]}")},
      {"choices of a stream",
       wrapped(
           R"(data: {"choices":[)",
           [](const string& at) { return R"({"index":)" + at + R"(,"delta":{}})"; }, "]}\n\n"),
       true},
      {"events with another choice each", numbered(R"(data: {"choices":[{"index":)", "}]}\n\n"),
       true},
      {"top members of a stream",
       wrapped(
           "data: {", [](const string& at) { return "\"k" + at + R"(":1)"; }, "}\n\n"),
       true},
      {"events with another top member each", numbered(R"(data: {"k)", "\":1}\n\n"), true},
      {"absurd counts", wrapped(
                            R"({"choices":[{"message":{"content":"a"}}],"usage":{)",
                            [](const string&) { return R"("prompt_tokens":9e99)"; }, "}}")},
      {"values that nobody reads", wrapped(
                                       R"({"choices":[{"message":{"content":"a"}}],"x":[)",
                                       [](const string&) { return "1"; }, "]}")},
      {"words of the content",
       [](std::size_t count) {
         return R"({"choices":[{"message":{"content":")" + times(count, "word ") + "\"}}]}";
       }},
      {"events with a word each", repeated(event(R"({"choices":[{"delta":{"content":"a"}}]})")),
       true},
      {"events with usage", repeated(event(R"({"usage":{"cost":0.5}})")), true},
      {"blank arguments of a tool call, and pieces of its name",
       [event](std::size_t count) {
         return event(R"({"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"a",)"
                      R"("arguments":")" +
                      string(count, ' ') + "\"}}]}}]}") +
                times(count, event(R"({"choices":[{"delta":{"tool_calls":[{"index":0,)"
                                   R"("function":{"name":"b"}}]}}]})"));
       },
       true},
      {"lines that end with CR", repeated("\r"), true},
      {"comments that end with CR", repeated(": x\r"), true},
      {"events that end with CR", repeated("data: {}\r\r"), true},
      {"lines of one event",
       [](std::size_t count) { return times(count, "data:\n") + "data: {}\n\n"; }, true},
      {"values in one event", repeated("data: " + times(20, "{}") + "\n\n"), true},
      {"errors of a refusal",
       wrapped(
           R"({"errors":[)", [](const string&) { return R"({"errors":[{"x":1}]})"; }, "]}"),
       false, 400},
      {"details of a refusal",
       wrapped(
           R"({"error":{"message":"m","details":[)",
           [](const string&) { return R"({"retryDelay":"x"})"; }, "]}}"),
       false, 429},
      {"members of a refusal",
       wrapped(
           R"({"error":{)", [](const string& at) { return "\"k" + at + R"(":[])"; }, "}}"),
       false, 400},
      {"words of a refusal",
       [](std::size_t count) {
         return R"({"error":{"message":")" + times(count, "word ") + "\"}}";
       },
       false, 400},
      {"words of a refusal that is no JSON", repeated("<p>word "), false, 502},
      {"bytes of a refusal that are no text", repeated("\xFF"), false, 502},
      {"members of an error in a stream",
       wrapped(
           R"(data: {"error":{)", [](const string& at) { return "\"k" + at + R"(":1)"; }, "}}\n\n"),
       true},
  };
}

} // namespace repeated
