// The models that are offered for an agent, and what is told of those that go away.
#include <string>
#include <vector>

#include "select/model_filter.hpp"
#include "support/catch.hpp"

using namespace wayfare;
using namespace wayfare::select;

namespace {

constexpr const char* today = "2026-11-23";

Catalogue catalogue() {
  return Catalogue::parse(R"({"data":[
    {"id":"z/small","name":"Small One","context_length":8000,"supported_parameters":["tools"],
     "architecture":{"input_modalities":["text","image"],"output_modalities":["text"]},
     "pricing":{"prompt":"0.000001","completion":"0.000002"}},
    {"id":"openai/gpt-4","context_length":100000,"supported_parameters":["tools","seed"],
     "architecture":{"input_modalities":["text"],"output_modalities":["text"]},
     "pricing":{"prompt":"0.00003","completion":"0.00006"}},
    {"id":"openai/gpt-4o-mini","context_length":128000,"expiration_date":"2026-12-31",
     "architecture":{"input_modalities":["text"],"output_modalities":["text"]},
     "pricing":{"prompt":"0.00000015","completion":"0.0000006"}},
    {"id":"anthropic/claude-3-haiku","expiration_date":"2026-11-01",
     "pricing":{"prompt":"0.00000025","completion":"0.00000125"}},
    {"id":"b/unpriced","context_length":9000}]})")
      .value();
}

std::string ids(const ModelFilter& filter) {
  std::string all;
  for (const Model& model : filtered(catalogue(), filter, today).models)
    all += (all.empty() ? "" : " ") + model.id;
  return all;
}

} // namespace

TEST_CASE("models pass all filters", "[agents]") {
  CHECK(ids({}) == "z/small openai/gpt-4 openai/gpt-4o-mini anthropic/claude-3-haiku b/unpriced");
  CHECK(ids({.text = "SMALL"}) == "z/small");
  CHECK(ids({.text = "gpt-4"}) == "openai/gpt-4 openai/gpt-4o-mini");
  CHECK(ids({.parameters = {"tools"}}) == "z/small openai/gpt-4");
  CHECK(ids({.parameters = {"tools", "seed"}}) == "openai/gpt-4");
  CHECK(ids({.inputs = {"image"}}) == "z/small");
  CHECK(ids({.outputs = {"image"}}).empty());
  // What is not known does not pass.
  CHECK(ids({.context_tokens = 9000}) == "openai/gpt-4 openai/gpt-4o-mini b/unpriced");
  CHECK(ids({.max_price = {.prompt = Price::parse("1")}}) ==
        "z/small openai/gpt-4o-mini anthropic/claude-3-haiku");
  CHECK(ids({.max_price = {.completion = Price::parse("1.9")}}) ==
        "openai/gpt-4o-mini anthropic/claude-3-haiku");
  CHECK(fault_of({.context_tokens = 0}) == "context_tokens of models is not above zero");
}

TEST_CASE("a model of any price is compared with max_price by its true price", "[agents]") {
  // A million tokens of the first two have no price that fits.
  const auto list = Catalogue::parse(R"({"data":[
    {"id":"a/huge","pricing":{"prompt":"9223372036854775807","completion":"0.000001"}},
    {"id":"b/large","pricing":{"prompt":"18446744073710","completion":"0.000001"}},
    {"id":"c/small","pricing":{"prompt":"0.000005","completion":"0.000001"}},
    {"id":"d/exact","pricing":{"prompt":"0.000005000000000001","completion":"0"}}]})")
                        .value();
  const auto ids = [&](const char* most) {
    std::string all;
    for (const Model& model :
         filtered(list, {.max_price = {.prompt = Price::parse(most)}}, today).models)
      all += (all.empty() ? "" : " ") + model.id;
    return all;
  };
  CHECK(ids("5") == "c/small");
  CHECK(ids("4.999999999999").empty());
  CHECK(ids("5.000000000001") == "c/small d/exact");
  CHECK(ids("9223372036854775807") == "c/small d/exact");
}

TEST_CASE("the well-known models come first, and those that are gone are told", "[agents]") {
  CHECK(ids({.defaults_first = true}) ==
        "openai/gpt-4o-mini openai/gpt-4 z/small anthropic/claude-3-haiku b/unpriced");
  CHECK(ids({.parameters = {"tools"}, .defaults_first = true}) == "openai/gpt-4 z/small");
  const ModelList list = filtered(catalogue(), {.defaults_first = true}, today);
  REQUIRE(list.defaults.size() == 5);
  int gone = 0;
  for (const DefaultModel& one : list.defaults) gone += one.gone ? 1 : 0;
  CHECK(gone == 3);
  CHECK(filtered(catalogue(), {}, today).defaults.empty());
}

TEST_CASE("a model of an agent that goes away is told with the most similar one", "[agents]") {
  const auto lines = warnings_of_models(
      catalogue(),
      {"openai/gpt-4", "openai/gpt-4o-mini", "anthropic/claude-3-haiku", "openai/gpt-4-old",
       "@preset/mine", "~openai/gpt-latest", "openrouter/auto"},
      "\"a\"", today);
  CHECK(lines ==
        std::vector<std::string>{
            "the model openai/gpt-4o-mini of the agent \"a\" has its last day on 2026-12-31; the "
            "most similar is openai/gpt-4",
            "the model anthropic/claude-3-haiku of the agent \"a\" is gone",
            "the model openai/gpt-4-old of the agent \"a\" is gone; the most similar is "
            "openai/gpt-4"});
}
