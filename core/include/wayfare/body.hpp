// Builds the body of a chat, so that a program needs no JSON library for it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wayfare {

// A JSON object with messages and other members.
//
//   request.body = wayfare::Body().system("Be brief.").user("Hello").max_tokens(100);
//
// Texts are UTF-8. If one is not, the operation that gets the body fails with `invalid`. Each
// method returns the object itself. No method throws, except std::bad_alloc.
class Body {
 public:
  // Add a message at the end.
  Body& system(std::string_view text) { return add("system", text); }
  Body& user(std::string_view text) { return add("user", text); }
  Body& assistant(std::string_view text) { return add("assistant", text); }
  // The result of a tool call, for the ToolCall::id of the reply.
  Body& tool(std::string_view call_id, std::string_view result);
  // A message as JSON, such as Reply::message. An empty text adds nothing.
  Body& message(std::string_view json);

  // Set a member. A member that is set again keeps its place and gets the new value.
  Body& model(std::string_view name) { return text("model", name); }
  Body& max_tokens(std::int64_t most) { return json("max_tokens", std::to_string(most)); }
  Body& text(std::string_view name, std::string_view value);
  // The value is JSON, such as "0.5", "true" or {"type":"json_object"}. It is not checked here.
  Body& json(std::string_view name, std::string_view value);

  // The JSON text.
  std::string str() const;
  operator std::string() const { return str(); } // so that it can be given as Request::body

 private:
  Body& add(std::string_view role, std::string_view text);
  std::vector<std::string> messages_;
  std::vector<std::pair<std::string, std::string>> members_; // names, and values as JSON
};

} // namespace wayfare
