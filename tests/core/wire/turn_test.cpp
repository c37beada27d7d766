// The turn that came: content in each published form, parallel tool calls, reasoning, and the
// message to send back.

#include <string>
#include <vector>

#include "support/read_answer.hpp"

using namespace wayfare;
using namespace answers;

namespace {

using Calls = std::vector<std::string>;

std::string tools(const std::string& items) { return chunk("{\"tool_calls\":[" + items + "]}"); }

// A piece of a call. The other members come before `function`.
std::string piece(const std::string& others, const std::string& name,
                  const std::string& arguments) {
  return "{" + others + (others.empty() ? "" : ",") + R"("type":"function","function":{"name":")" +
         name + R"(","arguments":)" + json::quoted(arguments) + "}}";
}

Read streamed(const std::string& chunks) {
  Read got = read(chunks + ending(), true);
  CHECK_FALSE(got.error);
  // The events together are the reply.
  CHECK(got.told(EventType::text) == got.reply.text);
  CHECK(got.told(EventType::reasoning) == got.reply.reasoning);
  CHECK(got.told(EventType::refusal) == got.reply.refusal);
  std::vector<ToolCall> told(got.reply.tool_calls.size());
  for (const Event& event : got.events)
    if (event.type == EventType::tool) {
      ToolCall& call = told.at(static_cast<std::size_t>(event.tool_call.index));
      call.id += event.tool_call.id;
      call.name += event.tool_call.name;
      call.arguments += event.tool_call.arguments;
    }
  for (std::size_t at = 0; at < told.size(); ++at) {
    CHECK(told[at].name == got.reply.tool_calls[at].name);
    CHECK((told[at].arguments.empty() ? "{}" : told[at].arguments) ==
          got.reply.tool_calls[at].arguments);
  }
  return got;
}

// A member of the message, as JSON; "" where there is none.
std::string member(const Read& got, std::string_view key) {
  json::Document document;
  REQUIRE(document.parse(got.reply.message));
  return std::string(document.root()[key].raw());
}

} // namespace

TEST_CASE("parallel tool calls stay apart, whatever index and id the server gives them") {
  const std::string one = "{\"a\":1}", two = "{\"b\":2}";
  const struct {
    const char *first, *second;
  } ways[]{{R"("index":0,"id":"c1")", R"("index":0,"id":"c2")"}, // one index for all
           {R"("index":0,"id":"c1")", R"("index":1,"id":"c1")"}, // one id for all
           {R"("index":0,"id":"c1")", R"("index":0,"id":"c1")"},
           {R"("index":0,"id":"c1")", R"("index":7,"id":"c2")"},
           {R"("index":0,"id":"")", R"("index":0,"id":"")"},
           {R"("index":0)", R"("index":0)"},
           {R"("index":null,"id":null)", R"("index":null,"id":null)"},
           {R"("id":"c1")", R"("id":"c2")"},
           {R"("id":"c1")", R"("id":"c1")"},
           {R"("id":"")", R"("id":"")"},
           {"", ""},
           {R"("index":"0")", R"("index":"0")"}};
  for (const auto& way : ways) {
    for (const std::string other : {"sub", "add"}) {
      INFO(way.first << " and " << way.second << ", " << other);
      const std::string first = piece(way.first, "add", one),
                        second = piece(way.second, other, two);
      for (const Read& got :
           {streamed(tools(first) + tools(second)), streamed(tools(first + "," + second)),
            read(plain("{\"tool_calls\":[" + first + "," + second + "]}"), false)}) {
        REQUIRE(got.reply.tool_calls.size() == 2);
        CHECK(got.reply.tool_calls[0].name == "add");
        CHECK(got.reply.tool_calls[0].arguments == one);
        CHECK(got.reply.tool_calls[1].name == other);
        CHECK(got.reply.tool_calls[1].arguments == two);
      }
      // The arguments come in pieces without a name, by the same index or id.
      const std::string begun = piece(way.second, other, "{\"b\"");
      const Read cut = streamed(tools(first) + tools(begun) + tools(piece(way.second, "", ":2}")));
      REQUIRE(cut.reply.tool_calls.size() == 2);
      CHECK(cut.reply.tool_calls[1].arguments == two);
    }
  }
}

TEST_CASE("pieces of one tool call stay together") {
  const auto call = [](const std::string& chunks) { return streamed(chunks).calls(); };
  // A new id in each piece, without a name.
  CHECK(call(tools(piece(R"("index":0,"id":"c1")", "add", "")) +
             tools(piece(R"("index":0,"id":"c2")", "", "{\"a\"")) +
             tools(piece(R"("index":0,"id":"c3")", "", ":1}"))) == Calls{"c1 add {\"a\":1}"});
  CHECK(call(tools(piece(R"("index":0,"id":"c1")", "add", "{\"a\"")) +
             tools(piece(R"("index":1)", "", ":1}"))) ==
        Calls{"c1 add {\"a\":1}"}); // a wrong index
  CHECK(call(tools(piece(R"("id":"c1")", "add", "{\"a\"")) + tools(piece("", "", ":1}"))) ==
        Calls{"c1 add {\"a\":1}"});
  // The name in pieces, whole and repeated, and growing.
  CHECK(call(tools(piece(R"("index":0,"id":"c1")", "get_", "")) +
             tools(piece(R"("index":0)", "weather", "{}"))) == Calls{"c1 get_weather {}"});
  CHECK(call(tools(piece(R"("index":0,"id":"c1")", "get", "{\"a\"")) +
             tools(piece(R"("index":0,"id":"c1")", "get", ":1}"))) == Calls{"c1 get {\"a\":1}"});
  CHECK(call(tools(piece(R"("index":0,"id":"c1")", "get_", "")) +
             tools(piece(R"("index":0,"id":"c1")", "get_weather", "{}"))) ==
        Calls{"c1 get_weather {}"});
  // The whole call once more.
  CHECK(call(tools(piece(R"("index":0,"id":"c1")", "get", "{\"a\":1}")) +
             tools(piece(R"("index":0,"id":"c1")", "get", "{\"a\":1}"))) ==
        Calls{"c1 get {\"a\":1}"});
  CHECK(call(tools(piece(R"("index":0,"id":"c1")", "get", ""))) == Calls{"c1 get {}"});
  CHECK(call(tools(piece(R"("index":0,"id":"c1")", "get", R"({"a":"}{"})"))) ==
        Calls{R"(c1 get {"a":"}{"})"});
}

TEST_CASE("arguments that are an object are its JSON as text") {
  const std::string call = R"({"index":0,"id":"c1","type":"function",)"
                           R"("function":{"name":"add","arguments":{"a":[1,"x"]}}})";
  for (const Read& got :
       {streamed(tools(call)), read(plain("{\"tool_calls\":[" + call + "]}"), false)}) {
    CHECK(got.calls() == Calls{R"(c1 add {"a":[1,"x"]})"});
    CHECK(got.reply.message.find(R"("arguments":{"a":[1,"x"]})") != std::string::npos);
  }
}

TEST_CASE("a custom tool call and unknown members of calls are what they are") {
  const Read custom = streamed(
      tools(R"({"index":0,"id":"c1","type":"custom","custom":{"name":"shell","input":"ls "}})") +
      tools(R"({"index":0,"custom":{"input":"-l"}})"));
  CHECK(custom.calls() == Calls{"c1 shell ls -l"});
  CHECK(custom.reply.tool_calls[0].type == "custom");
  CHECK(streamed(tools(piece(R"("id":"c1")", "add", "{}"))).reply.tool_calls[0].type == "function");
  CHECK(member(custom, "tool_calls") ==
        R"([{"id":"c1","type":"custom","custom":{"name":"shell","input":"ls -l"}}])");

  // A signature with the call, in pieces, or in a later piece without an index.
  const std::string signature = R"("extra_content":{"google":{"thought_signature":)";
  const std::string whole =
      piece(R"("index":0,"id":"c1",)" + signature + R"("U0lH"}})", "add", "{}");
  const std::string bare = piece(R"("index":0,"id":"c1")", "add", "{}");
  for (const std::string& chunks :
       {tools(whole), tools(bare) + tools("{" + signature + "\"U0lH\"}}}"),
        tools(bare) + tools("{\"index\":0," + signature + "\"U0\"}}}") +
            tools("{\"index\":0," + signature + "\"lH\"}}}")}) {
    INFO(chunks);
    CHECK(member(streamed(chunks), "tool_calls") ==
          R"([{"id":"c1","type":"function","function":{"name":"add","arguments":"{}"},)"
          R"("extra_content":{"google":{"thought_signature":"U0lH"}}}])");
  }
}

TEST_CASE("content in a list of parts gives its text, reasoning and refusal") {
  const std::string thinking = R"({"type":"thinking","thinking":[{"type":"text","text":"hm"}]})",
                    image = R"({"type":"image_url","image_url":{"url":"data:,"}})";
  const Read got = streamed(
      chunk("{\"content\":[" + thinking + "]}") +
      chunk(R"({"content":[{"type":"thinking","thinking":[{"type":"text","text":"m"}]}]})") +
      chunk(R"({"content":[{"type":"text","text":"Hel"}]})") + text_delta("lo") +
      chunk("{\"content\":[" + image + R"(,{"type":"refusal","refusal":"No."}]})"));
  CHECK(got.reply.text == "Hello");
  CHECK(got.reply.reasoning == "hmm");
  CHECK(got.reply.refusal == "No.");
  const std::string parts = R"([{"type":"thinking","thinking":[{"type":"text","text":"hmm"}]},)"
                            R"({"type":"text","text":"Hello"},)" +
                            image + R"(,{"type":"refusal","refusal":"No."}])";
  CHECK(member(got, "content") == parts);
  const Read whole = read(plain(R"({"role":"assistant","content":)" + parts + "}"), false);
  CHECK(whole.reply.text == "Hello");
  CHECK(whole.reply.reasoning == "hmm");
  CHECK(whole.reply.refusal == "No.");
  CHECK(member(whole, "content") == parts);
  const Read summary = streamed(chunk(
      R"({"content":[{"type":"reasoning","summary":[{"type":"summary_text","text":"so"}]}]})"));
  CHECK(summary.reply.reasoning == "so");
}

TEST_CASE("a message beside deltas adds only what is new") {
  const auto both = [](const std::string& delta, const std::string& so_far) {
    return chunk("{\"content\":\"" + delta + "\"}", R"(,"message":{"content":")" + so_far + "\"}");
  };
  CHECK(streamed(both("Hel", "Hel") + both("lo", "Hello")).reply.text == "Hello");
  CHECK(streamed(text_delta("Hel") + text_delta("lo") + both("", "Hello")).reply.text == "Hello");
  CHECK(streamed(both("", "Hello")).reply.text == "Hello");
  CHECK(streamed(text_delta(" Hello") + both("", "Hello")).reply.text == " Hello");
  const auto alone = [](const std::string& text) {
    return event(R"({"choices":[{"message":{"content":")" + text + "\"}}]}");
  };
  CHECK(streamed(alone("Hel") + alone("Hello")).reply.text == "Hello");
  const std::string call = piece(R"("id":"c1")", "f", "{}");
  CHECK(
      streamed(tools(call) + chunk("{}", R"(,"message":{"tool_calls":[)" + call + "]}")).calls() ==
      Calls{"c1 f {}"});
}

TEST_CASE("a refusal is told by events and by the reply") {
  const Read got = streamed(chunk(R"({"refusal":"I "})") + chunk(R"({"refusal":"cannot."})"));
  CHECK(got.reply.refusal == "I cannot.");
  CHECK(got.reply.text.empty());
  CHECK(read(plain(R"({"content":null,"refusal":"No."})"), false).reply.refusal == "No.");
}

TEST_CASE("reasoning is read under each of its names, and goes back under the same") {
  for (const char* name : {"reasoning", "reasoning_content", "reasoning_text", "thinking"}) {
    INFO(name);
    const std::string key = name;
    const Read got =
        streamed(chunk("{\"" + key + "\":\"st\"}") + chunk("{\"" + key + "\":\"ep\"}"));
    CHECK(got.reply.reasoning == "step");
    CHECK(member(got, key) == "\"step\"");
    CHECK(read(plain("{\"" + key + "\":\"step\"}"), false).reply.reasoning == "step");
  }
  CHECK(streamed(chunk(R"({"reasoning":"","reasoning_content":"step"})")).reply.reasoning ==
        "step");
  CHECK(streamed(chunk(R"({"reasoning":"s","reasoning_content":"s"})")).reply.reasoning == "s");
  for (const char* detail : {R"({"type":"reasoning.text","text":"step","index":0})",
                             R"({"type":"reasoning.summary","summary":"step"})"}) {
    const std::string details = "{\"reasoning_details\":[" + std::string(detail) + "]}";
    CHECK(streamed(chunk(details)).reply.reasoning == "step");
    CHECK(read(plain(details), false).reply.reasoning == "step");
  }
}

TEST_CASE("reasoning details stay apart and in order") {
  const auto details = [](const std::string& items) {
    return chunk("{\"reasoning_details\":[" + items + "]}");
  };
  const std::string text = R"({"type":"reasoning.text","text":"a","signature":"s1","index":0})",
                    next = R"({"type":"reasoning.text","text":"b","signature":"s2","index":0})",
                    secret = R"({"type":"reasoning.encrypted","data":"AA==","index":0})",
                    other = R"({"type":"reasoning.encrypted","data":"BB==","index":0})",
                    bare = R"({"type":"reasoning.text","text":"c"})";
  const std::string all = text + "," + secret + "," + next + "," + other + "," + bare + "," + bare;
  CHECK(member(streamed(details(all)), "reasoning_details") == "[" + all + "]");
  CHECK(member(streamed(details(text) + details(secret) + details(next) + details(other)),
               "reasoning_details") == "[" + text + "," + secret + "," + next + "," + other + "]");
}

TEST_CASE("unknown members of deltas are in the message") {
  const Read got = streamed(chunk(R"({"content":"a","x":"on","y":{"z":"A"},"n":1,"name":"bot"})") +
                            chunk(R"({"content":"b","x":"on","y":{"z":"B"},"n":2,"name":null})"));
  CHECK(member(got, "x") == "\"on\"");
  CHECK(member(got, "y") == R"({"z":"AB"})");
  CHECK(member(got, "n") == "2");
  CHECK(member(got, "name") == "\"bot\"");
}

TEST_CASE("the text of other choices never leaks, and all choices are in `raw`") {
  const auto of = [](int index, const std::string& text) {
    return R"({"index":)" + std::to_string(index) + R"(,"delta":{"content":")" + text + "\"}}";
  };
  const auto with = [](const std::string& choices) {
    return event("{\"choices\":[" + choices + "]}");
  };
  const Read got =
      streamed(with(of(1, "x")) + with(of(0, "A")) + with(of(1, "y")) + with(of(1, "y")) +
               with(of(2, "z") + "," + of(0, "B")) + with(of(0, "C") + "," + of(1, "w")));
  CHECK(got.reply.text == "ABC");
  json::Document raw;
  REQUIRE(raw.parse(got.reply.raw));
  const json::Value choices = raw.root()["choices"];
  REQUIRE(choices.size() == 3);
  CHECK(choices.first().next()["message"]["content"].string() == "xyyw");
  CHECK(choices.first().next().next()["message"]["content"].string() == "z");
  CHECK(read(R"({"choices":[{"index":1,"message":{"content":"b"}},)"
             R"({"index":0,"message":{"content":"a"}}]})",
             false)
            .reply.text == "a");
  // A server that counts from 1.
  CHECK(read(with(of(1, "one")) + event("[DONE]"), true).reply.text == "one");
}

TEST_CASE("citations that are repeated are kept once and are no reason to stop") {
  std::string citations;
  for (int n = 0; n < 10; ++n)
    citations += (n ? "," : "") +
                 std::string(R"({"type":"url_citation","url_citation":{"url":"https://h/)") +
                 std::to_string(n) + R"(","content":")" + std::string(8000, 'x') + "\"}}";
  wire::ResponseReader reader(true);
  reader.head({.status = 200});
  std::vector<Event> events;
  for (int chunks = 0; chunks < 1000; ++chunks) {
    REQUIRE(reader.feed(chunk(R"({"content":"w","annotations":[)" + citations + "]}"), events));
    events.clear();
  }
  reader.feed(ending(), events);
  CHECK_FALSE(reader.end(true, events));
  json::Document message;
  REQUIRE(message.parse(reader.take_reply().message));
  CHECK(message.root()["annotations"].size() == 10);
  const std::string image = R"({"images":[{"type":"image_url","image_url":{"url":"data:,"}}]})";
  CHECK(member(streamed(chunk(image) + chunk(image)), "images").find("},{") != std::string::npos);
}

TEST_CASE("an image of tens of megabytes comes in one event", "[slow]") {
  const std::string image =
      R"({"images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,)" +
      std::string(std::size_t{40} << 20, 'A') + "\"}}]}";
  const Read got = read(chunk(image) + ending(), true);
  CHECK_FALSE(got.error);
  CHECK(got.reply.message.size() > std::size_t{40} << 20);
}
