// What the body of a request asks of a model.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <wayfare/money.hpp>

namespace wayfare {

struct Needs {
  // of everything that becomes prompt tokens: messages, tools, schemas
  std::int64_t prompt_bytes = 0;
  std::optional<std::int64_t> completion_tokens; // max_completion_tokens, else max_tokens
  std::vector<std::string> inputs, outputs;      // modalities beside text
  // in the catalogue's names, those that a model must have: tools, structured_outputs, …
  std::vector<std::string> parameters;
  // per token: of the body's own provider.max_price
  std::optional<Price> prompt_max, completion_max;
  // the names that are in it, whatever their values
  std::vector<std::string> own_limits;
  // the first part whose cost no price bounds: "plugins", "image input", …
  std::string unbounded;
  // provider.require_parameters: every parameter counts, not only those above
  bool strict = false;
  // it asks for prompt caching: tokens may be written at that price
  bool caches = false;
};

} // namespace wayfare
