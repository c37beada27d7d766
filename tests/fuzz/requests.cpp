// The body of a request: what is sent is the caller's bytes with what is added, each name once.

#include <algorithm>
#include <string>
#include <vector>

#include "fuzz/bodies.hpp"
#include "fuzz/check.hpp"
#include "fuzz/targets.hpp"
#include "wire/prepare.hpp"

namespace fuzz {

namespace {

using namespace wayfare;

void check_needs(const Needs& needs) {
  for (const std::int64_t count :
       {needs.prompt_bytes, needs.body_bytes, needs.hidden_tokens, needs.more_completion_tokens,
        needs.answers, needs.completion_tokens.value_or(0)})
    check(count >= 0, "a request needs less than nothing");
  for (const auto& list : {needs.inputs, needs.outputs, needs.parameters, needs.other_models})
    for (const std::string& name : list) check_utf8(name, "what a request needs");
}

// Caps as a plan may add them: none that the body has, or to which it has no place.
wire::Caps caps_for(const wire::Prepared& prepared) {
  wire::Caps caps;
  if (!prepared.needs.unbounded.empty() || !prepared.takes_max_price) return caps;
  for (const char* name : {"prompt", "completion", "image"})
    if (std::ranges::find(prepared.needs.own_limits, name) == prepared.needs.own_limits.end())
      caps.max_price.emplace_back(name, "\"2.5\"");
  if (!prepared.needs.completion_tokens) caps.completion_tokens = 100;
  return caps;
}

} // namespace

void requests(std::string_view input) {
  for (const Server& server : {openrouter_server(), openai_server()})
    for (const auto stream : {std::optional<bool>(), std::optional(true), std::optional(false)}) {
      const auto prepared = wire::prepare({.body = std::string(input)}, stream, server);
      if (!prepared) {
        check_error(prepared.error());
        continue;
      }
      check_needs(prepared->needs);
      for (const std::string& line : prepared->odd_names) check_utf8(line, "a warning");
      check_body(*prepared, input, {});
      check_body(*prepared, input, caps_for(*prepared));
    }
}

} // namespace fuzz
