// A request made ready to send. Pure.
#pragma once

#include <string>
#include <vector>

#include <wayfare/error.hpp>
#include <wayfare/request.hpp>

namespace wayfare::wire {

struct Prepared {
  std::string body;               // the caller's bytes, with what was added at the end of the object
  std::vector<std::string> added; // its names
  std::string model;              // that is asked for; empty where the server is to choose (a preset, a list of models)
  bool streamed = false;
};

// Judges the request and adds what is missing: the model, `stream` (if `stream`), and to servers other than OpenRouter
// `stream_options.include_usage`. Errors are `invalid` or `unsupported` and name the part.
Result<Prepared> prepare(Request request, bool stream, bool openrouter);

} // namespace wayfare::wire
