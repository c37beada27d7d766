// The body of a request: what is sent is the caller's bytes with what is added, each name once.

#include <algorithm>
#include <string>
#include <vector>

#include "fuzz/check.hpp"
#include "fuzz/targets.hpp"
#include "wire/prepare.hpp"

namespace fuzz {

namespace {

using namespace wayfare;
using wayfare::json::Document;
using wayfare::json::Value;

void check_needs(const Needs& needs) {
  for (const std::int64_t count :
       {needs.prompt_bytes, needs.body_bytes, needs.hidden_tokens, needs.more_completion_tokens,
        needs.answers, needs.completion_tokens.value_or(0)})
    check(count >= 0, "a request needs less than nothing");
  for (const auto& list : {needs.inputs, needs.outputs, needs.parameters, needs.other_models})
    for (const std::string& name : list) check_utf8(name, "what a request needs");
}

// The members of the caller stand in their order. All but those to which something may be added
// have their text.
void check_members(Value caller, Value sent) {
  Value there = sent.first();
  for (Value member = caller.first(); member.exists(); member = member.next()) {
    const std::string_view name = member.key();
    if (member.is_null() && name == "stream_options" && !sent[name].exists()) continue;
    while (there.exists() && there.key() != name) there = there.next();
    check(there.exists(), "a member of the caller is lost or moved", name);
    if (!member.is_null() && name != "provider" && name != "stream_options")
      check_equal(there.raw(), member.raw(), "a member of the caller changes");
  }
}

void check_body(const wire::Prepared& prepared, std::string_view input, const wire::Caps& caps) {
  const std::string& model = prepared.models.front();
  const wire::Body body = prepared.body_of(prepared.source, model, caps);
  check_equal(body.source(), input, "the caller's text changes");
  Document caller, sent;
  check(caller.parse(input), "a request is taken that is no JSON");
  if (!sent.parse(*body.text)) fail("what is sent is no JSON: " + sent.error(), *body.text);
  check(!sent.repeated_name(), "a name is sent twice", *body.text);
  check_members(caller.root(), sent.root());
  for (const std::string& name : prepared.added_for(model, caps)) {
    const auto dot = name.find('.');
    Value added = sent.root()[name.substr(0, dot)];
    if (dot != name.npos) added = added[name.substr(dot + 1)];
    check(added.exists() && !added.is_null(), "what is added is not sent: " + name, *body.text);
  }
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
