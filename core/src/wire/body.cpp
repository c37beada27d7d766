#include <wayfare/body.hpp>

#include <algorithm>

#include "base/json_text.hpp"

namespace wayfare {

// A text that is not UTF-8 is not JSON either: submit will refuse it.
static std::string in_quotes(std::string_view text) {
  return json::is_utf8(text) ? json::quoted(text) : "\"" + std::string(text) + "\"";
}

Body& Body::add(std::string_view role, std::string_view text) {
  messages_.push_back(R"({"role":)" + in_quotes(role) + R"(,"content":)" + in_quotes(text) + "}");
  return *this;
}

Body& Body::tool(std::string_view call_id, std::string_view result) {
  messages_.push_back(R"({"role":"tool","tool_call_id":)" + in_quotes(call_id) + R"(,"content":)" +
                      in_quotes(result) + "}");
  return *this;
}

Body& Body::message(std::string_view json) {
  if (!json.empty()) messages_.emplace_back(json);
  return *this;
}

Body& Body::text(std::string_view name, std::string_view value) {
  return json(name, in_quotes(value));
}

Body& Body::json(std::string_view name, std::string_view value) {
  const auto known = std::ranges::find(members_, name, [](const auto& one) { return one.first; });
  if (known != members_.end())
    known->second = value;
  else
    members_.emplace_back(name, value);
  return *this;
}

std::string Body::str() const {
  std::string out = R"({"messages":[)";
  for (const std::string& message : messages_)
    out += (&message == messages_.data() ? "" : ",") + message;
  out += "]";
  for (const auto& [name, value] : members_) out += "," + in_quotes(name) + ":" + value;
  return out + "}";
}

} // namespace wayfare
