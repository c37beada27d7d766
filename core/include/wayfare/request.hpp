// What is asked, where it may go, and who pays.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wayfare {

// How wayfare is to carry the call out. Nothing here is sent.
struct Route {
  std::string model;                                 // in place of the body's own "model": naming it twice is an error
  std::optional<std::chrono::milliseconds> deadline; // from submit to the last byte; else Options::deadline
  std::string key;                                   // the name of one of Options::keys; else Options::api_key
};

// Whom the call is booked to. Each at most 128 bytes of UTF-8, at most 16 tags; kept in the ledger, never sent.
struct ChargeTo {
  std::string app;
  std::string agent;
  std::string user;
  std::string run;
  std::vector<std::string> tags;
};

struct Request {
  // The JSON body of a chat completion, any of it: it reaches the server byte for byte, neither reordered nor re-encoded. What
  // wayfare has to add ("model", "stream", …) is put in at the end and named in Reply::added; a value of yours is never replaced.
  // At most 64 MiB, 128 levels deep.
  std::string body;
  Route route;
  ChargeTo charge_to;
  // More headers for this call, such as {"X-OpenRouter-Cache", "true"}. Refused: Authorization, those that wayfare writes itself,
  // and CR, LF or NUL in any of them.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string endpoint = "chat/completions"; // below the base URL; no other is supported yet
  std::string request_id;                    // stored with the entry and given back; at most 128 bytes. Nothing is deduplicated by it.
};

// {"messages":[{"role":"user","content":text}]}: the body of the simplest request. Text that is not UTF-8 is refused at submit.
std::string user_message(std::string_view text);

// The model of a request that names none.
inline constexpr std::string_view default_model = "openai/gpt-4o-mini";

} // namespace wayfare
