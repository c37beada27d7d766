// The bound of a request: each charge is in it, or is named.
#include <cstdint>
#include <string>

#include "base/json.hpp"
#include "select/ranking.hpp"
#include "support/catch.hpp"
#include "wire/read_needs.hpp"

using namespace wayfare;
using namespace wayfare::select;

namespace {

Needs needs(const std::string& body) {
  json::Document document;
  REQUIRE(document.parse(body));
  return wire::needs_of(document);
}

Price price(const char* text) { return Price::parse(text).value(); }

Model model(const char* id, const char* prompt, const char* completion) {
  return {.id = id,
          .context_tokens = 8000,
          .completion_tokens_max = 1000,
          .input_modalities = {"text"},
          .output_modalities = {"text"},
          .parameters = {"tools", "max_tokens"},
          .prices = {.prompt = Price::parse(prompt), .completion = Price::parse(completion)}};
}

const std::string hello = R"({"messages":[{"role":"user","content":"Hello"}]})";

} // namespace

TEST_CASE("each charge beside the tokens is in the bound, or is named") {
  const Model usual = model("a/one", "0.000001", "0.000002");
  const auto part = [](const Model& one, const std::string& body = hello) {
    const Bound made = bound_of(needs(body), one.id, &one, {});
    return made.amount ? std::string("bounded") : made.unbounded;
  };
  CHECK(part(usual) == "bounded");
  Model song = usual;
  song.id = "google/lyria-3-pro-preview";
  song.prices.prompt = song.prices.completion = price("0");
  CHECK(part(song) == "the price of google/lyria-3-pro-preview, which is not billed by the token");
  song.free = true; // says so
  CHECK(part(song) == "bounded");
  for (const char* id : {"perplexity/sonar", "openai/gpt-4o-search-preview",
                         "openai/o4-mini-deep-research", "x/sonar-like"}) {
    Model searching = usual;
    searching.id = id;
    CHECK(part(searching) == "the searches that " + std::string(id) + " makes by itself");
  }
  Model author = usual;
  author.id = "nousresearch/hermes"; // the name of an author tells nothing
  CHECK(part(author) == "bounded");
  Model drawing = usual;
  drawing.output_modalities = {"image", "text"};
  CHECK(part(drawing) == "the image output of a/one");
  Model speaking = usual;
  speaking.prices.audio_output = price("0.00001");
  CHECK(part(speaking) == "the audio output of a/one");
  Model odd = usual;
  odd.overrides.push_back({.understood = false, .prices = {}});
  CHECK(part(odd) == "a price of a/one that is not understood");
}

TEST_CASE("what a body asks for beside one answer is in the bound, or is named") {
  const Model one = model("a/one", "0.000001", "0.000002");
  const auto amount = [&](const std::string& more) {
    const Needs asked = needs(R"({"messages":[],"max_tokens":100)" + more + "}");
    const Bound made = bound_of(asked, one.id, &one, {});
    return made.amount ? made.amount->picodollars - asked.body_bytes * 1'050'000 : -1;
  };
  const std::int64_t token = 1'050'000; // with the fee
  const std::int64_t plain = amount("");
  CHECK(plain == (128 + 200) * token);
  CHECK(amount(R"(,"n":3)") == (128 + 600) * token);
  CHECK(amount(R"(,"n":1.0)") == -1); // some servers leave it out
  CHECK(amount(R"(,"n":"3")") == -1);
  CHECK(amount(R"(,"max_completion_tokens":1000)") == (128 + 2000) * token);
  CHECK(amount(R"(,"max_completion_tokens":-1)") == -1);
  CHECK(amount(R"(,"max_completion_tokens":null)") == plain);
  CHECK(amount(R"(,"reasoning":{"max_tokens":50})") == (128 + 300) * token);
  CHECK(amount(R"(,"tools":[{"type":"function","function":{}}])") == (128 + 616 + 200) * token);
  CHECK(amount(R"(,"tools":[{"function":{}}])") == -1);
  CHECK(amount(R"(,"plugins":[{"id":"response-healing"},{"id":"web","enabled":false}])") == plain);
  CHECK(amount(R"(,"plugins":[{"id":"web"}])") == -1);
  CHECK(amount(R"(,"audio":{"voice":"x"})") == -1);
  CHECK(amount(R"(,"service_tier":"fast")") == -1);
  CHECK(needs(R"({"messages":[{"role":"user","images":["https://x"]}]})").unbounded ==
        "image input");
  CHECK(needs(R"({"messages":[{"role":"assistant","audio":{"id":"a"}}]})").unbounded ==
        "the audio of an earlier answer");
  CHECK(needs(R"({"tools":[{"function":{"cache_control":{}}}]})").caches);
}

TEST_CASE("a model that is named by its dated name has the same bound, with its suffix") {
  Model free = model("m/one:free", "0", "0");
  free.free = true;
  const auto unbounded = [&](std::string_view name) {
    return bound_of(needs(hello), name, &free, {}).unbounded;
  };
  CHECK(unbounded("m/one:free") == "");
  CHECK(unbounded("m/one-20260101:free") == "");
  CHECK(unbounded("m/one:free:floor") == "the variant :floor");
  CHECK(unbounded("m/one-20260101:free:floor") == "the variant :floor");
}

TEST_CASE(
    "a write to the cache for an hour costs twice the prompt, whatever digits its price has") {
  const std::string marked =
      R"({"messages":[{"role":"user","content":[{"type":"text","text":"Hello","cache_control":)"
      R"({"type":"ephemeral","ttl":"1h"}}]}]})";
  REQUIRE(needs(marked).caches);
  const auto bound = [&](const char* prompt, const std::string& body) {
    const Model one = model("a/one", prompt, "0.000002");
    return bound_of(needs(body), one.id, &one, {}).amount.value();
  };
  // The second price is the first, with as many digits as a price can have.
  const Amount few = bound("0.0009", marked), many = bound("0.0009000000000000000001", marked);
  CHECK(many >= few);
  CHECK(many.picodollars - few.picodollars < 1'000);
  CHECK(few.picodollars > 15 * bound("0.0009", hello).picodollars / 10);
}
