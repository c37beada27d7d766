#include "values/model_names.hpp"

#include <array>
#include <string_view>

#include "support/catch.hpp"

using namespace wayfare;
using enum SameModel;

TEST_CASE("names of models are compared as far as they tell") {
  struct Row {
    std::string_view one, other;
    SameModel same;
  };
  static constexpr std::array<Row, 24> rows{{
      {"openai/gpt-4o", "openai/gpt-4o", yes},
      {"openai/gpt-4o", "OpenAI/GPT-4o", yes},
      {"openai/gpt-4o:nitro", "openai/gpt-4o", yes},
      {"openai/gpt-4o:online", "openai/gpt-4o:floor", yes},
      {"openai/gpt-4o", "openai/gpt-4o:free", yes},
      {"openai/gpt-4o", "openai/gpt-4o-2024-08-06", yes},
      {"gpt-4", "gpt-4-0613", yes},
      {"anthropic/claude-3-haiku:beta", "anthropic/claude-3-haiku-20240307", yes},
      {"openai/gpt-4o-2024-05-13", "openai/gpt-4o-2024-08-06", no},
      {"openai/gpt-4o", "anthropic/claude-3-haiku", no},
      {"openai/gpt-4o", "mistralai/mistral-large-2407", no},
      {"openai/gpt-4o", "openai/gpt-4o-mini", perhaps},
      {"openai/gpt-4o-mini", "openai/gpt-4o-mini-high", perhaps},
      {"thudm/glm-4", "z-ai/glm-4.5", perhaps}, // an author may get another name
      {"deepseek/deepseek-r1", "azure/deepseek-r1-eu", perhaps},
      {"main", "meta-llama/llama-3", perhaps}, // a name that somebody has given
      {"llama3:8b", "llama3:70b", perhaps},
      {"llama3", "llama3:latest", yes},
      {"", "openai/gpt-4o", perhaps},
      {"openai/gpt-4o", "", perhaps},
      {"openai/gpt-4", "openai/gpt-4-32k", perhaps},
      {"m-2024", "m-2025", no},
      {"-2024", "-2025", perhaps},
      {"google/gemini-2.5-pro", "google/gemini-2.5-pro-03-25", yes},
  }};
  for (const Row& row : rows) {
    CAPTURE(row.one, row.other);
    CHECK(compare_model_names(row.one, row.other) == row.same);
    CHECK(compare_model_names(row.other, row.one) == row.same);
  }
}

TEST_CASE("names for which the server chooses the model") {
  for (const std::string_view name :
       {"", "~anthropic/claude-latest", "@preset/mine", "m/x@preset/y"})
    CHECK(is_open_name(name));
  for (const std::string_view name : {"openai/gpt-4o", "m", "m:free"})
    CHECK_FALSE(is_open_name(name));
}
