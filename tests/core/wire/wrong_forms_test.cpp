// Bodies with the wrong label, ends in other forms, and texts that are not quite JSON or UTF-8.

#include <string>
#include <vector>

#include "support/read_answer.hpp"

using namespace wayfare;
using namespace answers;

namespace {

const std::string as_json = "application/json", stream = "text/event-stream", mark = "\xEF\xBB\xBF";
const std::string replaced = "\xEF\xBF\xBD"; // U+FFFD
const std::string good_stream = text_delta("Hel") + text_delta("lo") + ending();
const std::string good_plain = plain(R"({"role":"assistant","content":"Hello"})");

// Whether the answer is whole and paid, whatever was asked for.
void check_hello(const std::string& body, const std::string& type, int status = 200) {
  for (const bool streamed : {false, true}) {
    INFO(type << ", " << status << ": " << body.substr(0, 60));
    const Read got = read(body, streamed, {.status = status, .content_type = type});
    CHECK_FALSE(got.error);
    CHECK(got.reply.text == "Hello");
    CHECK(got.reply.cost == Amount::parse("0.5"));
    CHECK(got.reply.usage.prompt_tokens == 9);
    CHECK(got.reply.finish_reason == "stop");
    CHECK(got.told(EventType::text) == (streamed ? "Hello" : ""));
  }
}

} // namespace

TEST_CASE("the first bytes tell what a body is, and its label does not") {
  for (const std::string& type : {as_json, stream, std::string("text/plain"), std::string()}) {
    for (const int status : {200, 201, 203}) {
      check_hello(good_stream, type, status);
      check_hello(good_plain, type, status);
      for (const std::string before : {"\n", " \r\n"})
        check_hello(before + good_plain, type, status);
      for (const char* line : {": wait\n\n", "event: message\n", "id: 7\n", "retry: 10\n\n", "\n"})
        check_hello(line + good_stream, type, status);
      check_hello(mark + good_plain, type, status);
      check_hello(mark + good_stream, type, status);
      for (const char* end : {"\n\ndata: [DONE]\n\n", "data: [DONE]", "\n[DONE]", "\n</html>"})
        check_hello(good_plain + end, type, status);
    }
  }
}

TEST_CASE("a body that comes byte by byte is what it is") {
  for (const std::string& body : {mark + good_stream, mark + good_plain, "\n" + good_stream}) {
    wire::ResponseReader reader(true);
    reader.head({.status = 200, .content_type = body[0] == '\n' ? as_json : stream});
    std::vector<Event> events;
    for (const char& byte : body) REQUIRE(reader.feed(std::string_view(&byte, 1), events));
    CHECK_FALSE(reader.end(true, events));
    CHECK(reader.take_reply().text == "Hello");
  }
}

TEST_CASE("a stream of nothing but its end is broken, and may be tried again") {
  for (const std::string& body :
       {event("[DONE]"), ": wait\n\n" + event("[DONE]"),
        event(R"({"choices":[]})") + event("[DONE]"), std::string("data: [DONE]")}) {
    const Read got = read(body, true, {.status = 200, .content_type = stream});
    REQUIRE(got.error);
    CHECK(got.error->code == Code::stream_broken);
    CHECK(got.error->retryable);
  }
}

TEST_CASE("an event that is an error is one, in each shape") {
  for (const std::string& error :
       {std::string("event: error\ndata: {\"object\":\"error\",\"message\":\"it died\"}\n\n"),
        event(R"({"object":"error","message":"it died","code":500})"),
        event(R"({"type":"error","error":{"type":"x","message":"it died"}})"),
        std::string("event: error\ndata: {\"code\":\"Internal\",\"message\":\"it died\"}\n\n"),
        event(R"({"code":"Internal","message":"it died","request_id":"7"})"),
        std::string("event: error\ndata: it died\n\n"), std::string("error: it died\n\n"),
        std::string("error: {\"code\":500,\"message\":\"it died\"}\n\n"),
        std::string("{\"error\":{\"message\":\"it died\"}}\n\n"), event(R"({"error":"it died"})"),
        event(R"([{"error":{"message":"it died"}}])"),
        event(R"({"error":true,"message":"it died"})"),
        event(R"({"base_resp":{"status_code":1013,"status_msg":"it died"}})"),
        event(R"({"detail":"it died"})")}) {
    for (const bool is_done : {false, true}) {
      INFO(error);
      const std::string end = is_done ? event("[DONE]") : "";
      const Read first = read(error + end, true);
      REQUIRE(first.error);
      CHECK(first.error->message.find("it died") != std::string::npos);
      const Read later = read(text_delta("Hel") + error + end, true);
      REQUIRE(later.error);
      CHECK(later.error->code == Code::stream_broken);
      CHECK(later.error->message.find("it died") != std::string::npos);
      CHECK(later.reply.text == "Hel");
    }
  }
}

TEST_CASE("an error that says nothing is none") {
  for (const char* error : {"{}", "\"\"", "null", "[]", "false", "0", R"({"code":0})",
                            R"({"code":null,"message":"","type":null})", R"({"code":200})"}) {
    INFO(error);
    const std::string member = R"(,"error":)" + std::string(error);
    const Read whole = read(plain(R"({"content":"Hello"})", member), false);
    CHECK_FALSE(whole.error);
    CHECK(whole.reply.text == "Hello");
    CHECK_FALSE(read(event("{\"choices\":[]" + member + "}") + good_stream, true).error);
  }
  CHECK(read(plain(R"({"content":""})", R"(,"error":{"type":"x"})"), false).error);
}

TEST_CASE("words between the events and behind a whole answer are ignored") {
  for (const char* word :
       {": keepalive", ":", "ping", "keep-alive", "[heartbeat]", "<html>", "[DON"}) {
    INFO(word);
    const Read got = read(text_delta("Hel") + event(word) + text_delta("lo") + ending(), true);
    CHECK_FALSE(got.error);
    CHECK(got.reply.text == "Hello");
    CHECK(got.reply.cost);
  }
  for (const char* junk : {"[done]", "<html>", "{oops", "{\"a\":"}) {
    INFO(junk);
    const std::string last =
        event(R"({"choices":[{"delta":{},"finish_reason":"stop"}],)" + std::string(usage) + "}");
    const Read got = read(text_delta("Hello") + last + event(junk), true);
    CHECK_FALSE(got.error);
    CHECK(got.reply.cost == Amount::parse("0.5"));
  }
  CHECK(read(text_delta("a") + event("{oops"), true).error->code == Code::malformed);
}

TEST_CASE("a last event needs no blank line, and a cut one does no harm") {
  const std::string body = text_delta("Hello") + ending();
  for (const std::string end : {"", "\n", "\r"}) {
    std::string cut = body.substr(0, body.rfind("data: [DONE]"));
    while (cut.ends_with('\n')) cut.pop_back();
    const Read got = read(cut + end, true);
    CHECK_FALSE(got.error);
    CHECK(got.reply.cost == Amount::parse("0.5"));
  }
  const Read lost =
      read(text_delta("Hel") + R"(data: {"choices":[{"del)", true, {.status = 200}, false);
  CHECK(lost.error->code == Code::stream_broken);
  CHECK(lost.reply.text == "Hel");
}

TEST_CASE("events without the blank lines between them are read") {
  std::string body = good_stream;
  for (std::size_t at = 0; (at = body.find("\n\n", at)) != body.npos;) body.erase(at, 1);
  const Read got = read(body, true);
  CHECK_FALSE(got.error);
  CHECK(got.reply.text == "Hello");
  const std::string two = R"({"choices":[{"delta":{"content":"a"}}]})";
  CHECK(read(event(two + two + " " + two) + ending(), true).reply.text == "aaa");
  CHECK(read(event(two + "[DONE]"), true).reply.text == "a");
}

TEST_CASE("JSON that is cut short, and an empty body, may be tried again") {
  for (std::size_t size = 1; size < good_plain.size(); ++size) {
    const Read got = read(good_plain.substr(0, size), false, {200, as_json, ""});
    REQUIRE(got.error);
    CHECK(got.error->code == Code::malformed);
    CHECK(got.error->retryable);
    CHECK(got.error->message.find("cut short") != std::string::npos);
    CHECK(got.error->advice.find("base URL") == std::string::npos);
  }
  for (const char* nothing : {"", "\n\n", " "}) {
    const Read got = read(nothing, false, {200, as_json, ""});
    REQUIRE(got.error);
    CHECK(got.error->retryable);
    CHECK(got.error->message == "the answer is empty");
  }
  const Read garbage = read(good_plain.substr(0, 26) + "\xFF\xFE{]garbage garbage", false);
  CHECK_FALSE(garbage.error->retryable);
  CHECK_FALSE(read(good_plain.substr(0, good_plain.size() - 1) + "\xFF", false).error->retryable);
  const Read page = read("<html>Welcome</html>", false, {200, "text/html", ""});
  CHECK_FALSE(page.error->retryable);
  CHECK(page.error->advice == "check the base URL");
  CHECK(page.reply.raw == R"("<html>Welcome</html>")");
}

TEST_CASE("text that is not quite UTF-8 is repaired, and the answer goes on") {
  for (const char* bad :
       {"\\ud83d", "\\ude00", "\\ude00\\ud83d", "\xFF", "\xF0\x9F", "\xED\xA0\x80"}) {
    INFO(bad);
    const Read streamed =
        read(text_delta(std::string("Hi ") + bad) + text_delta(" more") + ending(), true);
    CHECK_FALSE(streamed.error);
    CHECK(streamed.reply.text.starts_with("Hi " + replaced));
    CHECK(streamed.reply.text.ends_with(replaced + " more"));
    CHECK(streamed.reply.text == streamed.told(EventType::text));
    CHECK(streamed.reply.cost == Amount::parse("0.5"));
    const Read whole = read(plain(R"({"content":"Hi )" + std::string(bad) + " more\"}"), false);
    CHECK_FALSE(whole.error);
    CHECK(whole.reply.text == streamed.reply.text);
    const Read last = read(text_delta(std::string("Hi ") + bad) + ending(), true);
    CHECK(last.reply.text == last.told(EventType::text));
    CHECK(last.reply.text.ends_with(replaced));
  }
}

TEST_CASE("the halves of a pair in two deltas become one character, in each text") {
  for (const std::string& name :
       {std::string("content"), std::string("reasoning"), std::string("refusal")}) {
    INFO(name);
    const auto delta = [&](const char* text) {
      return chunk("{\"" + name + "\":\"" + text + "\"}");
    };
    const Read got = read(delta("a\\ud83d") + chunk("{}") + delta("\\ude00b") + ending(), true);
    CHECK(got.reply.text + got.reply.reasoning + got.reply.refusal == "a😀b");
    CHECK(got.reply.message.find("a😀b") != std::string::npos);
  }
  const auto call = [](const char* text) {
    return chunk(R"({"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":")" +
                 std::string(text) + "\"}}]}");
  };
  CHECK(read(call("{\\\"a\\\":\\\"\\ud83d") + call("\\ude00\\\"}") + ending(), true).calls() ==
        std::vector<std::string>{"c f {\"a\":\"😀\"}"});
}

TEST_CASE("numbers that JSON does not have lose no answer") {
  for (const char* number : {"NaN", "Infinity", "-Infinity"}) {
    INFO(number);
    const std::string more = R"(,"logprobs":{"content":[{"logprob":)" + std::string(number) + "}]}";
    const Read whole = read(plain(R"({"content":"NaN"})", more), false);
    CHECK_FALSE(whole.error);
    CHECK(whole.reply.text == "NaN");
    CHECK(whole.reply.cost == Amount::parse("0.5"));
    const Read streamed = read(chunk(R"({"content":"Hi"})", more) + ending(), true);
    CHECK_FALSE(streamed.error);
    CHECK(streamed.reply.text == "Hi");
  }
}
