// How the body that is sent is judged beside the caller's.
#pragma once

#include <string>
#include <string_view>

#include "base/json.hpp"
#include "fuzz/check.hpp"
#include "wire/prepare.hpp"

namespace fuzz {

// The members of the caller stand in their order. All but those to which something may be added
// have their text.
// `system`: a message was added before the caller's.
inline void check_members(wayfare::json::Value caller, wayfare::json::Value sent, bool system) {
  using wayfare::json::Value;
  Value there = sent.first();
  for (Value member = caller.first(); member.exists(); member = member.next()) {
    const std::string_view name = member.key();
    if (member.is_null() && name == "stream_options" && !sent[name].exists()) continue;
    while (there.exists() && there.key() != name) there = there.next();
    check(there.exists(), "a member of the caller is lost or moved", name);
    if (name == "messages" && system) continue;
    if (!member.is_null() && name != "provider" && name != "stream_options")
      check_equal(there.raw(), member.raw(), "a member of the caller changes");
  }
}

inline void check_body(const wayfare::wire::Prepared& prepared, std::string_view input,
                       const wayfare::wire::Caps& caps) {
  using wayfare::json::Document, wayfare::json::Value;
  const std::string& model = prepared.models.front();
  const wayfare::wire::Body body = prepared.body_of(prepared.source, model, caps);
  check_equal(body.source(), input, "the caller's text changes");
  Document caller, sent;
  check(caller.parse(input), "a request is taken that is no JSON");
  if (!sent.parse(*body.text)) fail("what is sent is no JSON: " + sent.error(), *body.text);
  check(!sent.repeated_name(), "a name is sent twice", *body.text);
  check_members(caller.root(), sent.root(), prepared.system.has_value());
  for (const std::string& name : prepared.added_for(model, caps)) {
    if (name == "messages[0]") continue;
    const auto dot = name.find('.');
    Value added = sent.root()[name.substr(0, dot)];
    if (dot != name.npos) added = added[name.substr(dot + 1)];
    check(added.exists() && !added.is_null(), "what is added is not sent: " + name, *body.text);
  }
}

} // namespace fuzz
