// Figures of a server that are not believed: what it said is kept, by the name of the figure.
#include <string>
#include <vector>

#include "base/refused_figures.hpp"
#include "support/catch.hpp"
#include "support/read_answer.hpp"
#include "wire/generation.hpp"

using namespace wayfare;
using namespace answers;

namespace {

// A way in which a figure cannot be right: what the server writes, and what is kept of it.
struct Kind {
  std::string written, kept;
};
const std::vector<Kind> of_any{
    {"-1", "-1"},       {"-0.5", "-0.5"},     {"1e30", "1e30"},
    {"1e400", "1e400"}, {"\"lots\"", "lots"}, {"\"\"", ""},
    {"true", "true"},   {"[1]", "[1]"},       {"1000000000000000000", "1000000000000000000"}};
const std::vector<Kind> of_counts{
    {"1000000000001", "1000000000001"}, {"\"12\"", "12"}, {R"({"n":1})", R"({"n":1})"}};
const std::vector<Kind> of_costs{{"100000.000001", "100000.000001"}, {"\"-2\"", "-2"}};

std::vector<Kind> joined(std::vector<Kind> one, const std::vector<Kind>& other) {
  one.insert(one.end(), other.begin(), other.end());
  return one;
}

std::string kept(const std::string& name, const Kind& kind) {
  return "{" + json::quoted(name) + ":" + json::quoted(kind.kept) + "}";
}

std::string plain(const std::string& usage) {
  return R"({"id":"gen-1","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},)"
         R"("finish_reason":"stop"}],"usage":{)" +
         usage + "}}";
}

// Reads the answer plain and streamed, which must be the same.
Reply reply_to(const std::string& usage) {
  const Reply whole = read(plain(usage), false).reply;
  const Reply streamed = read(chunk(R"({"content":"Hi"})") +
                                  event(R"({"id":"gen-1","choices":[{"index":0,"delta":{},)"
                                        R"("finish_reason":"stop"}],"usage":{)" +
                                        usage + "}}") +
                                  event("[DONE]"),
                              true)
                             .reply;
  CHECK(whole.refused_figures == streamed.refused_figures);
  CHECK(whole.usage == streamed.usage);
  CHECK(whole.cost == streamed.cost);
  CHECK(whole.warnings == streamed.warnings);
  return whole;
}

bool warns_of(const Reply& reply, const std::string& name, const std::string& what) {
  for (const std::string& line : reply.warnings)
    if (line.find(" for " + name + ", which cannot be right: " + what + " is not known") !=
        line.npos)
      return true;
  return false;
}

std::string inside(const std::string& object, const std::string& member) {
  return object.empty() ? member : json::quoted(object) + ":{" + member + "}";
}

} // namespace

TEST_CASE("each count of a usage that cannot be right is kept as text, and is not known") {
  struct Figure {
    std::string object, name;
    std::optional<std::int64_t> Usage::* count;
  };
  const std::string prompt = "prompt_tokens_details", completion = "completion_tokens_details";
  const std::vector<Figure> figures{
      {"", "prompt_tokens", &Usage::prompt_tokens},
      {"", "completion_tokens", &Usage::completion_tokens},
      {"", "total_tokens", &Usage::total_tokens},
      {"", "num_search_queries", &Usage::searches},
      {prompt, "cached_tokens", &Usage::cached_tokens},
      {prompt, "cache_write_tokens", &Usage::cache_write_tokens},
      {prompt, "audio_tokens", &Usage::prompt_audio_tokens},
      {prompt, "image_tokens", &Usage::prompt_image_tokens},
      {prompt, "video_tokens", &Usage::prompt_video_tokens},
      {completion, "reasoning_tokens", &Usage::reasoning_tokens},
      {completion, "audio_tokens", &Usage::completion_audio_tokens},
      {completion, "image_tokens", &Usage::completion_image_tokens},
      {"server_tool_use", "web_search_requests", &Usage::searches},
      {"server_tool_use_details", "web_search_requests", &Usage::searches}};
  for (const Figure& figure : figures)
    for (const Kind& kind : joined(of_any, of_counts)) {
      const std::string member = json::quoted(figure.name) + ":" + kind.written;
      INFO(figure.object << " " << member);
      const Reply reply = reply_to(R"("cost":0.25,)" + inside(figure.object, member));
      const std::string name = (figure.object.empty() ? "" : figure.object + ".") + figure.name;
      CHECK(reply.refused_figures == kept(name, kind));
      CHECK_FALSE((reply.usage.*figure.count).has_value());
      CHECK(reply.cost == Amount::parse("0.25"));
      CHECK(warns_of(reply, name, "the count"));
    }
}

TEST_CASE("each cost of a usage that cannot be right is kept as text, and is not known") {
  struct Figure {
    std::string object, name, more, what;
  };
  const std::vector<Figure> figures{
      {"", "cost", "", "the cost"},
      {"cost", "total_cost", "", "the cost"},
      {"cost_details", "upstream_inference_cost", R"("cost":0.25,"is_byok":true,)",
       "the upstream cost"},
      {"cost_details", "upstream_inference_prompt_cost", R"("cost":0.25,)", "the non-token cost"},
      {"cost_details", "upstream_inference_completions_cost", R"("cost":0.25,)",
       "the non-token cost"}};
  for (const Figure& figure : figures)
    for (const Kind& kind : joined(of_any, of_costs)) {
      const std::string member = json::quoted(figure.name) + ":" + kind.written;
      INFO(figure.object << " " << member);
      const Reply reply =
          reply_to(R"("prompt_tokens":1,)" + figure.more + inside(figure.object, member));
      const std::string name = (figure.object.empty() ? "" : figure.object + ".") + figure.name;
      CHECK(reply.refused_figures == kept(name, kind));
      CHECK(warns_of(reply, name, figure.what));
      CHECK(reply.cost == (figure.more.empty() ? std::nullopt : Amount::parse("0.25")));
      CHECK_FALSE(reply.upstream_cost);
      CHECK_FALSE(reply.non_token_cost);
      CHECK(reply.usage.prompt_tokens == 1);
    }
}

TEST_CASE("figures that are right, or that the server does not tell, leave nothing") {
  for (const char* usage :
       {R"("prompt_tokens":1,"cost":0.5)", R"("prompt_tokens":null,"cost":null)",
        R"("prompt_tokens":10.0,"cost":"0.5")", R"("cost":{"total_cost":0.5,"input_cost":-1})",
        R"("cost":1,"cost_details":{"upstream_inference_cost":-1})", // it was not paid directly
        R"("prompt_tokens":1.5)", R"("cost":-0.0)", R"("speed":-1,"seconds":"many")"}) {
    INFO(usage);
    CHECK(reply_to(usage).refused_figures.empty());
  }
}

TEST_CASE("several figures are kept together, the cost first, as many as fit") {
  CHECK(reply_to(R"("prompt_tokens":-3,"completion_tokens":"x","cost":1e30)").refused_figures ==
        R"({"cost":"1e30","prompt_tokens":"-3","completion_tokens":"x"})");
  const std::string digits(300, '9');
  const Reply long_ones = reply_to(R"("prompt_tokens":)" + digits + R"(,"completion_tokens":)" +
                                   digits + R"(,"total_tokens":-1,"cost":-7)");
  json::Document read;
  REQUIRE(read.parse(long_ones.refused_figures));
  CHECK(long_ones.refused_figures.size() <= RefusedFigures::all_max);
  CHECK(read.root()["cost"].string() == "-7");
  CHECK(read.root()["prompt_tokens"].string().size() <= RefusedFigures::text_max);
  CHECK(read.root()["prompt_tokens"].string().ends_with("9…"));
  CHECK_FALSE(read.root()["completion_tokens"].exists()); // does not fit any more
  CHECK(read.root()["total_tokens"].string() == "-1");    // and this one does
  // A text is never cut: a part of a key is not found.
  const Reply texts = reply_to("\"prompt_tokens\":\"" + std::string(257, 'k') +
                               "\",\"total_tokens\":[\"" + std::string(254, 'k') +
                               "\"],\"completion_tokens\":\"" + std::string(256, 'k') + "\"");
  REQUIRE(read.parse(texts.refused_figures));
  CHECK(read.root()["prompt_tokens"].string() == "(257 bytes)");
  CHECK(read.root()["total_tokens"].string() == "(258 bytes)");
  CHECK(read.root()["completion_tokens"].string().size() == 256);
  const Reply odd = reply_to("\"cost\":\"a\\\"b\\\\\\u0001\xC3\xA9\"");
  REQUIRE(read.parse(odd.refused_figures));
  CHECK(read.root()["cost"].string() == "a\"b\\\x01\xC3\xA9");
}

TEST_CASE("a later figure of the same name takes the place of one that is not believed") {
  const auto of = [](const std::vector<std::string>& usages) {
    std::string stream = chunk(R"({"content":"Hi"})");
    for (const std::string& usage : usages)
      stream += event(R"({"id":"g","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],)"
                      R"("usage":{)" +
                      usage + "}}");
    return read(stream + event("[DONE]"), true).reply;
  };
  const std::string absurd = R"("prompt_tokens":-1,"cost":1e30)";
  Reply reply = of({absurd, R"("prompt_tokens":2,"cost":0.5)"});
  CHECK(reply.refused_figures.empty());
  CHECK(reply.warnings.empty());
  CHECK(reply.cost == Amount::parse("0.5"));
  reply = of({absurd, R"("prompt_tokens":2)"});
  CHECK(reply.refused_figures == R"({"cost":"1e30"})");
  CHECK(reply.warnings.size() == 1);
  reply = of({absurd, R"("cost":-5)"});
  CHECK(reply.refused_figures == R"({"cost":"-5","prompt_tokens":"-1"})");
  reply = of({R"("prompt_tokens":2,"cost":0.5)", R"("cost":1e30)"}); // the first was the bill
  CHECK(reply.cost == Amount::parse("0.5"));
  CHECK(reply.refused_figures == R"({"cost":"1e30"})");
  // A usage of zeros takes back nothing.
  reply = of({R"("prompt_tokens":2,"cost":1e30)", R"("prompt_tokens":0,"cost":0)"});
  CHECK(reply.refused_figures == R"({"cost":"1e30"})");
  CHECK_FALSE(reply.cost);
}

TEST_CASE("a running figure is not the bill where the last one is not believed") {
  const std::string running =
      event(R"({"id":"g","choices":[{"index":0,"delta":{"content":"w"}}],)"
            R"("usage":{"prompt_tokens":1,"completion_tokens":1,"cost":0.001}})");
  for (const std::string last : {R"("prompt_tokens":9,"completion_tokens":-2,"cost":1e30)",
                                 R"("completion_tokens":-2,"cost":1e30)"}) {
    const Reply reply =
        read(running +
                 event(R"({"id":"g","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],)"
                       R"("usage":{)" +
                       last + "}}") +
                 event("[DONE]"),
             true)
            .reply;
    CHECK_FALSE(reply.cost);
    CHECK(reply.cost_source == CostSource::none);
    CHECK_FALSE(reply.usage.completion_tokens);
    CHECK(reply.refused_figures == R"({"cost":"1e30","completion_tokens":"-2"})");
  }
}

TEST_CASE("a looked-up figure that cannot be right is kept as text") {
  const auto of = [](const std::string& members) {
    return wire::generation_of(R"({"data":{"id":"gen-1",)" + members + "}}", "gen-1");
  };
  for (const Kind& kind : joined(of_any, of_costs)) {
    INFO(kind.written);
    const auto told = of(R"("native_tokens_prompt":3,"total_cost":)" + kind.written);
    REQUIRE(told);
    CHECK_FALSE(told->billing.cost);
    CHECK(told->billing.cost_source == CostSource::none);
    CHECK(told->billing.refused_figures == kept("total_cost", kind));
    const auto byok =
        of(R"("total_cost":0,"is_byok":true,"upstream_inference_cost":)" + kind.written);
    REQUIRE(byok);
    CHECK_FALSE(byok->billing.upstream_cost);
    CHECK(byok->billing.refused_figures == kept("upstream_inference_cost", kind));
  }
  for (const char* count : {"native_tokens_prompt", "native_tokens_completion",
                            "native_tokens_cached", "native_tokens_reasoning"})
    for (const Kind& kind : joined(of_any, of_counts)) {
      const auto told = of(R"("total_cost":0.5,)" + json::quoted(count) + ":" + kind.written);
      REQUIRE(told);
      CHECK(told->billing.cost == Amount::parse("0.5"));
      CHECK(told->billing.refused_figures == kept(count, kind));
    }
  CHECK_FALSE(of(R"("total_cost":null)"));
  CHECK_FALSE(of(R"("native_tokens_prompt":-1)"));
  CHECK(of(R"("total_cost":0.5)")->billing.refused_figures.empty());
}
