// Answers of servers, read by ResponseReader and independently with RapidJSON: our samples, and
// recordings where they are present.

#include <cmath>
#include <cstdlib>
#include <map>
#include <set>
#include <string>

#include <rapidjson/document.h>

#include "base/json.hpp"
#include "support/catch.hpp"
#include "support/samples.hpp"
#include "wire/response.hpp"

using namespace wayfare;
using samples::Sample;
using wire::ResponseReader;

namespace {

// Returns the reply so far. The reader goes on.
Reply so_far(ResponseReader reader) { return reader.take_reply(); }

// Numbers are read as text, so that counts and costs are compared as they were written.
constexpr unsigned as_text = rapidjson::kParseNumbersAsStringsFlag;

// Returns the member at a path, or null.
const rapidjson::Value& look(const rapidjson::Value& value,
                             std::initializer_list<const char*> path) {
  static const rapidjson::Value null;
  const rapidjson::Value* at = &value;
  for (const char* key : path) {
    if (!at->IsObject() || !at->HasMember(key)) return null;
    at = &(*at)[key];
  }
  return *at;
}
std::string text(const rapidjson::Value& value) {
  return value.IsString() ? std::string(value.GetString(), value.GetStringLength()) : "";
}

// The expected content of one answer.
struct Findings {
  std::string text, reasoning, finish, native_finish, model, provider, generation;
  std::map<std::string, std::string> usage;              // by name, as written
  std::map<std::string, std::vector<std::string>> calls; // by index: id, name, arguments
  // The texts and summaries of reasoning_details, concatenated.
  std::string thoughts;
  std::set<std::string> signatures; // signatures and data
  std::size_t annotations = 0;
  int deltas = 0; // the number of text deltas

  void add(const rapidjson::Value& root) {
    const auto replace = [](std::string& known, const std::string& found) {
      known = found.empty() ? known : found;
    };
    replace(model, ::text(look(root, {"model"})));
    replace(provider, ::text(look(root, {"provider"})));
    replace(generation, ::text(look(root, {"id"})));
    count(root, "prompt", {"usage", "prompt_tokens"});
    count(root, "completion", {"usage", "completion_tokens"});
    count(root, "total", {"usage", "total_tokens"});
    count(root, "cached", {"usage", "prompt_tokens_details", "cached_tokens"});
    count(root, "written", {"usage", "prompt_tokens_details", "cache_write_tokens"});
    count(root, "reasoning", {"usage", "completion_tokens_details", "reasoning_tokens"});
    count(root, "cost", {"usage", "cost"});
    const auto& choices = look(root, {"choices"});
    if (!choices.IsArray() || choices.Empty()) return;
    replace(finish, ::text(look(choices[0], {"finish_reason"})));
    replace(native_finish, ::text(look(choices[0], {"native_finish_reason"})));
    add_message(choices[0].HasMember("message") ? choices[0]["message"] : choices[0]["delta"]);
  }

 private:
  void count(const rapidjson::Value& root, const char* name,
             std::initializer_list<const char*> path) {
    if (const auto& number = look(root, path); number.IsString()) usage[name] = number.GetString();
  }
  void add_message(const rapidjson::Value& message) {
    const std::string piece = ::text(look(message, {"content"}));
    text += piece;
    deltas += piece.empty() ? 0 : 1;
    reasoning +=
        ::text(look(message, {"reasoning"})) + ::text(look(message, {"reasoning_content"}));
    if (const auto& found = look(message, {"annotations"}); found.IsArray())
      annotations += found.Size();
    if (const auto& details = look(message, {"reasoning_details"}); details.IsArray()) {
      for (const auto& detail : details.GetArray()) {
        thoughts += ::text(look(detail, {"text"})) + ::text(look(detail, {"summary"}));
        for (const char* key : {"signature", "data"})
          if (look(detail, {key}).IsString()) signatures.insert(::text(look(detail, {key})));
      }
    }
    if (const auto& found = look(message, {"tool_calls"}); found.IsArray()) {
      for (const auto& call : found.GetArray()) {
        auto& known = calls[::text(look(call, {"index"}))];
        known.resize(3);
        known[0] += ::text(look(call, {"id"}));
        known[1] += ::text(look(call, {"function", "name"}));
        known[2] += ::text(look(call, {"function", "arguments"}));
      }
    }
  }
};

Findings findings_of(const Sample& sample, bool streamed) {
  Findings findings;
  rapidjson::Document document;
  if (!streamed) {
    REQUIRE_FALSE(document.Parse<as_text>(sample.body.c_str()).HasParseError());
    findings.add(document);
    return findings;
  }
  for (std::size_t at = 0; (at = sample.body.find("data: {", at)) != std::string::npos;) {
    const auto end = sample.body.find('\n', at);
    REQUIRE_FALSE(
        document.Parse<as_text>(sample.body.substr(at + 6, end - at - 6).c_str()).HasParseError());
    findings.add(document);
    at = end;
  }
  return findings;
}

// A reader in the middle of an answer. It can be copied.
struct Reading {
  Reading(bool streamed, int status) : answer(streamed) {
    answer.head({status, streamed ? "text/event-stream" : "application/json", ""});
  }
  ResponseReader answer;
  std::vector<Event> events;
  std::optional<Error> error;

  // Returns all results as text, for comparison.
  std::string end() {
    error = answer.end(true, events);
    std::string out;
    for (const Event& event : events)
      out += std::to_string(static_cast<int>(event.type)) + event.tool_call.id +
             event.tool_call.name + event.tool_call.arguments + event.text + "\n";
    const Reply reply = so_far(answer);
    for (const auto* part : {&reply.text, &reply.reasoning, &reply.finish_reason, &reply.model,
                             &reply.generation_id, &reply.message, &reply.raw})
      out += *part + "\n";
    return out + (error ? std::string(name(error->code)) + error->message : "") +
           (reply.cost ? reply.cost->text() : "");
  }
};

Reading whole(const Sample& sample, bool streamed, int status = 200) {
  Reading reading(streamed, status);
  reading.answer.feed(sample.body, reading.events);
  return reading;
}

// Cuts a small body at every position. Cuts a large body near the borders of events and at every
// fifth position.
void check_cuts(const Sample& sample, bool streamed, int status = 200) {
  const std::string_view body = sample.body;
  const std::string expected = whole(sample, streamed, status).end();
  Reading before(streamed, status);
  std::size_t fed = 0;
  for (std::size_t at = 0; at <= body.size(); ++at) {
    const auto near = body.substr(at < 4 ? 0 : at - 4, 8);
    if (body.size() >= 4096 && at % 5 != 0 && near.find("\n\n") == near.npos) continue;
    before.answer.feed(body.substr(fed, at - fed), before.events);
    fed = at;
    Reading cut = before;
    cut.answer.feed(body.substr(at), cut.events);
    if (cut.end() != expected) FAIL(sample.name << " cut at byte " << at);
  }
}

void check_number(const Findings& findings, const char* name,
                  const std::optional<std::int64_t>& number) {
  const auto found = findings.usage.find(name);
  INFO(name);
  CHECK((number ? std::to_string(*number) : "unknown") ==
        (found == findings.usage.end() ? "unknown" : found->second));
}

void check_reply(const Reply& reply, const Findings& findings) {
  CHECK(reply.text == findings.text);
  CHECK(reply.reasoning == findings.reasoning);
  CHECK(reply.finish_reason == findings.finish);
  CHECK(reply.native_finish_reason == findings.native_finish);
  CHECK(reply.model == findings.model);
  CHECK(reply.provider == findings.provider);
  CHECK(reply.generation_id == findings.generation);
  check_number(findings, "prompt", reply.usage.prompt_tokens);
  check_number(findings, "completion", reply.usage.completion_tokens);
  check_number(findings, "total", reply.usage.total_tokens);
  check_number(findings, "cached", reply.usage.cached_tokens);
  check_number(findings, "written", reply.usage.cache_write_tokens);
  check_number(findings, "reasoning", reply.usage.reasoning_tokens);

  // The costs are small, so the nearest double rounds to the same picodollar.
  const auto cost = findings.usage.find("cost");
  REQUIRE(reply.cost.has_value() == (cost != findings.usage.end()));
  CHECK(reply.cost_source == (reply.cost ? CostSource::response : CostSource::none));
  if (reply.cost)
    CHECK(reply.cost->picodollars ==
          std::llround(std::strtod(cost->second.c_str(), nullptr) * 1e12));

  REQUIRE(reply.tool_calls.size() == findings.calls.size());
  auto call = reply.tool_calls.begin();
  for (const auto& [index, parts] : findings.calls) {
    CHECK(call->id == parts[0]);
    CHECK(call->name == parts[1]);
    CHECK(call->arguments == (parts[2].empty() ? "{}" : parts[2]));
    ++call;
  }
}

// Checks that the message to send back has all content.
void check_message(const Reply& reply, const Findings& findings) {
  Findings again;
  Sample message{"", R"({"choices":[{"message":)" + reply.message + "}]}"};
  again = findings_of(message, false);
  CHECK(again.text == findings.text);
  CHECK(again.reasoning == findings.reasoning);
  CHECK(again.thoughts == findings.thoughts);
  CHECK(again.signatures == findings.signatures);
  CHECK(again.annotations == findings.annotations);
  // Calls without an index become one entry.
  CHECK(again.calls.size() == (findings.calls.empty() ? 0 : 1));
}

bool is_chat(const Sample& sample) {
  rapidjson::Document document;
  return !document.Parse(sample.body.c_str()).HasParseError() &&
         text(look(document, {"object"})) == "chat.completion";
}

} // namespace

TEST_CASE("plain answers are read as RapidJSON reads them", "[slow]") {
  int chats = 0;
  for (const Sample& sample : samples::named("json_200_")) {
    if (!is_chat(sample)) continue;
    ++chats;
    INFO(sample.name);
    Reading reading = whole(sample, false);
    reading.end();
    CHECK_FALSE(reading.error);
    CHECK(reading.events.empty());
    const Reply reply = so_far(reading.answer);
    check_reply(reply, findings_of(sample, false));
    CHECK(reply.raw == sample.body);
    rapidjson::Document document, message;
    document.Parse<as_text>(sample.body.c_str());
    message.Parse<as_text>(reply.message.c_str());
    CHECK((message == document["choices"][0]["message"]));
    check_cuts(sample, false);
  }
  CHECK(chats >= 20);
}

TEST_CASE("streams give the content that RapidJSON finds", "[slow]") {
  int chats = 0;
  for (const Sample& sample : samples::named("sse_200_")) {
    // Skips answers of the Responses API.
    if (sample.body.find("\"object\":\"chat.completion.chunk\"") == std::string::npos) continue;
    ++chats;
    INFO(sample.name);
    const Findings findings = findings_of(sample, true);
    Reading reading = whole(sample, true);
    reading.end();
    CHECK_FALSE(reading.error);
    const Reply reply = so_far(reading.answer);
    check_reply(reply, findings);
    check_message(reply, findings);

    // The events together are the reply. Each delta of the server is one event.
    std::string all_text, all_reasoning;
    int deltas = 0, usages = 0;
    for (const Event& event : reading.events) {
      if (event.type == EventType::text) all_text += event.text, ++deltas;
      if (event.type == EventType::reasoning) all_reasoning += event.text;
      if (event.type == EventType::usage) {
        ++usages;
        CHECK(event.reply->usage == reply.usage);
        CHECK(event.reply->cost == reply.cost);
      }
    }
    CHECK(all_text == findings.text);
    CHECK(all_reasoning == findings.reasoning);
    CHECK(deltas == findings.deltas);
    CHECK(usages == 1);

    // `raw` is the body that the server would have sent without streaming.
    const Findings of_raw = findings_of({"", reply.raw}, false);
    CHECK(of_raw.text == findings.text);
    CHECK(of_raw.finish == findings.finish);
    CHECK(of_raw.usage == findings.usage);
    CHECK(of_raw.generation == findings.generation);
    check_cuts(sample, true);
  }
  CHECK(chats >= 12);
}

TEST_CASE("a stream that is cut off is never complete, and gives the part that came") {
  for (const Sample& sample : samples::named("sse_200_")) {
    if (sample.body.find("\"object\":\"chat.completion.chunk\"") == std::string::npos) continue;
    INFO(sample.name);
    const std::string text = so_far(whole(sample, true).answer).text;
    const std::size_t complete =
        std::min(sample.body.find("\"usage\":{"), sample.body.rfind("data: ["));
    for (std::size_t at = 0; at < complete; at += 37) {
      Reading reading(true, 200);
      reading.answer.feed(std::string_view(sample.body).substr(0, at), reading.events);
      const auto error = reading.answer.end(false, reading.events);
      if (!error || error->code != Code::stream_broken) FAIL("cut off at byte " << at);
      if (!text.starts_with(so_far(reading.answer).text))
        FAIL("another text, cut off at byte " << at);
    }
  }
}

TEST_CASE(
    "refusals have the code of their status, and tell neither account nor more than a "
    "line") {
  const std::map<int, Code> codes{{400, Code::bad_request},
                                  {401, Code::unauthorized},
                                  {404, Code::not_found},
                                  {429, Code::rate_limited}};
  for (const Sample& sample : samples::named("json_4")) {
    INFO(sample.name);
    const int status = std::stoi(sample.name.substr(5, 3));
    rapidjson::Document document;
    document.Parse(sample.body.c_str());
    for (const bool streamed : {false, true}) {
      Reading reading(streamed, status);
      reading.answer.head({status, "application/json", "gen-head"});
      reading.answer.feed(sample.body, reading.events);
      reading.end();
      REQUIRE(reading.error);
      const bool is_overflow = sample.body.find("available context size") != std::string::npos;
      CHECK(reading.error->code == (is_overflow ? Code::context_exceeded : codes.at(status)));
      CHECK(reading.error->status == status);
      CHECK(reading.error->retryable == (status == 429));
      CHECK(reading.error->generation_id == "gen-head");
      CHECK(reading.error->message.find(document["error"]["message"].GetString()) !=
            std::string::npos);
      CHECK(reading.error->message.find("user_") == std::string::npos);
      CHECK(reading.error->message.find('\n') == std::string::npos);
      CHECK(reading.events.empty());
    }
    const std::string raw = text(look(document, {"error", "metadata", "raw"}));
    Reading reading = whole(sample, false, status);
    reading.end();
    CHECK(reading.error->message.find(raw) != std::string::npos); // the provider's own message
    check_cuts(sample, false, status);
  }
}
