// Members of a body that may cost more than their bytes, in forms that the API does not have: they
// have no bound, since nobody knows what a server makes of them.
#include <string>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/json_text.hpp"
#include "select/catalogue.hpp"
#include "select/ranking.hpp"
#include "support/catch.hpp"
#include "wire/read_needs.hpp"

using namespace wayfare;

namespace {

// "bounded", or the part of the body that has no bound.
std::string part_of(const std::string& members) {
  json::Document document;
  const std::string body = "{" + members + "}";
  INFO(body);
  REQUIRE(document.parse(body));
  const Model model{
      .id = "a/one",
      .context_tokens = 8000,
      .completion_tokens_max = 1000,
      .prices = {.prompt = Price::parse("0.000001"), .completion = Price::parse("0.000002")}};
  const auto bound = select::bound_of(wire::needs_of(document), model.id, &model, {});
  return bound.amount ? "bounded" : bound.unbounded;
}

std::string beside(const std::string& member) {
  return part_of(R"("messages":[{"role":"user","content":"hi"}],)" + member);
}
std::string message(const std::string& members) {
  return part_of(R"("messages":[{"role":"user",)" + members + "}]");
}

} // namespace

TEST_CASE("a member in a form that is not understood has no bound") {
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
           {"tools", R"("openrouter:web_search")"},
           {"tools", "true"},
           {"tool_choice", R"("openrouter:web_search")"},
           {"tool_choice", "1"},
           {"modalities", R"("image")"},
           {"modalities", R"({"a":"image"})"},
           {"reasoning", R"("high")"},
           {"reasoning", R"([{"max_tokens":100000}])"},
           {"thinking", "true"},
           {"prompt", R"({"id":"p"})"}}) {
    INFO(name << " " << value);
    CHECK(beside(json::quoted(name) + ":" + value) == name + ", in a form that is not understood");
  }
  CHECK(part_of(R"("messages":{"role":"user","content":[{"type":"image_url"}]})") ==
        "messages, in a form that is not understood");
  for (const char* content : {R"({"type":"image_url","image_url":{"url":"https://a/b"}})", "7"})
    CHECK(message(std::string(R"("content":)") + content) ==
          "content, in a form that is not understood");
  for (const char* usual :
       {R"("tools":[])", R"("tool_choice":"none")", R"("tool_choice":"required")",
        R"("tool_choice":"any")", R"("modalities":["text"])", R"("reasoning":{"effort":"high"})",
        R"("reasoning":null)", R"("thinking":{"type":"disabled"})", R"("tools":null)",
        R"("prompt":"x")"})
    CHECK(beside(usual) == "bounded");
  CHECK(message(R"("content":null)") == "bounded");
}

TEST_CASE("media beside the text of a part or of a message has no bound") {
  const std::string url = R"({"url":"https://a/b"})";
  for (const auto& [name, modality] :
       std::vector<std::pair<std::string, std::string>>{{"image_url", "image"},
                                                        {"images", "image"},
                                                        {"files", "file"},
                                                        {"attachments", "file"},
                                                        {"document", "file"},
                                                        {"input_audio", "audio"},
                                                        {"audio_url", "audio"},
                                                        {"videos", "video"},
                                                        {"video_url", "video"}}) {
    INFO(name);
    const std::string member = json::quoted(name) + ":" + url;
    CHECK(message(R"("content":"hi",)" + member) == modality + " input");
    CHECK(message(R"("content":[{"type":"text","text":"hi",)" + member + "}]") ==
          modality + " input");
    CHECK(message(R"("content":"hi",)" + json::quoted(name) + ":null") == "bounded");
  }
  CHECK(message(R"("content":[{"type":"text","text":"image_url"}])") == "bounded");
}

TEST_CASE("a price that cannot be read is not taken for none") {
  const auto part = [](const std::string& prices) {
    const auto list =
        select::Catalogue::parse(R"({"data":[{"id":"a/one","context_length":8000,"pricing":)"
                                 R"({"prompt":"0.000001","completion":"0.000002")" +
                                 prices + "}}]}");
    REQUIRE(list.ok());
    json::Document body;
    REQUIRE(body.parse(R"({"messages":[],"max_tokens":10})"));
    const auto bound = select::bound_of(wire::needs_of(body), "a/one", list->find("a/one"), {});
    return bound.amount ? "bounded" : bound.unbounded;
  };
  for (const char* name : {"request", "internal_reasoning", "input_cache_read", "input_cache_write",
                           "input_cache_write_1h", "audio", "image", "web_search"})
    for (const char* value : {R"("-1")", "-1", R"("lots")", "true", R"(["1"])", R"("1e30")"}) {
      INFO(name << " " << value);
      CHECK(part(std::string(",") + json::quoted(name) + ":" + value) ==
            "a price of a/one that is not understood");
    }
  for (const char* odd : {R"({"prompt":"1"})", R"("x")", "7"})
    CHECK(part(std::string(R"(,"overrides":)") + odd) == "a price of a/one that is not understood");
  for (const char* usual : {R"(,"request":"0")", R"(,"request":null)", R"(,"request":"")",
                            R"(,"request":"0.001")", R"(,"overrides":[])", R"(,"overrides":null)"})
    CHECK(part(usual) == "bounded");
}

TEST_CASE("the limits of the reasoning are in the bound, under each of their names") {
  const auto amount = [](const std::string& member) {
    json::Document document;
    const std::string body = R"({"messages":[],"max_tokens":10)" + member + "}";
    REQUIRE(document.parse(body));
    return wire::needs_of(document).more_completion_tokens;
  };
  CHECK(amount("") == 0);
  for (const char* member :
       {R"(,"reasoning":{"max_tokens":700})", R"(,"reasoning":{"budget_tokens":700})",
        R"(,"thinking":{"budget_tokens":700})", R"(,"thinking":{"max_tokens":700})",
        R"(,"thinking_budget":700)", R"(,"reasoning_budget":700)"}) {
    INFO(member);
    CHECK(amount(member) == 700);
  }
  CHECK(beside(R"("thinking_budget":7.5)") ==
        "the limit of the reasoning, which is not a whole number");
}

TEST_CASE("searches and servers of others have no bound") {
  CHECK(beside(R"("web_search":true)") == "web_search");
  CHECK(beside(R"("connectors":[{"id":"web-search"}])") == "connectors");
  CHECK(beside(R"("enable_search":true)") == "enable_search");
  for (const char* off : {R"("web_search":false)", R"("enable_search":false)"})
    CHECK(beside(off) == "bounded");
  CHECK(beside(R"("mcp_servers":[{"url":"https://a"}])") == "mcp_servers");
}
