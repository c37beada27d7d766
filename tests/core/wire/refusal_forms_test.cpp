// Refusals in each shape and in each server's words, and usage wherever it stands.

#include <chrono>
#include <string>
#include <vector>

#include "support/read_answer.hpp"
#include "wire/refusal.hpp"

using namespace wayfare;
using namespace answers;
using std::chrono::milliseconds;

namespace {

Read refused(int status, const std::string& body, ResponseHead head = {}) {
  head.status = status;
  Read got = read(body, false, head);
  REQUIRE(got.error);
  return got;
}
Code code_of(int status, const std::string& body) { return refused(status, body).error->code; }
std::string error(const std::string& message, const std::string& more = "") {
  return R"({"error":{"message":)" + json::quoted(message) + more + "}}";
}

} // namespace

TEST_CASE("the words of a refusal are found in each shape, and `raw` has the body") {
  for (const char* body :
       {R"([{"error":{"code":400,"message":"Cannot find it."}}])",
        R"({"error":{"message":{"detail":"Cannot find it."}}})",
        R"({"message":{"detail":[{"loc":["body","x"],"msg":"Cannot find it."}]}})",
        R"({"message":["Cannot find it."]})",
        R"({"detail":[{"loc":["body","x"],"msg":"Cannot find it."}]})",
        R"({"detail":{"message":"Cannot find it."}})", R"({"detail":"Cannot find it."})",
        R"({"errors":[{"message":"Cannot find it."}]})", R"({"errors":{"x":["Cannot find it."]}})",
        R"({"errors":"Cannot find it."})", R"({"code":1211,"msg":"Cannot find it."})",
        R"({"base_resp":{"status_code":2013,"status_msg":"Cannot find it."}})",
        R"({"success":false,"error":"Cannot find it."})",
        R"({"title":"Cannot find it.","status":400})", R"({"error":{"x":1,"y":"Cannot find it."}})",
        R"({"fault":{"text":"Cannot find it."}})", R"(["Cannot find it."])"}) {
    INFO(body);
    const Read got = refused(400, body);
    CHECK(got.error->code == Code::bad_request);
    CHECK(got.error->message.find("Cannot find it.") != std::string::npos);
    CHECK(got.reply.raw == body);
  }
  CHECK(refused(422, R"({"detail":[{"loc":["body","x"],"msg":"extra"}]})").error->message ==
        "the server answered 422: body.x: extra");
  CHECK(refused(502, "<html>Bad</html>").reply.raw == R"("<html>Bad</html>")");
  CHECK(refused(503, "").reply.raw == "null");
  const Read event =
      refused(429, "event: error\ndata: {\"error\":{\"message\":\"slow down\"}}\n\n");
  CHECK(event.error->message == "the server answered 429: slow down");
  // A tree of empty lists takes no time.
  std::string deep;
  for (int level = 0; level < 60; ++level) deep += R"({"detail":[)";
  for (int level = 0; level < 60; ++level) deep += "]}";
  CHECK(code_of(400, deep) == Code::bad_request);
}

TEST_CASE("an overflow of the context is one in each server's words") {
  for (const char* words :
       {"This model's maximum context length is 8192 tokens.",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "input length and `max_tokens` exceed context limit: 199000 + 20000 > 200000",
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
        "This model's maximum prompt length is 131072 but the request contains 140000 tokens.",
        "the request exceeds the available context size. try increasing the context size",
        "Your input exceeds the context window of this model.",
        "Please reduce the length of the messages or completion.",
        "Input is too long for requested model.", "Your request exceeded model token limit: 8192",
        "too many tokens: the prompt cannot exceed 4096 tokens",
        "Range of input length should be [1, 30720]",
        "prompt token count of 70000 exceeds the limit of 64000"}) {
    INFO(words);
    for (const int status : {400, 413, 422, 500})
      CHECK(code_of(status, error(words)) == Code::context_exceeded);
    const std::string raw = R"(,"metadata":{"provider_name":"P","raw":)" +
                            json::quoted(std::string(400, 'x') + error(words)) + "}";
    CHECK(code_of(400, error("Provider returned error", raw)) == Code::context_exceeded);
    CHECK(code_of(429, error(words)) == Code::rate_limited);
  }
  CHECK(code_of(400, error("too big", R"(,"code":"context_length_exceeded")")) ==
        Code::context_exceeded);
  CHECK(code_of(400, error("x", R"(,"type":"exceed_context_size_error")")) ==
        Code::context_exceeded);
  CHECK(code_of(400, error("max_tokens is too large: this model supports at most 16384")) ==
        Code::bad_request);
}

TEST_CASE("credit that is used up is final, and a limit that passes is not") {
  const struct {
    int status;
    std::string body;
  } used_up[]{
      {429, error("You exceeded your current quota", R"(,"code":"insufficient_quota")")},
      {429, error("x", R"(,"type":"insufficient_quota")")},
      {429, error("You exceeded your current quota, please check your plan")},
      {429, error("suspended", R"(,"type":"exceeded_current_quota_error")")},
      {400, error("Your credit balance is too low to access the API")},
      {403,
       error("Your team has used all available credits or reached its monthly spending limit")},
      {400, R"({"code":"Arrearage","message":"Access denied"})"},
      {200, R"({"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}})"}};
  for (const auto& [status, body] : used_up) {
    INFO(body);
    const Read got = refused(status, body);
    CHECK(got.error->code == Code::payment_required);
    CHECK_FALSE(got.error->retryable);
    CHECK(got.error->advice.find("credits") != std::string::npos);
  }
  const struct {
    int status;
    std::string body;
  } passing[]{
      {429, error("Quota exceeded. You exceeded your current quota",
                  R"(,"status":"RESOURCE_EXHAUSTED")")},
      {429, error("no", R"(,"metadata":{"provider_name":"P","raw":"insufficient_quota"})")},
      {400, R"({"__type":"ThrottlingException","message":"Too many requests, please wait"})"},
      {403, error("x", R"(,"code":"rateLimitExceeded")")},
      {200, error("x", R"(,"code":"rate_limit_exceeded")")},
      {200, R"({"base_resp":{"status_code":1002,"status_msg":"rate limit"}})"}};
  for (const auto& [status, body] : passing) {
    INFO(body);
    const Read got = refused(status, body);
    CHECK(got.error->code == Code::rate_limited);
    CHECK(got.error->retryable);
  }
  CHECK(code_of(200, error("x", R"(,"type":"overloaded_error")")) == Code::overloaded);
}

TEST_CASE("the wait is read from each place") {
  const auto wait = [](const std::string& body, ResponseHead head = {}) {
    return refused(429, body, head).error->retry_after;
  };
  ResponseHead head;
  head.retry_after_ms = "700";
  CHECK(wait("{}", head) == milliseconds(700));
  head.retry_after = "2"; // the other is more exact
  CHECK(wait("{}", head) == milliseconds(700));
  head.retry_after_ms = "700.5";
  CHECK(wait("{}", head) == milliseconds(701));
  head.retry_after_ms = "soon";
  CHECK(wait("{}", head) == milliseconds(2000));
  const std::string info =
      R"({"error":{"code":429,"message":"no","status":"RESOURCE_EXHAUSTED","details":)"
      R"([{"@type":"type.googleapis.com/google.rpc.Help"},)"
      R"({"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"7.5s"}]}})";
  CHECK(wait(info) == milliseconds(7500));
  CHECK(wait("[" + info + "]") == milliseconds(7500));
  CHECK(wait(error("no", R"(,"metadata":{"raw":)" + json::quoted(info) + "}")) ==
        milliseconds(7500));
}

TEST_CASE("usage is read wherever it stands") {
  const std::string told = R"("usage":{"prompt_tokens":9,"completion_tokens":4})";
  const std::string last = R"({"choices":[{"delta":{},"finish_reason":"stop")";
  for (const std::string& end :
       {event(last + "}]," + told + "}") + event("[DONE]"),
        event(last + "," + told + "}]}") + event("[DONE]"),
        event(last + R"(}],"x_groq":{)" + told + "}}") + event("[DONE]"),
        event(last + "}]}") + event("[DONE]") + event(R"({"choices":[],)" + told + "}"),
        event(last + "}]," + told + "}") +
            event(R"({"choices":[],"usage":{"prompt_tokens":0,"completion_tokens":0,"cost":0}})"),
        event(last + "}]," + told + "}") + event(R"({"choices":[],"usage":{}})"),
        event(last + "}]," + told + "}") +
            event(R"({"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":0}})")}) {
    INFO(end);
    const Read got = read(text_delta("x") + end, true);
    CHECK_FALSE(got.error);
    CHECK(got.reply.usage.prompt_tokens == 9);
    CHECK(got.reply.usage.completion_tokens == 4);
  }
  const auto plain_of = [](const std::string& usage) {
    return read(R"({"choices":[{"message":{"content":"x"},"finish_reason":"stop"}],"usage":{)" +
                    usage + "}}",
                false);
  };
  const Read whole =
      plain_of(R"("prompt_tokens":10.0,"completion_tokens":1e3,"total_tokens":1.01E3)");
  CHECK(whole.reply.usage.prompt_tokens == 10);
  CHECK(whole.reply.usage.completion_tokens == 1000);
  CHECK(whole.reply.usage.total_tokens == 1010);
  CHECK(whole.reply.warnings.empty());
  const Read rounded =
      plain_of(R"("prompt_tokens":10.5,"completion_tokens":-1,"total_tokens":1e400)");
  CHECK(rounded.reply.usage.prompt_tokens == 11);
  CHECK_FALSE(rounded.reply.usage.completion_tokens);
  CHECK_FALSE(rounded.reply.usage.total_tokens);
  CHECK(
      rounded.reply.warnings ==
      std::vector<std::string>{
          "the server told -1 for completion_tokens, which cannot be right: the count is not known",
          "the server told 1e400 for total_tokens, which cannot be right: the count is not known",
          "the server told 10.5 for prompt_tokens, which is rounded"});
  CHECK(plain_of(R"("cost":{"input_tokens_cost":0.001,"total_cost":0.006})").reply.cost ==
        Amount::parse("0.006"));
  CHECK_FALSE(plain_of(R"("cost":{"usd":1})").reply.cost);
  const Usage media = plain_of(R"("prompt_tokens_details":{"audio_tokens":1,"image_tokens":2},)"
                               R"("completion_tokens_details":{"audio_tokens":3,"image_tokens":4},)"
                               R"("server_tool_use":{"web_search_requests":5})")
                          .reply.usage;
  CHECK(media.prompt_audio_tokens == 1);
  CHECK(media.prompt_image_tokens == 2);
  CHECK(media.completion_audio_tokens == 3);
  CHECK(media.completion_image_tokens == 4);
  CHECK(media.searches == 5);
}

TEST_CASE("a cost that was final is not taken back by a cost of zero") {
  const Read got = read(
      text_delta("x") + ending() +
          event(R"({"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"cost":0}})"),
      true);
  CHECK(got.reply.cost == Amount::parse("0.5"));
}

TEST_CASE("a redirect is told, with the address to which it points") {
  ResponseHead head{.status = 307};
  head.location = "https://other.example/v1";
  for (const bool has_body : {true, false}) {
    const Error error = has_body ? wire::refusal(head, std::string_view("moved"))
                                 : wire::refusal(head, std::string_view());
    CHECK(error.code == Code::not_found);
    CHECK(error.message == "the server answered 307" + std::string(has_body ? ": moved" : "") +
                               "; it points to https://other.example/v1, which wayfare does not "
                               "follow");
    CHECK(error.advice == "if you trust that address, make it the base URL");
    CHECK_FALSE(error.retryable);
  }
}
