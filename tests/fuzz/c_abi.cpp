// The C interface, with a server that answers any bytes. The input is a request as JSON, a line
// "---", and the bytes of the answer; without that line it is the answer alone. An answer that does
// not begin with "HTTP/" gets the head of a stream.

#include <string>

#include "fuzz/conversation.hpp"
#include "fuzz/targets.hpp"

namespace fuzz {

namespace {

constexpr std::string_view streamed =
    R"({"body":{"messages":[{"role":"user","content":"hi"}],"stream":true}})";

// A backup writes a file to a place that the input would choose.
bool is_allowed(const wayfare::json::Document& request) {
  return request.root()["op"].string() != "backup";
}

// Whether the request may take more time than the client has for it.
bool has_own_time(const wayfare::json::Document& request) {
  return request.has_name("deadline") || request.has_name("budget_wait");
}

} // namespace

void c_abi(std::string_view input) {
  const Parts parts = parts_of(input);
  const std::string request(parts.are_two ? parts.first : streamed);
  wayfare::json::Document document;
  if (document.parse(request) && !is_allowed(document)) return;

  const std::string bytes(parts.second);
  const Server server(
      [&](const std::string&) {
        return bytes.starts_with("HTTP/") ? bytes : Server::stream(bytes);
      },
      true);
  // No list of models is kept on the disk.
  setenv("XDG_CACHE_HOME", "/dev/null", 1);
  CClient client(server, ":memory:", R"(,"retries":1,"deadline":1)");
  Conversation conversation(client);
  constexpr std::chrono::seconds patience{20};
  if (has_own_time(document))
    conversation.ask(request, std::chrono::seconds(2));
  else
    conversation.ask_in_time(request, patience);
  conversation.ask_in_time(R"({"op":"entries"})", patience);
  conversation.ask_in_time(R"({"op":"verify"})", patience);
  close_in_time(client);
}

} // namespace fuzz
