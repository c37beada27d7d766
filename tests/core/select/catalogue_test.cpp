// The models list: what is read of it, its oddities, looking up, and the nearest of a name that is
// not there.

#include <map>
#include <string>

#include <wayfare/request.hpp>

#include "select/catalogue.hpp"
#include "select/cost.hpp"
#include "support/places.hpp"
#include "support/catch.hpp"
#include "support/samples.hpp"

using namespace wayfare;
using select::Catalogue;

namespace {

Catalogue read(const std::string& models) {
  return Catalogue::parse("{\"data\":[" + models + "]}").value();
}

const std::string full =
    R"({"id":"a/one","canonical_slug":"a/one-20260101","name":"A: One","created":1700000000,
    "context_length":8000,
  "architecture":{"input_modalities":["text","image","smell"],"output_modalities":["text"],
  "tokenizer":"GPT"},
  "pricing":{"prompt":"0.0000000208333333333333","completion":"0.000002","input_cache_read":"0",
  "web_search":"0.01","discount":0,"new_price":"1",
    "overrides":[{"min_prompt_tokens":100,"prompt":"0.1"},{"utc_start":2200,"utc_end":600,
    "utc_days":["monday"],"completion":"0.5"},
                 {"moon":"full","prompt":"0.01"}]},
  "top_provider":{"context_length":4000,"max_completion_tokens":1000},
  "supported_parameters":["tools","hovering"],"expiration_date":"2026-12-31","new":{}})";

std::string id_of(const Model* model) { return model ? model->id : "none"; }

} // namespace

TEST_CASE("a model is read whole, and what is not known is left alone") {
  const Catalogue catalogue = read(full);
  REQUIRE(catalogue.models().size() == 1);
  const Model& model = catalogue.models()[0];
  CHECK(model.id == "a/one");
  CHECK(model.canonical_slug == "a/one-20260101");
  CHECK(model.name == "A: One");
  CHECK(model.created == 1'700'000'000);
  CHECK(model.expires == "2026-12-31");
  CHECK(model.kind == ModelKind::model);
  CHECK_FALSE(model.free);
  CHECK(model.context_tokens == 8000);
  CHECK(model.completion_tokens_max == 1000);
  CHECK(model.input_modalities == std::vector<std::string>{"text", "image", "smell"});
  CHECK(model.parameters == std::vector<std::string>{"tools", "hovering"});
  CHECK(model.prices.prompt->text() == "0.0000000208333333333333");
  CHECK(model.prices.cache_read->text() == "0"); // free of it, which is not unknown
  CHECK_FALSE(model.prices.cache_write);
  REQUIRE(model.overrides.size() == 3);
  CHECK(model.overrides[0] ==
        PriceOverride{.above_prompt_tokens = 100, .prices = {.prompt = Price::parse("0.1")}});
  CHECK(model.overrides[1].utc_days == std::vector<std::string>{"monday"});
  CHECK((model.overrides[1].utc_start == 2200 && model.overrides[1].utc_end == 600 &&
         model.overrides[1].understood));
  CHECK_FALSE(model.overrides[2].understood);
  CHECK(select::has_unknown_override(model));
}

TEST_CASE("routers, aliases, batch rows and free ones are told apart, and zero is not free") {
  const auto model = [](const std::string& id, const std::string& more) {
    const Catalogue catalogue = read(R"({"id":")" + id + "\"," + more + "}");
    return catalogue.models()[0];
  };
  const std::string priced = R"("pricing":{"prompt":"0.1","completion":"0.2"})",
                    zero = R"("pricing":{"prompt":"0","completion":"0"})";
  const Model router = model("openrouter/auto", R"("pricing":{"prompt":"-1","completion":"-1"})");
  CHECK(router.kind == ModelKind::router);
  CHECK_FALSE(router.prices.prompt);
  CHECK(model("x/router", priced + R"(,"architecture":{"tokenizer":"Router"})").kind ==
        ModelKind::router);
  const Model alias =
      model("~a/one-latest",
            priced + R"(,"alias_target":{"slug":"a/one"},"architecture":{"tokenizer":"Router"})");
  CHECK(alias.kind == ModelKind::alias);
  CHECK(alias.alias_of == "a/one");
  CHECK(model("a/one:batch", priced).kind == ModelKind::batch);
  CHECK(model("a/one:free", zero).free);
  CHECK(model("openrouter/free", zero).free);
  CHECK_FALSE(model("google/lyria", zero).free);
  const Model bare = model("llama3", R"("object":"model")"); // of another server
  CHECK(bare.kind == ModelKind::model);
  CHECK(bare.prices == Prices{});
  const Model odd = model(
      "a/odd", R"("pricing":{"prompt":null,"completion":0.5},"context_length":null,"top_provider":)"
               R"({"context_length":70},"architecture":null,"expiration_date":null)");
  CHECK_FALSE(odd.prices.prompt);
  CHECK(odd.prices.completion->text() == "0.5");
  CHECK(odd.context_tokens == 70);
}

TEST_CASE("what is no list is malformed") {
  const auto fault = [](const std::string& text) {
    const auto read = Catalogue::parse(text);
    CHECK_FALSE(read);
    return read ? "" : std::string(name(read.error().code)) + ": " + read.error().message;
  };
  CHECK(fault("<html>").starts_with("malformed: the models list is not JSON"));
  CHECK(fault("{}") == "malformed: the models list has no \"data\"");
  CHECK(fault("[]") == "malformed: the models list has no \"data\"");
  CHECK(fault(R"({"data":[]})") == "malformed: the models list is empty");
  CHECK(fault(R"({"data":[1,{"name":"x"},{"id":7}]})") == "malformed: the models list is empty");
  CHECK(fault(std::string(Catalogue::text_max + 1, ' ')) ==
        "malformed: the models list is longer than 32 MiB");
  std::string many = "{\"data\":[1";
  for (std::size_t at = 0; at < Catalogue::models_max; ++at) many += ",1";
  CHECK(fault(many + "]}") == "malformed: the models list has more than 20000 models");
}

TEST_CASE("a name of several lines, or with other control characters, is none") {
  const Catalogue catalogue =
      read(R"({"id":"a/one\n"},{"id":"a\u001b[2J"},{"id":"a/\u007f"},{"id":"a/two",)"
           R"("canonical_slug":"a/two\r","alias_target":{"slug":"a\u0007"},)"
           R"("expiration_date":"2026-12-31\u001b[2J"})");
  REQUIRE(catalogue.models().size() == 1);
  const Model& two = catalogue.models().front();
  CHECK(two.id == "a/two");
  CHECK((two.canonical_slug.empty() && two.alias_of.empty() && two.expires.empty()));
}

TEST_CASE("looking up: by id, through a steering suffix, and back from what a response names") {
  Catalogue first = read(
      R"({"id":"a/one","canonical_slug":"a/one-2026"},{"id":"a/one:free",
      "canonical_slug":"a/one-2026"},
      {"id":"~a/one-latest","canonical_slug":"a/one-2026","alias_target":{"slug":"a/one"}})");
  const Catalogue catalogue = std::move(first); // and what it knows moves with it
  CHECK(id_of(catalogue.find("a/one")) == "a/one");
  CHECK(id_of(catalogue.find("a/one:free")) == "a/one:free");
  for (const char* steered : {"a/one:nitro", "a/one:floor", "a/one:exacto", "a/one:online"})
    CHECK(id_of(catalogue.find(steered)) == "a/one");
  for (const char* none : {"a/on", "a/one:batch", "a/one:extended", "", ":nitro"})
    CHECK(id_of(catalogue.find(none)) == "none");
}

TEST_CASE("a name that is not there leads to the nearest living one") {
  const Catalogue catalogue = read(
      R"({"id":"anthropic/claude-sonnet-4","created":3},{"id":"anthropic/claude-haiku-4.5",
      "created":4},
    {"id":"anthropic/claude-3.5-sonnet","created":2,"expiration_date":"2026-01-01"},
    {"id":"openai/gpt-4o-mini"},
      {"id":"openai/gpt-4o-mini:batch"},{"id":"mistral/large"})");
  const auto nearest = [&](const char* id, const char* today = "2026-11-23") {
    return id_of(catalogue.nearest(id, today));
  };
  CHECK(nearest("anthropic/claude-3-sonnet") == "anthropic/claude-sonnet-4");
  CHECK(nearest("anthropic/claude-3-sonnet", "2025-12-31") == "anthropic/claude-3.5-sonnet");
  CHECK(nearest("anthropic/claude-3-haiku") == "anthropic/claude-haiku-4.5");
  CHECK(nearest("openai/gpt-4o-mni") == "openai/gpt-4o-mini");
  CHECK(nearest("opnai/gpt-4o-mini") == "openai/gpt-4o-mini");
  CHECK(nearest("zzz/entirely-else") == "none");
  CHECK(nearest("gpt-4o-mni") == "openai/gpt-4o-mini"); // its author was left out
  CHECK(nearest("claude-3-sonnet") == "anthropic/claude-sonnet-4");
  const Catalogue few = read(R"({"id":"a/b"})");
  // three letters of so few are all of them
  CHECK(id_of(few.nearest("x/y", "2026-11-23")) == "none");
  // Of a variant that none has: the model without it, or what is near that.
  CHECK(nearest("openai/gpt-4o-mini:free") == "openai/gpt-4o-mini");
  CHECK(nearest("openai/gpt-4o-mini:batch") == "openai/gpt-4o-mini");
  CHECK(nearest("anthropic/claude-3-sonnet:beta") == "anthropic/claude-sonnet-4");
  CHECK(nearest("anthropic/claude-3-sonnet:nitro") == "anthropic/claude-sonnet-4");
  // without it, it has expired
  CHECK(nearest("anthropic/claude-3.5-sonnet:beta") == "anthropic/claude-sonnet-4");
}

TEST_CASE("a special price that varies, or is none, is not understood") {
  for (const char* odd : {"\"-1\"", "\"soon\"", "{}"}) {
    const Catalogue catalogue = read(
        R"({"id":"a/one","pricing":{"prompt":"1","overrides":[{"min_prompt_tokens":9,"prompt":)" +
        std::string(odd) + "}]}}");
    CHECK(select::has_unknown_override(catalogue.models()[0]));
  }
  const Catalogue catalogue =
      read(R"({"id":"a/one","pricing":{"prompt":"1","overrides":[{"min_prompt_tokens":9,)"
           R"("prompt":null}]}})");
  CHECK_FALSE(select::has_unknown_override(catalogue.models()[0]));
}

TEST_CASE("the built-in five have what a first run needs, and the default is among them") {
  const Catalogue catalogue = Catalogue::built_in();
  CHECK(catalogue.models().size() == 5);
  for (const char* id : {"openai/gpt-4o-mini", "openai/gpt-4", "openai/gpt-3.5-turbo",
                         "anthropic/claude-3-haiku", "anthropic/claude-3-sonnet"}) {
    const Model* model = catalogue.find(id);
    REQUIRE(model);
    CHECK((model->prices.prompt && model->prices.completion && model->context_tokens &&
           model->completion_tokens_max));
  }
  CHECK(catalogue.find(default_model));
}

namespace {

// What a list has how many of.
std::string counts(const Catalogue& catalogue) {
  std::map<std::string, int> count;
  for (const Model& model : catalogue.models()) {
    count["1 read"] += model.prices.cache_read.has_value();
    count["2 write"] += model.prices.cache_write.has_value();
    count["3 hour"] += model.prices.cache_write_1h.has_value();
    count["4 search"] += model.prices.web_search.has_value();
    count["5 overrides"] += !model.overrides.empty();
    count["6 not understood"] += select::has_unknown_override(model);
    count["7 batch"] += model.kind == ModelKind::batch;
    count["8 alias"] += model.kind == ModelKind::alias;
    count["9 router"] += model.kind == ModelKind::router;
    count["9 free"] += model.free;
    CHECK((model.kind == ModelKind::router || model.prices.prompt));
  }
  std::string told;
  for (const auto& [what, number] : count)
    told += (told.empty() ? "" : ", ") + what.substr(2) + " " + std::to_string(number);
  return told;
}

} // namespace

TEST_CASE("a whole list is read to the last model, with the prices that it has") {
  const Catalogue catalogue =
      Catalogue::parse(golden::read(samples::folder() / "models.json")).value();
  CHECK(catalogue.models().size() == 40);
  CHECK(
      counts(catalogue) ==
      "read 8, write 3, hour 1, search 3, overrides 6, not understood 1, batch 2, alias 2, free 3, "
      "router 3");
  CHECK(id_of(catalogue.nearest("anthropic/claude-3-sonnet", "2026-08-30")) ==
        "anthropic/claude-sonnet-sample");
}

TEST_CASE("the lists of other servers are read, which have no prices") {
  for (const auto& [file, models] : std::map<std::string, std::size_t>{
           {"models_ollama.json", 2}, {"models_llama_cpp.json", 1}, {"models_vllm.json", 1}}) {
    INFO(file);
    const Catalogue catalogue = Catalogue::parse(golden::read(samples::folder() / file)).value();
    REQUIRE(catalogue.models().size() == models);
    const Model& model = catalogue.models()[0];
    CHECK(model.id.starts_with("harbour"));
    CHECK(model.kind == ModelKind::model);
    CHECK(model.prices == Prices{});
    CHECK_FALSE(model.free);
  }
}

TEST_CASE("recorded lists, where they are at hand, are read to the last model") {
  const auto recorded = places::shared() / "openrouter";
  if (const std::string text = golden::read(recorded / "models-2026-01.json"); !text.empty())
    CHECK(Catalogue::parse(text).value().models().size() == 347);
  const std::string text = golden::read(recorded / "models-2026-08.json");
  if (text.empty()) return;
  const Catalogue catalogue = Catalogue::parse(text).value();
  CHECK(catalogue.models().size() == 413);
  CHECK(counts(catalogue) ==
        "read 246, write 72, hour 32, search 157, overrides 59, not understood 0, batch 61, "
        "alias 11, free 17, router 6");
  CHECK(id_of(catalogue.nearest("anthropic/claude-3-sonnet", "2026-08-30")).find("sonnet") !=
        std::string::npos);
}
