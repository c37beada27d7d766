// What a body takes from the profile of an agent. The input is a profile as JSON, a line "---", and
// the body of a request.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json_source.hpp"
#include "base/read_fields.hpp"
#include "base/write_fields.hpp"
#include "fuzz/bodies.hpp"
#include "fuzz/check.hpp"
#include "fuzz/targets.hpp"
#include "wire/agent_profile.hpp"
#include "wire/defaults.hpp"
#include "wire/read_needs.hpp"

namespace fuzz {

namespace {

using namespace wayfare;

std::optional<Profile> profile_of(std::string_view text) {
  json::Document document;
  if (!document.parse(text) || !document.root().is_object()) return std::nullopt;
  Profile profile;
  try {
    fields::read_record(json::Source(document.root()), "", profile);
  } catch (const Exception& refused) {
    check_error(refused.error());
    return std::nullopt;
  }
  return profile;
}

// What the ledger stores is read again as it was. It stores texts apart.
void check_stored(Profile profile) {
  for (std::string* text : {&profile.parameters, &profile.tools, &profile.system}) text->clear();
  if (profile.budget == AgentBudget{}) profile.budget.reset();
  std::string text;
  fields::write(text, profile, Shape::sparse);
  const auto again = profile_of(text);
  check(again && *again == profile, "a profile is not read again as it was written", text);
}

void check_messages(json::Value caller, json::Value sent, const std::string& system) {
  json::Value there = sent.first();
  check_equal(there["role"].string(), "system", "the first message is another one");
  check_equal(there["content"].string(), system, "the system prompt changes");
  there = there.next();
  for (json::Value one = caller.first(); one.exists(); one = one.next()) {
    check_equal(there.raw(), one.raw(), "a message of the caller changes");
    there = there.next();
  }
  check(!there.exists(), "there are more messages");
}

// The needs as they were read of two texts, and of the one that is sent.
void check_needs(const Needs& needs, const json::Document& sent) {
  const Needs right = wire::needs_of(sent);
  check(needs.prompt_bytes == right.prompt_bytes, "prompt bytes differ");
  check(needs.hidden_tokens == right.hidden_tokens, "hidden tokens differ");
  check(needs.completion_tokens == right.completion_tokens, "the limit of the answer differs");
  check(needs.more_completion_tokens == right.more_completion_tokens, "more tokens differ");
  check(needs.answers == right.answers, "the answers differ");
  check(needs.strict == right.strict, "strictness differs");
  check(needs.unbounded.empty() == right.unbounded.empty(), "bounds differ", needs.unbounded);
  check(needs.caches || !right.caches, "a cache is not seen");
}

} // namespace

void profiles(std::string_view input) {
  const Parts parts = parts_of(input);
  const auto profile = profile_of(parts.are_two ? parts.first : "{}");
  if (!profile) return;
  check_stored(*profile);
  const auto refused = wire::judge_profile(*profile);
  if (refused) return check_error(*refused);
  const auto read = wire::read_profile({.name = "a", .version = 1, .profile = *profile});
  check(read.ok(), "a good profile cannot be used", read.ok() ? "" : read.error().message);
  Request request{.body = std::string(parts.second)};
  const auto fault = wire::take_defaults(request, {}, &(*read)->defaults);
  check(!fault, "good defaults are refused");
  const auto prepared =
      wire::prepare(std::move(request), std::nullopt, openrouter_server(), read->get());
  if (!prepared) return check_error(prepared.error());
  check_body(*prepared, parts.second, {});
  check_body(*prepared, parts.second, {.max_price = {{"prompt", "\"1\""}}});
  const wire::Body body =
      prepared->body_of(prepared->source, prepared->models.front(), wire::Caps());
  json::Document caller, sent;
  caller.parse(parts.second);
  check(sent.parse(*body.text), "what is sent is no JSON");
  if (prepared->system)
    check_messages(caller.root()["messages"], sent.root()["messages"], profile->system);
  check_needs(prepared->needs, sent);
}

} // namespace fuzz
