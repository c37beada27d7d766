// The needs of a request: the abilities that a model must have to serve it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <wayfare/money.hpp>

namespace wayfare {

struct Needs {
  // The bytes of all parts that become prompt tokens: messages, tools, schemas.
  std::int64_t prompt_bytes = 0;
  std::optional<std::int64_t> completion_tokens; // max_completion_tokens, else max_tokens
  std::vector<std::string> inputs, outputs;      // modalities other than text
  // The parameters that a model must support, by their names in the models list: tools,
  // structured_outputs, …
  std::vector<std::string> parameters;
  // Prices per token in the body's provider.max_price.
  std::optional<Price> prompt_max, completion_max;
  // The names in it, whatever their values.
  std::vector<std::string> own_limits;
  // The first part whose cost has no upper bound: "plugins", "image input", …
  std::string unbounded;
  // provider.require_parameters: the model must support every parameter, not only those above.
  bool strict = false;
  // The request asks for prompt caching: tokens may have the price for cache writes.
  bool caches = false;
};

} // namespace wayfare
