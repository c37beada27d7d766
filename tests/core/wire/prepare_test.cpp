// Requests made ready: the caller's bytes stay, what is added is named, and what cannot be used is
// refused by name.

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/json_text.hpp"
#include "support/catch.hpp"
#include "support/environment.hpp"
#include "wire/prepare.hpp"

using namespace wayfare;
using wire::Prepared;
using Added = std::vector<std::string>;

namespace {

struct To {
  bool stream = false;
  bool openrouter = true;
};

Request with_body(std::string body) {
  Request request;
  request.body = std::move(body);
  return request;
}

Server server_of(bool openrouter) { return openrouter ? openrouter_server() : openai_server(); }

std::string body_of(const wire::Prepared& prepared, std::size_t model) {
  const wire::Body body = prepared.body_of(prepared.source, prepared.models[model], {});
  CHECK((body.source() == prepared.source)); // what was inserted can be taken out again
  return *body.text;
}
std::vector<std::string> added(const wire::Prepared& prepared) {
  return prepared.added_for(prepared.models.front(), {});
}

// The body that is sent, with what was added behind it: "{…} model stream".
std::string sent(Request request, To to = {}) {
  const auto prepared = wire::prepare(std::move(request), to.stream, server_of(to.openrouter));
  if (!prepared.ok()) return "refused: " + prepared.error().message;
  CHECK(prepared->streamed == to.stream);
  CHECK(json::Document().parse(body_of(*prepared, 0)));
  std::string out = body_of(*prepared, 0);
  for (const auto& name : added(*prepared)) out += " " + name;
  return out;
}
std::string sent(const std::string& body, To to = {}) { return sent(with_body(body), to); }

// What is wrong with a request, and that it is told as it should be; "" where nothing is.
std::string fault(const Request& request, To to = {}, Code code = Code::invalid) {
  const auto prepared = wire::prepare(Request(request), to.stream, server_of(to.openrouter));
  if (prepared.ok()) return "";
  CHECK(prepared.error().code == code);
  CHECK_FALSE(prepared.error().retryable);
  CHECK(prepared.error().status == 0);
  CHECK(json::is_utf8(prepared.error().message));
  CHECK(prepared.error().message.find('\n') == std::string::npos);
  return prepared.error().message;
}
std::string fault(const std::string& body, To to = {}) { return fault(with_body(body), to); }

bool tells(const std::string& message, std::string_view what) {
  return message.find(what) != std::string::npos;
}

constexpr To stream{.stream = true}, other{.openrouter = false},
    other_stream{.stream = true, .openrouter = false};

} // namespace

TEST_CASE("a body that names all it needs is sent byte for byte") {
  for (const std::string body :
       {R"({"model":"m","messages":[]})",
        "  {\n\t\"model\" : \"m\" ,\r\n \"temperature\":1.00e-0 , \"x\":\"\\u0041\\/é\" }\n\n ",
        R"({"stream":false,"model":"m"})", R"({"stream":null,"model":"m"})"}) {
    CHECK(sent(body) == body);
    CHECK(sent(body, other) == body);
  }
}

TEST_CASE("what is missing is added at the end, and named") {
  CHECK(sent(R"({"messages":[]})") == R"({"messages":[],"model":"openai/gpt-4o-mini"} model)");
  CHECK(sent(R"({"messages":[]})", stream) ==
        R"({"messages":[],"model":"openai/gpt-4o-mini","stream":true} model stream)");
  CHECK(sent(R"({"model":"m"})", stream) == R"({"model":"m","stream":true} stream)");
  CHECK(sent(R"({"model":"m","stream":true})", stream) == R"({"model":"m","stream":true})");
  CHECK(sent(R"({"model":"m"})", other_stream) ==
        R"({"model":"m","stream":true,"stream_options":)"
        R"({"include_usage":true}} stream stream_options)");
  CHECK(sent("{}") == R"({"model":"openai/gpt-4o-mini"} model)");
  CHECK(sent("{}", stream) == R"({"model":"openai/gpt-4o-mini","stream":true} model stream)");
  CHECK(sent(" \r\n{ \t\n }\n ", stream) ==
        " \r\n{ \t\n \"model\":\"openai/gpt-4o-mini\",\"stream\":true}\n  model stream");
  CHECK(sent("{\"a\":1\n}", stream) ==
        "{\"a\":1\n,\"model\":\"openai/gpt-4o-mini\",\"stream\":true} model stream");
}

TEST_CASE("the model comes from the body, or from the route, or is the default") {
  Request request = with_body(R"({"messages":[]})");
  request.route.model = "a/\"b\"";
  CHECK(sent(request) == R"({"messages":[],"model":"a/\"b\""} model)");
  CHECK(wire::prepare(Request(request), false, openrouter_server())->models.front() == "a/\"b\"");
  CHECK(wire::prepare(with_body(R"({"model":"x/\u0079"})"), false, openrouter_server())
            ->models.front() == "x/y");
  CHECK(wire::prepare(with_body("{}"), false, openrouter_server())->models.front() ==
        default_model);
  request.body = R"({"model":"m"})";
  CHECK(tells(fault(request), "model"));
  CHECK(tells(fault(request), "route.model"));
  request.route.model = "m"; // the same one is named twice all the same
  CHECK_FALSE(fault(request).empty());
}

TEST_CASE("a list of models or a preset leaves the choice to the server") {
  for (const std::string body : {R"({"models":["a","b"]})", R"({"preset":"p"})"}) {
    CHECK(sent(body) == body);
    CHECK(wire::prepare(with_body(body), false, openrouter_server())->models.front().empty());
  }
  Request request = with_body(R"({"models":["a","b"]})");
  request.route.model = "m";
  CHECK(sent(request) == R"({"models":["a","b"],"model":"m"} model)");
  CHECK(sent(R"({"model":"m","models":["a"]})") == R"({"model":"m","models":["a"]})");
}

TEST_CASE("a model that is no text is refused") {
  for (const char* model : {"1", "true", "[]", "{}", "[\"a\"]"})
    CHECK(tells(fault("{\"model\":" + std::string(model) + "}"), "model"));
  CHECK(tells(fault(R"({"model":"a\u0000b"})"), "model"));
  CHECK(fault("{\"model\":\"" + std::string(128, 'm') + "\"}").empty());
  CHECK(tells(fault("{\"model\":\"" + std::string(129, 'm') + "\"}"), "model"));
}

TEST_CASE("a body's own stream is kept where it agrees, and refused where it doesn't") {
  CHECK(sent(R"({"model":"m","stream":true})", stream) == R"({"model":"m","stream":true})");
  CHECK(tells(fault(R"({"model":"m","stream":true})"), "stream"));
  for (const char* value : {"false", "1", "\"true\"", "{}"}) {
    CHECK(
        tells(fault("{\"model\":\"m\",\"stream\":" + std::string(value) + "}", stream), "stream"));
    // the server's matter
    CHECK(fault("{\"model\":\"m\",\"stream\":" + std::string(value) + "}").empty());
  }
}

TEST_CASE("other servers are asked for usage in streams, whatever the body has of it") {
  const std::string usage = "\"include_usage\":true";
  CHECK(sent(R"({"model":"m","stream_options":{}})", other_stream) ==
        R"({"model":"m","stream_options":{)" + usage +
            R"(},"stream":true} stream stream_options.include_usage)");
  CHECK(sent(R"({"stream_options":{ "x":[1] },"model":"m"})", other_stream) ==
        R"({"stream_options":{ "x":[1] ,)" + usage +
            R"(},"model":"m","stream":true} stream stream_options.include_usage)");
  CHECK(sent("{\"stream_options\":{ \n} }", other_stream) ==
        "{\"stream_options\":{ \n" + usage +
            "} ,\"model\":\"openai/gpt-4o-mini\",\"stream\":true} model stream "
            "stream_options.include_usage");
  CHECK(sent(R"({"stream_options":{"x":1},"stream":true,"model":"m"})", other_stream) ==
        R"({"stream_options":{"x":1,)" + usage +
            R"(},"stream":true,"model":"m"} stream_options.include_usage)");
  // A value of the caller's is never replaced.
  for (const char* value : {"true", "false"}) {
    const std::string body = R"({"model":"m","stream":true,"stream_options":{"include_usage":)" +
                             std::string(value) + "}}";
    CHECK(sent(body, other_stream) == body);
  }
  // Nobody else is asked.
  CHECK(sent(R"({"model":"m","stream_options":{}})", stream) ==
        R"({"model":"m","stream_options":{},"stream":true} stream)");
  CHECK(sent(R"({"model":"m","stream_options":{}})", other) ==
        R"({"model":"m","stream_options":{}})");
}

TEST_CASE("a body that is no JSON object is refused, without its text") {
  for (const std::string body :
       {"", " ", "null", "[]", "\"text\"", "1", "{", "{}}", "{} {}", "{\"a\":}", "{'model':'m'}",
        "{\"secret\":\"\xFF\"}", "\xEF\xBB\xBF{}", "{\"secret\":\"\\ud800\"}"}) {
    INFO(body);
    const std::string told = fault(body);
    CHECK(tells(told, "the body is not"));
    CHECK_FALSE(tells(told, "secret"));
  }
  CHECK(tells(fault(std::string("{}\0", 3)), "the body is not JSON"));
}

TEST_CASE("a body may be 128 levels deep and no deeper") {
  const auto deep = [](int levels) {
    return "{\"a\":" + std::string(levels - 1, '[') + std::string(levels - 1, ']') + "}";
  };
  CHECK(fault(deep(128)).empty());
  CHECK(tells(fault(deep(129)), "128"));
}

TEST_CASE("a body may be 64 MiB long and no longer") {
  std::string body = R"({"model":"m","x":")" + std::string(std::size_t{64} << 20, 'x');
  body.resize((std::size_t{64} << 20) - 2);
  body += "\"}";
  const auto prepared = wire::prepare(with_body(body), false, openrouter_server());
  REQUIRE(prepared.ok());
  CHECK((body_of(*prepared, 0) == body));
  CHECK(tells(fault(body + " "), "64 MiB"));
}

TEST_CASE("a message to the model is written so that it reads as itself") {
  for (const std::string text : {"Hello", "", "\"quoted\" and \\ \n\r\t\b", "é漢😀",
                                 "{\"not\":\"markup\"}", "\xE2\x80\xA8"}) {
    json::Document document;
    const std::string body = user_message(text);
    REQUIRE(document.parse(body));
    const json::Value messages = document.root()["messages"];
    CHECK(messages.size() == 1);
    CHECK(messages.first()["role"].string() == "user");
    CHECK(messages.first()["content"].string() == text);
    CHECK(fault(body).empty());
  }
  CHECK(user_message("Hi") == R"({"messages":[{"role":"user","content":"Hi"}]})");
}

TEST_CASE("a message that is not UTF-8 is refused before it is sent, whatever else it says") {
  for (const std::string text :
       {"\xFF",
        "Gr\xFC\xDF"
        "e",
        "a\xC3", "\xED\xA0\x80", "{\"messages\":\"\xFF\"}", "{}\xFF", "{\"a\":1}\xC3"}) {
    CHECK(tells(fault(user_message(text)), "the body is not JSON"));
  }
}

TEST_CASE(
    "each model of the route has a body of its own, the caller's bytes and all that is added") {
  Request request = with_body(R"({"messages":[], "stream_options":{}})");
  request.route.models = {"a/b", "c/\"d\""};
  const auto prepared = wire::prepare(Request(request), true, openai_server());
  REQUIRE(prepared);
  CHECK(prepared->models == request.route.models);
  CHECK(body_of(*prepared, 0) ==
        R"({"messages":[], "stream_options":{"include_usage":true},"model":"a/b","stream":true})");
  CHECK(body_of(*prepared, 1) ==
        R"({"messages":[], "stream_options":{"include_usage":true},"model":"c/\"d\"",)"
        R"("stream":true})");
  CHECK(added(*prepared) ==
        std::vector<std::string>{"model", "stream", "stream_options.include_usage"});
}

TEST_CASE("a route that cannot be taken is refused by name") {
  const auto refused = [](const std::string& body, auto change) {
    Request request = with_body(body);
    change(request.route);
    return fault(request);
  };
  const std::string bare = R"({"messages":[]})";
  CHECK(tells(refused(bare, [](Route& route) { route.models = {"a", ""}; }), "route.models"));
  CHECK(tells(refused(bare, [](Route& route) { route.models = {"a", "b", "a"}; }), "twice"));
  CHECK(tells(refused(bare, [](Route& route) { route.models = {std::string(129, 'x')}; }),
              "128 bytes"));
  CHECK(tells(refused(bare, [](Route& route) { route.models.assign(33, "x"); }), "32 models"));
  std::string names = "\"m\"";
  for (int more = 0; more < 32; ++more) names += ",\"m\"";
  CHECK(tells(refused("{\"models\":[" + names + "]}", [](Route&) {}),
              "the body's models has more than 32"));
  CHECK(tells(refused(bare, [](Route& route) { route.models = {"a"}, route.model = "b"; }),
              "name them once"));
  CHECK(tells(refused(R"({"model":"m"})", [](Route& route) { route.models = {"a"}; }),
              "route.models"));
  CHECK(tells(refused(R"({"models":["m"]})", [](Route& route) { route.models = {"a"}; }),
              "route.models"));
  CHECK(tells(refused(bare, [](Route& route) { route.retries = -1; }), "route.retries"));
  CHECK(tells(refused(bare, [](Route& route) { route.retries = 11; }), "route.retries"));
  CHECK(tells(refused(bare, [](Route& route) { route.max_cost = Amount{0}; }), "route.max_cost"));
}

TEST_CASE("without what was inserted a body is the caller's, and every result is JSON") {
  const std::uint64_t seed = number_from("WAYFARE_SEED", std::random_device()());
  std::printf("request: WAYFARE_SEED=%llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 engine(seed);
  const auto any = [&](const std::vector<std::string>& of) { return of[engine() % of.size()]; };
  const auto blank = [&] { return any({"", "", " ", "\n", "\t\r\n ", "   "}); };
  json::Document before, after;
  for (int left = 20'000; left > 0; --left) {
    std::string body = blank() + "{" + blank();
    const auto members = engine() % 6;
    for (std::size_t at = 0; at < members; ++at) {
      body += (at ? "," : "") + blank() +
              any({R"("messages")", R"("stream_options")", R"("stream_options")", R"("a")",
                   R"("b\"}")", R"("str\u0065am")", R"("model")", R"("models")"}) +
              blank() + ":" + blank() +
              any({"1.50", "true", "{}", "{ }", "[{}]", R"({"x":{"include_usage":1}})",
                   R"({"include_usage" : false})", R"("}{,\"")", "null"}) +
              blank();
    }
    body += "}" + blank();
    const bool streamed = engine() % 2 == 0, openrouter = engine() % 2 == 0;
    const auto prepared = wire::prepare(with_body(body), streamed, server_of(openrouter));
    REQUIRE(before.parse(body));
    if (!prepared.ok()) { // only for these
      const json::Value model = before.root()["model"], wanted = before.root()["stream"];
      const bool bad_model = model.exists() && !model.is_null() && !model.is_string();
      const bool bad_stream =
          streamed ? wanted.exists() && !wanted.is_null() && !wanted.is_true() : wanted.is_true();
      if (!before.repeated_name() && !bad_model && !bad_stream)
        FAIL(body << ": " << prepared.error().message);
      continue;
    }
    CHECK_FALSE(before.repeated_name());
    const std::string sent = body_of(*prepared, 0);
    if (!after.parse(sent)) FAIL(sent << ": " << after.error());
    const json::Value root = after.root();
    for (const auto& name : added(*prepared))
      if (!(name == "stream_options.include_usage" ? root["stream_options"]["include_usage"]
                                                   : root[name])
               .exists())
        FAIL(name << " in " << sent);
    if (streamed && !root["stream"].is_true()) FAIL("no stream: " << sent);
    const bool is_null = before.root()["stream_options"].is_null();
    CHECK(prepared->usage_unasked == (is_null && streamed && !openrouter));
    if (is_null) CHECK_FALSE(root["stream_options"].exists());
    if (!streamed || openrouter || is_null)
      for (const auto& name : added(*prepared)) CHECK_FALSE(tells(name, "stream_options"));

    // A member that was added is there once, others are as they were.
    if (after.repeated_name()) FAIL("a name twice: " << sent);
    const auto names = added(*prepared);
    std::size_t size = before.root().size();
    for (const auto& name : names)
      if (name.find('.') == name.npos && !before.root()[name].exists()) ++size;
    CHECK(root.size() == size - (is_null ? 1 : 0));
    for (json::Value member = before.root().first(); member.exists(); member = member.next()) {
      const bool is_added = std::ranges::find(names, member.key()) != names.end();
      if (is_added ? !member.is_null()
                   : member.key() != "stream_options" && root[member.key()].raw() != member.raw())
        FAIL(body << " became " << sent);
    }
  }
}

TEST_CASE("a name that is given twice in one object is refused by name, at any depth") {
  CHECK(tells(fault(R"({"max_tokens":10,"messages":[],"max_tokens":100000})"),
              "\"max_tokens\" twice"));
  CHECK(tells(fault(R"({"messages":[],"max_tokens":1,"max\u005ftokens":9})"), "twice"));
  CHECK(tells(fault(R"({"provider":{"max_price":{"prompt":1,"prompt":9}}})"), "\"prompt\" twice"));
  CHECK(tells(fault(R"({"messages":[{"role":"user","content":[{"type":"text","type":"file"}]}]})"),
              "\"type\" twice"));
  std::string many = "{";
  for (int at = 0; at < 40; ++at) many += "\"k" + std::to_string(at) + "\":1,";
  CHECK(fault(many + R"("messages":[]})").empty());
  CHECK(tells(fault(many + R"("k7":2})"), "\"k7\" twice"));
  CHECK(fault(R"({"messages":[{"a":1},{"a":1}],"a":1})").empty()); // of different objects
}

TEST_CASE("what is added takes the place of a null, which counts as left out") {
  CHECK(sent(R"({"model":null,"messages":[]})") ==
        R"({"model":"openai/gpt-4o-mini","messages":[]} model)");
  CHECK(sent(R"({"stream": null ,"model":"m"})", stream) ==
        R"({"stream": true ,"model":"m"} stream)");
  CHECK(sent(R"({"stream":null,"model":"m"})") == R"({"stream":null,"model":"m"})");
  CHECK(sent(R"({"models":null,"preset":null})") ==
        R"({"models":null,"preset":null,"model":"openai/gpt-4o-mini"} model)");
  CHECK(sent(R"({"model":"m","stream":true,"stream_options":{"include_usage":null}})",
             other_stream) ==
        R"({"model":"m","stream":true,"stream_options":{"include_usage":true}} )"
        R"(stream_options.include_usage)");
  const wire::Caps caps{.max_price = {{"prompt", "\"1\""}, {"completion", "\"2\""}},
                        .completion_tokens = 7};
  const auto limited = [&](const std::string& body) {
    const auto prepared = wire::prepare(with_body(body), false, openrouter_server()).value();
    const wire::Body made = prepared.body_of(prepared.source, "m", caps);
    CHECK(made.source() == body);
    return *made.text;
  };
  CHECK(limited(R"({"model":"m","max_completion_tokens":null,"provider":null})") ==
        R"({"model":"m","max_completion_tokens":7,)"
        R"("provider":{"max_price":{"prompt":"1","completion":"2"}}})");
  CHECK(limited(R"({"model":"m","provider":{"max_price":null}})") ==
        R"({"model":"m","provider":{"max_price":{"prompt":"1","completion":"2"}},)"
        R"("max_completion_tokens":7})");
  CHECK(limited(R"({"model":"m","provider":{"max_price":{"completion":null}}})") ==
        R"({"model":"m","provider":{"max_price":{"completion":"2","prompt":"1"}},)"
        R"("max_completion_tokens":7})");
}

TEST_CASE("a price limit of the caller's that cannot be read is refused by name") {
  const auto with = [](const std::string& price) {
    return R"({"model":"m","provider":{"max_price":{"prompt":)" + price + "}}}";
  };
  for (const char* good : {"null", "1", "\"1.5\"", "1e3", "\"1e-06\"", "0"})
    CHECK(fault(with(good)).empty());
  for (const char* bad : {"-1", "\"\"", "\"x\"", "true", "{}", "\"-0.5\"", "1e999"})
    CHECK(tells(fault(with(bad)), "provider.max_price.\"prompt\""));
}
