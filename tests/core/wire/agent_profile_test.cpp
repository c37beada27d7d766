// What a call takes from the profile of its agent: the caller's bytes stay, the call's own parts go
// before, what is added is named, and the needs are those of the body that is sent.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "support/catch.hpp"
#include "support/environment.hpp"
#include "wire/agent_profile.hpp"
#include "wire/defaults.hpp"
#include "wire/read_needs.hpp"

using namespace wayfare;

namespace {

constexpr const char* hello = R"({"messages":[{"role":"user","content":"Hello"}]})";

Agent support(Profile profile) {
  return {.name = "support", .version = 3, .profile = std::move(profile)};
}

Profile whole() {
  return {.defaults = {.model = "a/one", .max_tokens = 50},
          .parameters = R"({"temperature":0.2,"provider":{"sort":"price"},"top_p":null})",
          .tools = R"([{"type":"function","function":{"name":"find"}}])",
          .system = "Be kind."};
}

struct Sent {
  std::string body, fault;
  std::vector<std::string> added;
  Needs needs;
};

// `caps`: what a plan adds.
Sent sent(const std::string& body, const Profile& profile, const wire::Caps& caps = {}) {
  const auto read = wire::read_profile(support(profile));
  if (!read) return {.fault = read.error().message};
  Request request{.body = body};
  if (auto refused = wire::take_defaults(request, {}, &(*read)->defaults))
    return {.fault = refused->message};
  const auto prepared =
      wire::prepare(std::move(request), std::nullopt, openrouter_server(), read->get());
  if (!prepared) return {.fault = prepared.error().message};
  const std::string model = prepared->models.front();
  const wire::Body made = prepared->body_of(prepared->source, model, caps);
  CHECK(made.source() == body); // what was inserted can be taken out again
  CHECK(json::Document().parse(*made.text));
  return {*made.text, "", prepared->added_for(model, caps), prepared->needs};
}

using Names = std::vector<std::string>;

Needs needs_of(const std::string& body) {
  json::Document document;
  REQUIRE(document.parse(body));
  return wire::needs_of(document);
}

std::string fault_of(Profile profile) {
  const auto refused = wire::judge_profile(profile);
  return refused ? refused->message : "";
}
std::string fault_of_parameters(const std::string& json) { return fault_of({.parameters = json}); }

} // namespace

TEST_CASE("a call takes from its agent what it leaves out", "[agents]") {
  const Sent all = sent(hello, whole());
  CHECK(all.fault.empty());
  CHECK(all.body ==
        R"({"messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"Hello"}])"
        R"(,"model":"a/one","tools":[{"type":"function","function":{"name":"find"}}])"
        R"(,"temperature":0.2,"max_tokens":50,"provider":{"sort":"price"}})");
  CHECK(all.added ==
        Names{"model", "messages[0]", "tools", "temperature", "provider", "max_tokens"});
  CHECK(sent(R"({ "messages" : [ ] })", {.system = "S"}).body ==
        R"({ "messages" : [{"role":"system","content":"S"} ] ,"model":"openai/gpt-4o-mini"})");
  CHECK(sent(hello, {}).added == Names{"model"});
}

TEST_CASE("the call's own parts go before those of its agent", "[agents]") {
  for (const char* own : {"system", "developer"}) {
    const std::string body = R"({"messages":[{"role":")" + std::string(own) +
                             R"(","content":"Mine"},{"role":"user","content":"Hello"}],)"
                             R"("model":"b/two","tools":[],"temperature":1,"max_tokens":7,)"
                             R"("provider":{}})";
    const Sent mine = sent(body, whole());
    CHECK(mine.body == body);
    CHECK(mine.added == Names{});
  }
  // max_completion_tokens means the same. A null counts as left out.
  const Sent other =
      sent(R"({"messages":[],"max_completion_tokens":9,"temperature":null})",
           {.defaults = {.model = "m", .max_tokens = 5}, .parameters = R"({"temperature":0})"});
  CHECK(other.body == R"({"messages":[],"max_completion_tokens":9,"temperature":0,"model":"m"})");
  // A system message in the middle is a part of the conversation.
  const Sent middle =
      sent(R"({"messages":[{"role":"user"},{"role":"system"}],"model":"m"})", {.system = "S"});
  CHECK(middle.added == Names{"messages[0]"});
}

TEST_CASE("limits of a plan go into the provider object of the agent", "[agents]") {
  const wire::Caps caps{.max_price = {{"prompt", "\"1\""}}};
  const auto provider = [&](const std::string& parameters, const std::string& body) {
    const Sent made = sent(body, {.defaults = {.model = "m"}, .parameters = parameters}, caps);
    json::Document document;
    REQUIRE(document.parse(made.body));
    CHECK(std::ranges::count(made.added, "provider.max_price") == 1);
    return std::string(document.root()["provider"].raw());
  };
  CHECK(provider(R"({"provider":{"order":["A}"]}})", hello) ==
        R"({"order":["A}"],"max_price":{"prompt":"1"}})");
  CHECK(provider(R"({"provider":{ }})", hello) == R"({ "max_price":{"prompt":"1"}})");
  CHECK(
      provider(R"({"provider":{"zdr":true}})", R"({"messages":[],"provider":{"sort":"price"}})") ==
      R"({"sort":"price","max_price":{"prompt":"1"}})");
  CHECK(provider(R"({"provider":{"zdr":true}})", R"({"messages":[],"provider":null})") ==
        R"({"zdr":true,"max_price":{"prompt":"1"}})");
}

TEST_CASE("the needs of a call are those of the body that is sent", "[agents]") {
  const std::vector<std::string> bodies{
      hello, R"({"messages":[]})", R"({"messages":[{"role":"system","content":"Mine"}]})",
      R"({"messages":[],"tools":[{"type":"web_search"}],"n":3})",
      R"({"messages":[],"provider":{"require_parameters":false}})"};
  const std::vector<Profile> profiles{
      whole(),
      {},
      {.parameters = R"({"provider":{"require_parameters":true},"seed":1,"n":2})"},
      {.parameters =
           R"({"reasoning":{"max_tokens":100},"response_format":{"type":"json_object"}})"},
      {.parameters = R"({"plugins":[{"id":"web"}]})", .system = "One, two and \"three\"."},
      {.parameters = R"({"cache_control":{"type":"ephemeral"}})",
       .tools = R"([{"type":"function","function":{"name":"a"}},{"type":"code"}])"}};
  for (const std::string& body : bodies)
    for (const Profile& profile : profiles) {
      CAPTURE(body, profile.parameters, profile.tools);
      const Sent made = sent(body, profile);
      REQUIRE(made.fault.empty());
      const Needs right = needs_of(made.body);
      CHECK(made.needs.prompt_bytes == right.prompt_bytes);
      CHECK(made.needs.hidden_tokens == right.hidden_tokens);
      CHECK(made.needs.completion_tokens == right.completion_tokens);
      CHECK(made.needs.more_completion_tokens == right.more_completion_tokens);
      CHECK(made.needs.answers == right.answers);
      CHECK(made.needs.strict == right.strict);
      CHECK(made.needs.unbounded.empty() == right.unbounded.empty());
      CHECK((made.needs.caches || !right.caches)); // may be more careful
      auto parameters = made.needs.parameters, those = right.parameters;
      std::ranges::sort(parameters);
      std::ranges::sort(those);
      CHECK(parameters == those);
    }
}

TEST_CASE("a profile that no call could use is refused by name", "[agents]") {
  CHECK(fault_of(whole()).empty());
  CHECK(fault_of({}).empty());
  for (const char* name : {"model", "models", "preset", "messages", "prompt", "tools", "max_tokens",
                           "max_completion_tokens", "stream", "stream_options"})
    CHECK(fault_of_parameters("{\"" + std::string(name) + "\":null}") ==
          "parameters of an agent has " + std::string(name));
  CHECK(fault_of_parameters("[]") == "parameters of an agent is not a JSON object");
  CHECK(fault_of_parameters("{\"a\":{\"b\":1,\"b\":2}}") ==
        "an object in parameters has \"b\" twice");
  CHECK(fault_of_parameters("{\"provider\":[]}") ==
        "parameters.provider of an agent is not an object");
  CHECK(fault_of_parameters("{\"provider\":{\"max_price\":{}}}") ==
        "parameters.provider of an agent has max_price");
  CHECK(fault_of({.tools = "{}"}) == "tools of an agent is not a JSON list");
  CHECK(fault_of({.system = "\xFF"}) == "system of an agent is not UTF-8 text");
  CHECK(fault_of({.system = std::string((std::size_t{256} << 10) + 1, 'x')}) ==
        "system of an agent has more than 256 KiB");
  CHECK(fault_of({.system = std::string(std::size_t{256} << 10, 'x')}).empty());
  CHECK(fault_of({.system = "a", .system_file = "/b"}) ==
        "an agent has both system and system_file: give one of them");
  CHECK(fault_of({.system_file = "b"}) == "system_file of an agent is not an absolute path");
  CHECK(fault_of({.tags = {"a", "a"}}) == "tags of an agent has \"a\" twice");
  CHECK(fault_of({.defaults = {.charge_to = {.agent = "a"}}}) == "charge_to of an agent has agent");
  CHECK(fault_of({.defaults = {.max_tokens = 0}}) == "max_tokens is not 1 to 2147483647");
  std::string deep = "0"; // a body has at most 128 levels, and one is its own
  for (int level = 0; level < 127; ++level) deep = "[" + deep + "]";
  CHECK(fault_of({.tools = deep}).empty());
  CHECK(fault_of_parameters("{\"a\":" + deep + "}").empty());
  CHECK_FALSE(fault_of({.tools = "[" + deep + "]"}).empty());
  CHECK_FALSE(fault_of_parameters("{\"a\":[" + deep + "]}").empty());
}

TEST_CASE("a system prompt needs a list of messages", "[agents]") {
  for (const char* body : {"{}", R"({"messages":null})", R"({"messages":"Hello"})"})
    CHECK(
        sent(body, {.system = "S"}).fault ==
        "the body's messages is not a list, to which the system prompt of the agent can be added");
}

TEST_CASE("a call of an agent is charged to no other one", "[agents]") {
  ChargeTo to{.app = "web"};
  CHECK_FALSE(wire::charge_agent(to, "support"));
  CHECK(to.agent == "support");
  CHECK_FALSE(wire::charge_agent(to, "support"));
  CHECK(wire::charge_agent(to, "sales")->code == Code::invalid);
}
