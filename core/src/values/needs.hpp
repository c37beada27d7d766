// The needs of a request: the abilities that a model must have to serve it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <wayfare/money.hpp>
#include <wayfare/request.hpp>

namespace wayfare {

struct Needs {
  // The bytes of all parts that usually become prompt tokens: messages, tools, schemas.
  std::int64_t prompt_bytes = 0;
  // The bytes of all that may become prompt tokens: the whole body.
  std::int64_t body_bytes = 0;
  // The tokens that the server may add to the prompt by itself: see wire/read_needs.cpp.
  std::int64_t hidden_tokens = 0;
  // The larger of max_completion_tokens and max_tokens.
  std::optional<std::int64_t> completion_tokens;
  // The tokens that may be billed beside that cap: reasoning with a limit of its own, a rejected
  // prediction.
  std::int64_t more_completion_tokens = 0;
  std::int64_t answers = 1;                 // how often the answer is billed: `n`
  std::vector<std::string> inputs, outputs; // modalities other than text
  // The parameters that a model must support, by their names in the models list: tools,
  // structured_outputs, …
  std::vector<std::string> parameters;
  // Prices in the body's provider.max_price: per token, and per request.
  std::optional<Price> prompt_max, completion_max, request_max;
  // The names in it, whatever their values.
  std::vector<std::string> own_limits;
  // The rules of the body's provider object: those that leave out providers.
  ProviderRules providers;
  // The body's provider object chooses or orders providers itself.
  bool chooses_provider = false;
  // The `models` of the body: the server may take one of them instead of its `model`.
  std::vector<std::string> other_models;
  // The first part whose cost has no upper bound: "the plugin web", "image input", …
  std::string unbounded;
  // provider.require_parameters: the model must support every parameter, not only those above.
  bool strict = false;
  // The request asks for prompt caching: tokens may have the price for cache writes.
  bool caches = false;
};

} // namespace wayfare
