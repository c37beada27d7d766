// A models list of the size and shape of OpenRouter's: 15 of 16 models have a price of their own,
// of those one in 12 another one for long prompts; some are free, routers, or of a kind that a chat
// in text does not want.
#pragma once

#include <string>

#include "base/json.hpp"
#include "select/ranking.hpp"
#include "wire/read_needs.hpp"

namespace bench {

inline std::string models_list(int count) {
  std::string list = R"({"data":[)";
  for (int i = 0; i < count; ++i) {
    const std::string number = std::to_string(i), price = std::to_string(1 + i * 7919 % 1000);
    const char* variant = i % 16 == 3 ? ":free" : "";
    if (i > 0) list += ',';
    list +=
        R"({"id":"maker-)" + std::to_string(i % 40) + "/model-" + number + variant +
        R"(","canonical_slug":"maker/model-)" + number + R"(","name":"Model )" + number +
        R"(","created":1700000000,"context_length":)" + std::to_string(8192 << i % 6) +
        R"(,"architecture":{"input_modalities":["text")" + (i % 3 == 0 ? R"(,"image")" : "") +
        R"(],"output_modalities":["text"]},"supported_parameters":["tools","tool_choice",)"
        R"("max_tokens","temperature","response_format"],)" +
        R"("top_provider":{"max_completion_tokens":8192},"pricing":{"prompt":")" +
        (i % 16 == 3 ? "0" : "0.000000" + price) + R"(","completion":")" +
        (i % 16 == 3 ? "0" : "0.00000" + price) + R"(")" +
        (i % 12 == 5 ? R"(,"overrides":[{"min_prompt_tokens":200000,"prompt":"0.0001"}])" : "") +
        "}}";
  }
  return list + "]}";
}

inline wayfare::Needs needs_of(const std::string& body) {
  wayfare::json::Document document;
  document.parse(body);
  return wayfare::wire::needs_of(document);
}

} // namespace bench
