// Answers: the transcripts of tests/golden/answers, whole and in pieces, and the limits.

#include <map>
#include <set>
#include <string>

#include "base/json.hpp"
#include "base/json_text.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/read_answer.hpp"
#include "wire/response.hpp"
#include "wire/refusal.hpp"

using namespace wayfare;
using golden::Transcript;
using wire::ResponseReader;

namespace {

// Returns the reply so far. The reader goes on.
Reply so_far(ResponseReader reader) { return reader.take_reply(); }

std::string in_words(const Usage& usage) {
  std::string out;
  const auto count = [&](const char* what, const std::optional<std::int64_t>& number) {
    if (number) out += std::string(out.empty() ? "" : ", ") + what + " " + std::to_string(*number);
  };
  count("prompt", usage.prompt_tokens);
  count("completion", usage.completion_tokens);
  count("total", usage.total_tokens);
  count("cached", usage.cached_tokens);
  count("written", usage.cache_write_tokens);
  count("reasoning", usage.reasoning_tokens);
  return out.empty() ? "unknown" : out;
}
std::string in_words(const std::optional<Amount>& cost, CostSource source) {
  return (cost ? cost->text() : "unknown") + " (" + std::string(name(source)) + ")";
}

std::string in_words(const Event& event) {
  switch (event.type) {
    case EventType::text: return "text " + json::quoted(event.text) + "\n";
    case EventType::reasoning: return "reasoning " + json::quoted(event.text) + "\n";
    case EventType::refusal: return "refusal " + json::quoted(event.text) + "\n";
    case EventType::tool:
      return "tool " + std::to_string(event.tool_call.index) +
             (event.tool_call.id.empty() ? "" : " id=" + event.tool_call.id) +
             (event.tool_call.name.empty() ? "" : " name=" + event.tool_call.name) + " " +
             json::quoted(event.tool_call.arguments) + "\n";
    case EventType::usage:
      return "usage " + in_words(event.reply->usage) + "; cost " +
             in_words(event.reply->cost, event.reply->cost_source) + "\n";
    default: return "an event that no answer has\n";
  }
}

std::string in_words(const Reply& reply, bool with_raw) {
  std::string out;
  const auto line = [&](const std::string& what, const std::string& value) {
    if (!value.empty()) out += what + ": " + value + "\n";
  };
  const auto quoted = [](const std::string& text) {
    return text.empty() ? "" : json::quoted(text);
  };
  line("text", quoted(reply.text));
  line("reasoning", quoted(reply.reasoning));
  line("refusal", quoted(reply.refusal));
  for (const ToolCall& call : reply.tool_calls)
    line("tool call", call.id + " " + call.name + " " + json::quoted(call.arguments));
  line("finish",
       reply.finish_reason +
           (reply.native_finish_reason.empty() ? "" : " (" + reply.native_finish_reason + ")"));
  line("model", reply.model);
  line("provider", reply.provider);
  line("generation", reply.generation_id);
  line("usage", in_words(reply.usage));
  line("cost", in_words(reply.cost, reply.cost_source));
  line("other cost", reply.non_token_cost ? reply.non_token_cost->text() : "");
  line("message", reply.message);
  if (with_raw) line("raw", reply.raw);
  return out;
}

std::string in_words(const std::optional<Error>& error) {
  if (!error) return "--- done\n";
  return "--- error " + std::string(name(error->code)) + ", status " +
         std::to_string(error->status) + (error->retryable ? ", retryable\n" : "\n") +
         "message: " + error->message + "\n" +
         (error->advice.empty() ? "" : "advice: " + error->advice + "\n") +
         (error->limit.empty() ? "" : "limit: " + error->limit + "\n") +
         (error->provider.empty() ? "" : "by: " + error->provider + "\n") +
         (error->retry_after
              ? "retry after: " + std::to_string(error->retry_after->count()) + " ms\n"
              : "") +
         (error->generation_id.empty() ? "" : "of: " + error->generation_id + "\n");
}

// A reader in the middle of a transcript. It can be copied.
class Reading {
 public:
  explicit Reading(const Transcript& transcript)
      : response_(transcript.setting("streamed") == "yes"),
        whole_(transcript.setting("whole", "yes") == "yes"),
        with_raw_(transcript.setting("raw") == "yes") {
    response_.head({.status = std::stoi(transcript.setting("status", "200")),
                    .content_type = transcript.setting("type"),
                    .generation_id = transcript.setting("generation"),
                    .retry_after = transcript.setting("retry_after"),
                    .wall_s = 1'790'000'000});
  }
  void feed(std::string_view bytes) {
    if (stopped_) return;
    stopped_ = !response_.feed(bytes, events_);
  }
  std::string end() {
    const auto error = response_.end(whole_ && !stopped_, events_);
    std::string out;
    for (const Event& event : events_) out += in_words(event);
    const Reply reply = so_far(response_);
    CHECK(json::Document().parse(reply.message));
    CHECK(json::Document().parse(reply.raw));
    CHECK(json::is_utf8(out));
    return out + in_words(error) + in_words(reply, with_raw_);
  }
  ResponseReader& answer() { return response_; }

 private:
  ResponseReader response_;
  bool whole_, with_raw_, stopped_ = false;
  std::vector<Event> events_;
};

std::string read_whole(const Transcript& transcript) {
  Reading reading(transcript);
  reading.feed(transcript.body);
  return reading.end();
}

std::string chunk(const std::string& delta, const std::string& more = "") {
  return R"(data: {"id":"gen-1","choices":[{"index":0,"delta":)" + delta +
         R"(,"finish_reason":null}])" + more + "}\n\n";
}

// Returns the error at the end of an answer in these pieces; `internal` for a good answer.
Error error_after(const ResponseHead& head, const std::vector<std::string>& pieces) {
  ResponseReader answer(head.content_type == "text/event-stream");
  answer.head(head);
  std::vector<Event> events;
  for (const auto& piece : pieces)
    if (!answer.feed(piece, events)) return answer.end(false, events).value();
  return answer.end(true, events).value_or(Error{});
}

} // namespace

TEST_CASE("an answer gives the result of its transcript, whole, byte by byte and cut anywhere",
          "[slow]") {
  const auto files = golden::files(golden::folder() / "answers", ".txt");
  CHECK(files.size() >= 20);
  for (const auto& file : files) {
    const Transcript transcript = golden::transcript(file);
    const std::string_view body = transcript.body;
    INFO(file.filename().string());
    const std::string whole = read_whole(transcript);
    if (golden::writes())
      std::ofstream(file, std::ios::binary) << transcript.before_expected << whole;
    else
      CHECK(whole == transcript.expected);

    Reading before(transcript); // has read the bytes up to the cut
    for (std::size_t at = 0; at <= body.size(); ++at) {
      Reading cut = before;
      cut.feed(body.substr(at));
      if (cut.end() != whole) FAIL("cut at byte " << at);
      if (at < body.size()) before.feed(body.substr(at, 1));
    }
    CHECK(before.end() == whole);
  }
}

TEST_CASE("`raw` of a stream, read as a plain answer, gives the same reply") {
  int streams = 0;
  for (const auto& file : golden::files(golden::folder() / "answers", ".txt")) {
    const Transcript transcript = golden::transcript(file);
    if (!transcript.setting("type").starts_with("text/event-stream") ||
        transcript.expected.find("--- done\n") == std::string::npos)
      continue;
    INFO(file.filename().string());
    ++streams;
    Reading stream(transcript);
    stream.feed(transcript.body);
    stream.end();
    const Reply streamed = so_far(stream.answer());

    ResponseReader answer(false);
    answer.head({200, "application/json", transcript.setting("generation")});
    std::vector<Event> events;
    answer.feed(streamed.raw, events);
    CHECK_FALSE(answer.end(true, events));
    CHECK(in_words(so_far(answer), true) == in_words(streamed, true));
  }
  CHECK(streams > 10);
}

TEST_CASE("a plain answer keeps its bytes in `raw`") {
  const std::string body =
      " {\"choices\" : [ {\"message\":{ \"content\":\"\\u0041\" }}],\n\"x\":1.00 } \n";
  ResponseReader answer(false);
  answer.head({200, "application/json", ""});
  std::vector<Event> events;
  answer.feed(body, events);
  CHECK_FALSE(answer.end(true, events));
  CHECK(events.empty()); // a plain answer has no deltas
  CHECK(so_far(answer).raw == body);
  CHECK(so_far(answer).message == "{ \"content\":\"\\u0041\" }");
  CHECK(so_far(answer).text == "A");
}

TEST_CASE("the reply so far can be taken after any byte") {
  const Transcript transcript =
      golden::transcript(golden::folder() / "answers" / "stream_reasoning.txt");
  Reading reading(transcript);
  std::string text;
  for (const char byte : transcript.body) {
    reading.feed(std::string_view(&byte, 1));
    const Reply reply = so_far(reading.answer());
    REQUIRE(reply.text.starts_with(text));
    text = reply.text;
    if (!json::Document().parse(reply.message) || !json::Document().parse(reply.raw))
      FAIL(reply.raw);
    CHECK(reading.answer().has_content() == (!reply.text.empty() || !reply.reasoning.empty()));
  }
  CHECK(reading.answer().has_usage());
}

TEST_CASE("only blanks at the start do not decide the form of an answer") {
  for (const std::string blanks : {"", "\n", " \r\n\t "}) {
    std::vector<Event> events;
    ResponseReader stream(true);
    stream.head({200, "", ""});
    for (const char& blank : blanks) CHECK(stream.feed(std::string_view(&blank, 1), events));
    CHECK(stream.feed("\ndata: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n", events));
    CHECK(events.size() == 1);
    ResponseReader nothing(true);
    nothing.head({200, "text/event-stream", ""});
    nothing.feed(blanks, events);
    CHECK(nothing.end(true, events)->code == Code::stream_broken);
    ResponseReader plain(false);
    plain.head({200, "application/json", ""});
    plain.feed(blanks, events);
    CHECK(plain.end(true, events)->code == Code::malformed);
  }
}

TEST_CASE("a plain answer may be 64 MiB long and no longer") {
  const std::string begin = R"({"choices":[{"message":{"content":"a"}}],"x":")", end = "\"}";
  const std::string filling(ResponseReader::body_max - begin.size() - end.size(), 'x');
  CHECK(error_after({200, "application/json", ""}, {begin, filling, end}).code == Code::internal);
  const Error error = error_after({200, "application/json", ""}, {begin, filling, "x", end});
  CHECK(error.code == Code::too_large);
  CHECK(error.message.find("64 MiB") != std::string::npos);
  CHECK_FALSE(error.retryable);
}

TEST_CASE("the content of a stream may have 64 MiB and no more, of any kind", "[slow]") {
  const std::string mega(1 << 20, 'x');
  ResponseReader full(true);
  full.head({200, "text/event-stream", ""});
  std::vector<Event> events;
  for (int left = 64; left > 0; --left)
    REQUIRE(full.feed(chunk("{\"content\":\"" + mega + "\"}"), events));
  CHECK(full.end(true, events)->code == Code::stream_broken); // it has no end
  for (const std::string& delta : std::vector<std::string>{
           R"({"content":"x"})", R"({"reasoning":"x"})", R"({"refusal":"x"})",
           R"({"tool_calls":[{"function":{"arguments":"x"}}]})",
           R"({"reasoning_details":[{"text":"x"}]})", R"({"annotations":["x"]})",
           R"({"images":["x"]})", R"({"audio":{"data":"x"}})"}) {
    INFO(delta);
    ResponseReader answer = full;
    CHECK_FALSE(answer.feed(chunk(delta), events));
    const auto error = answer.end(true, events);
    REQUIRE(error);
    CHECK(error->code == Code::too_large);
    CHECK(error->message.find("64 MiB") != std::string::npos);
  }
  CHECK(so_far(full).text.size() == 64 * mega.size()); // the part that came is still there
}

TEST_CASE("of tens of thousands of tool calls the first are kept, and all else of the answer") {
  ResponseReader answer(true);
  answer.head({200, "text/event-stream", ""});
  std::vector<Event> events;
  std::size_t told = 0;
  const auto call = [](int index, const std::string& function) {
    return chunk(R"({"tool_calls":[{"index":)" + std::to_string(index) + R"(,"function":{)" +
                 function + "}}]}");
  };
  for (int fed = 0; fed < 20'000; ++fed) {
    REQUIRE(answer.feed(call(fed, R"("name":"f")"), events));
    // the next piece of the same call
    REQUIRE(answer.feed(call(fed, R"("arguments":"[1]")"), events));
    told += events.size();
    events.clear();
  }
  REQUIRE(answer.feed(chunk(R"({"content":"and a text"})") + answers::ending(), events));
  CHECK_FALSE(answer.end(true, events));
  const Reply reply = answer.take_reply();
  CHECK(told == std::size_t{2} * 16'384);
  REQUIRE(reply.tool_calls.size() == 16'384);
  CHECK(reply.tool_calls.back().arguments == "[1]"); // and nothing of those that were left out
  CHECK(reply.text == "and a text");
  CHECK(reply.cost == Amount::parse("0.5"));
  REQUIRE(reply.warnings.size() == 1);
  CHECK(reply.warnings.front().find("16384") != std::string::npos);
}

TEST_CASE("a line or an event of a stream that exceeds its limit ends the answer") {
  const std::string mega(1 << 20, 'x');
  std::vector<std::string> pieces(65, mega);
  pieces.front() = ":" + mega;
  const Error line = error_after({200, "text/event-stream", ""}, pieces);
  CHECK(line.code == Code::too_large);
  CHECK(line.message.find("64 MiB") != std::string::npos);
  const Error event = error_after({200, "text/event-stream", ""},
                                  std::vector<std::string>(65, "data: " + mega + "\n"));
  CHECK(event.code == Code::too_large);
  CHECK(event.message.find("64 MiB") != std::string::npos);
}

TEST_CASE("every status has its code of the reference") {
  using enum Code;
  const std::map<int, Code> own{
      {401, unauthorized},     {402, payment_required}, {403, forbidden},
      {404, not_found},        {408, request_timeout},  {413, request_too_large},
      {429, rate_limited},     {502, provider_failed},  {503, overloaded},
      {529, overloaded},       {504, provider_timeout}, {520, provider_timeout},
      {522, provider_timeout}, {524, provider_timeout}};
  const std::set<Code> retryable{request_timeout, rate_limited, server_error,
                                 provider_failed, overloaded,   provider_timeout};
  for (int status = 300; status < 1000; ++status) {
    INFO(status);
    const auto found = own.find(status);
    const Code code = found != own.end() ? found->second
                      : status < 400     ? not_found
                      : status < 500     ? bad_request
                                         : server_error;
    CHECK(wire::code_of_status(status) == code);
    CHECK(wire::may_be_billed(status) == (code == provider_timeout));
    const Error error = error_after({status, "application/json", "gen-1"},
                                    {R"({"error":{"message":"why","code":200}})"});
    CHECK(error.code == code);
    CHECK(error.status == status);
    CHECK(error.retryable == retryable.contains(code));
    CHECK(error.generation_id == "gen-1");
    CHECK(error.message == "the server answered " + std::to_string(status) + ": why");
    CHECK_FALSE(error.advice.empty());
  }
  CHECK(wire::may_be_billed(200)); // the server did the work
}

TEST_CASE("a server's message becomes one line of UTF-8, cut at 300 bytes") {
  const auto told = [](const std::string& body) {
    const Error error = error_after({500, "text/html", ""}, {body});
    CHECK(json::is_utf8(error.message));
    const std::string_view before = "the server answered 500: ";
    CHECK(error.message.starts_with(before));
    return error.message.substr(before.size());
  };
  CHECK(told("Gr\xFC\xDF"
             "e, \xE6\xBC") == "Gr??e, ??"); // a page in another encoding
  CHECK(told("a\r\nb\tc\x7F"
             "d\x1B[0m") == "a  b c d [0m");
  CHECK(told(std::string("a\0b", 3)) == "a b");
  CHECK(told(std::string(300, 'x')) == std::string(300, 'x'));
  CHECK(told(std::string(301, 'x')) == std::string(300, 'x') + "…");
  CHECK(told(std::string(299, 'x') + "é") == std::string(299, 'x') + "…");
  CHECK(told(std::string(298, 'x') + "é") == std::string(298, 'x') + "é");
  CHECK(told("\xFF" + std::string(400, 'x')) == "?" + std::string(299, 'x') + "…");
}

TEST_CASE("nothing is read after a failure") {
  ResponseReader answer(true);
  answer.head({200, "text/event-stream", ""});
  std::vector<Event> events;
  CHECK_FALSE(answer.feed(
      chunk("{\"content\":\"a\"}") + "data: {oops\n\n" + chunk("{\"content\":\"b\"}"), events));
  CHECK(events.size() == 1);
  CHECK_FALSE(answer.feed(chunk("{\"content\":\"c\"}"), events));
  CHECK(events.size() == 1);
  CHECK(so_far(answer).text == "a");
  CHECK(answer.end(true, events)->code == Code::malformed);
}
