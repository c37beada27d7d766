// Which model a request takes: what it needs, read off its body, against the catalogue, by a policy. Pure: features, snapshot and clock
// in, a ranking with reasons out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <wayfare/error.hpp>
#include <wayfare/model.hpp>
#include <wayfare/request.hpp>

#include "json.hpp"
#include "select/catalogue.hpp"
#include "select/price.hpp"

namespace wayfare::select {

// What a body asks of a model.
struct Needs {
  std::int64_t prompt_bytes = 0; // of everything that becomes prompt tokens: texts, tools, schemas
  std::int64_t messages = 0;
  std::int64_t images = 0, files = 0, audios = 0, videos = 0; // parts of messages
  std::optional<std::int64_t> completion_tokens;              // max_completion_tokens, else max_tokens
  std::string completion_name;                                // which of the two the body has; empty: neither
  std::vector<std::string> inputs, outputs;                   // modalities beside text
  std::vector<std::string> parameters; // in the catalogue's names, those that a model must have: tools, response_format, …
  std::string unbounded;               // the first part whose cost no price bounds: "plugins", "tools openrouter:web_search", …
  bool caches = false;                 // it asks for prompt caching: tokens may be written at that price
  std::string model;                   // the body's own; empty where it names none
  bool chosen_elsewhere = false;       // models, preset, a router: the server chooses
};
Needs needs_of(json::Value body);

struct Moment {
  Seconds now = 0;
  std::string today; // "2026-11-23"
};

// What an attempt can cost at most: the dearest that its prompt (a token has at least one byte) and its completion can be.
struct Bound {
  std::optional<Amount> amount;
  std::string unbounded; // why there is none
};
Bound bound_of(const Needs& needs, const Model* model, const Policy& policy);

// The ranking. `named`: the models that the request names, in its order; empty: the policy has the whole catalogue. A named model that
// the catalogue does not have stays in, at its place, its cost unknown: the server may know it. `invalid` for a policy that is none;
// `not_found`-like refusals are the ranking's: an empty `ranked` with the reasons in `out`.
Result<Selection> choose(const Needs& needs, const std::vector<std::string>& named, const Policy& policy, const Catalogue& catalogue,
                         const Moment& moment);

} // namespace wayfare::select
