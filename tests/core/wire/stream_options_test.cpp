// stream_options: left out where they are null, and in a second try.

#include <string>
#include <utility>

#include "support/catch.hpp"
#include "wire/prepare.hpp"

using namespace wayfare;

namespace {

wire::Prepared prepared_of(const std::string& body, bool stream, bool openrouter) {
  Request request;
  request.body = body;
  return wire::prepare(std::move(request), stream,
                       openrouter ? openrouter_server() : openai_server())
      .value();
}

// The body that is sent, with what was added behind it.
std::string sent(const std::string& body, bool stream, bool openrouter) {
  const wire::Prepared prepared = prepared_of(body, stream, openrouter);
  const wire::Body made = prepared.body_of(prepared.source, prepared.models.front(), {});
  CHECK(made.source() == body);
  std::string out = *made.text;
  for (const auto& name : prepared.added_for(prepared.models.front(), {})) out += " " + name;
  return out;
}

} // namespace

TEST_CASE("stream_options that are null are not sent, and nothing else changes") {
  const auto all_ways = [](const std::string& body, const std::string& plain,
                           const std::string& streamed) {
    for (const bool openrouter : {true, false}) {
      CHECK(sent(body, false, openrouter) == plain);
      CHECK(sent(body, true, openrouter) == streamed);
    }
  };
  all_ways(R"({"model":"m","stream_options":null})", R"({"model":"m"})",
           R"({"model":"m","stream":true} stream)");
  all_ways(R"({ "stream_options" : null , "model":"m" })", R"({ "model":"m" })",
           R"({ "model":"m" ,"stream":true} stream)");
  all_ways(R"({"a":[null,1] , "stream\u005foptions": null ,"stream":null, "model":"m"})",
           R"({"a":[null,1] ,"stream":null, "model":"m"})",
           R"({"a":[null,1] ,"stream":true, "model":"m"} stream)");
  all_ways(R"({"stream":null,"stream_options":null,"model":"m"})", R"({"stream":null,"model":"m"})",
           R"({"stream":true,"model":"m"} stream)");
  all_ways("{\n\"stream_options\": null\n}", "{\n\"model\":\"openai/gpt-4o-mini\"} model",
           "{\n\"model\":\"openai/gpt-4o-mini\",\"stream\":true} model stream");
}

TEST_CASE("only the stream_options that wayfare would add can be left out for one body") {
  const auto without = [](const std::string& body) {
    const auto prepared = prepared_of(body, true, false);
    const wire::Body made = prepared.body_of(prepared.source, "m", {}, false);
    CHECK(made.source() == body);
    return *made.text;
  };
  CHECK(without(R"({"model":"m"})") == R"({"model":"m","stream":true})");
  CHECK(without(R"({"model":"m","stream_options":{}})") ==
        R"({"model":"m","stream_options":{"include_usage":true},"stream":true})");
}
