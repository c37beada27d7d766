// The well-known models, as a list has them.

#include <string>

#include "select/default_models.hpp"
#include "support/catch.hpp"

using namespace wayfare;
using select::Catalogue;

TEST_CASE("the built-in list has the five with their prices") {
  const auto models = select::default_models(Catalogue::built_in(), "2026-11-23");
  std::string ids;
  for (const DefaultModel& one : models) {
    ids += one.id + " ";
    CHECK_FALSE(one.gone);
    CHECK(one.prompt);
    CHECK(one.completion);
    CHECK(one.instead.empty());
  }
  CHECK(ids ==
        "openai/gpt-4o-mini openai/gpt-4 openai/gpt-3.5-turbo anthropic/claude-3-haiku "
        "anthropic/claude-3-sonnet ");
}

TEST_CASE("a model that is gone or has a last day names the most similar one that stays") {
  const Catalogue list = Catalogue::parse(R"({"data":[
    {"id":"openai/gpt-4o-mini","pricing":{"prompt":"0.1","completion":"0.2"}},
    {"id":"openai/gpt-4","expiration_date":"2026-01-01"},
    {"id":"openai/gpt-4.1","pricing":{"prompt":"0.3","completion":"0.4"}},
    {"id":"openai/gpt-3.5-turbo","expiration_date":"2099-01-01"},
    {"id":"anthropic/claude-3.5-haiku"}]})")
                             .value();
  const auto models = select::default_models(list, "2026-11-23");
  CHECK(models[0].prompt == Price::parse("0.1"));
  CHECK_FALSE(models[0].gone);
  CHECK(models[1].gone);
  CHECK(models[1].expires == "2026-01-01");
  CHECK(models[1].instead == "openai/gpt-4.1");
  CHECK_FALSE(models[2].gone); // its end is to come
  CHECK(models[2].instead.starts_with("openai/gpt-"));
  CHECK(models[3].gone);
  CHECK_FALSE(models[3].prompt);
  CHECK(models[3].instead == "anthropic/claude-3.5-haiku");
}
