// A request made ready to send. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <wayfare/error.hpp>
#include <wayfare/request.hpp>

namespace wayfare::wire {

// What is added to one JSON object, before its closing brace.
struct Splice {
  std::size_t at = 0;                                       // the offset of that brace
  bool empty = true;                                        // whether the object has no members yet
  std::vector<std::pair<std::string, std::string>> members; // names, and values as JSON
  std::string text() const;
};

// What limits the cost of a call, for one of its models.
struct Caps {
  // of provider.max_price: those that the body lacks
  std::vector<std::pair<std::string, std::string>> max_price;
  // as max_completion_tokens, where the body has no such limit
  std::optional<std::int64_t> completion_tokens;
  std::vector<std::string> names() const; // for Reply::added
};

struct Prepared {
  std::string source;             // the caller's bytes
  Splice top;                     // what is added to it for every model
  std::optional<Splice> options;  // to its stream_options
  std::vector<std::string> added; // the names of what is added
  // to try, in this order. One that is empty: the server is to choose (a preset, a list of models)
  std::vector<std::string> models;
  bool names_model = false;       // the body names it itself
  bool chosen_elsewhere = false;  // or leaves it to the server
  std::optional<Splice> provider; // the body's own provider object, and the max_price in it
  std::optional<Splice> max_price;
  std::vector<Caps> caps; // of each model, in the order of models; empty: none
  bool streamed = false;

  // Names in `added` what the models and the caps will add; for once they are known.
  void name_caps();

  // The body for one of the models, byte for byte the caller's with the additions.
  std::string body_of(std::size_t model) const&;
  std::string body_of(std::size_t model) &&; // without a copy; where there is only one
};

// Judges the request and adds what is missing: the model, `stream` (if `stream`; where it is not
// given, the body says), and to servers other than OpenRouter `stream_options.include_usage`. Takes
// the body out of the request, and nothing else. Errors are `invalid` or `unsupported` and name the
// part.
Result<Prepared> prepare(Request&& request, std::optional<bool> stream, bool openrouter);

// The same of a body that is ready otherwise.
std::string limited(const std::string& body, const Caps& caps);

} // namespace wayfare::wire
