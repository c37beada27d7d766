// What the body of a request asks of a model.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <wayfare/money.hpp>

namespace wayfare {

struct Needs {
  // of everything that usually becomes prompt tokens: messages, tools, schemas
  std::int64_t prompt_bytes = 0;
  // of all that may become prompt tokens: the whole body
  std::int64_t body_bytes = 0;
  // that the server may add to the prompt by itself, see wire/needs.cpp
  std::int64_t hidden_tokens = 0;
  // the larger of max_completion_tokens and max_tokens
  std::optional<std::int64_t> completion_tokens;
  // that may be billed beside the cap: reasoning with a limit of its own, a rejected prediction
  std::int64_t more_completion_tokens = 0;
  std::int64_t answers = 1;                 // how often the answer's part is billed: `n`
  std::vector<std::string> inputs, outputs; // modalities beside text
  // in the catalogue's names, those that a model must have: tools, structured_outputs, …
  std::vector<std::string> parameters;
  // of the body's own provider.max_price: per token, and per request
  std::optional<Price> prompt_max, completion_max, request_max;
  // the names that are in it, whatever their values
  std::vector<std::string> own_limits;
  // the models that the body lets the server take instead of its `model`
  std::vector<std::string> other_models;
  // the first part whose cost no price bounds: "plugins", "image input", …
  std::string unbounded;
  // provider.require_parameters: every parameter counts, not only those above
  bool strict = false;
  // it asks for prompt caching: tokens may be written at that price
  bool caches = false;
};

} // namespace wayfare
