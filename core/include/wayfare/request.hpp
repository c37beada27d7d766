// What is asked, where it may go, and who pays.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <wayfare/money.hpp>

namespace wayfare {

// How the models of a call are put in order.
struct Policy {
  // "": as named, one model or the list in its order. "cheapest": by the expected cost of this very
  // request; among `models` where there are any, else among the whole catalogue's that can serve
  // it.
  std::string sort;

  // A model that is dearer is left out, and OpenRouter is told to refuse a provider that is.
  // Dollars per million tokens; per request and image.
  std::optional<Price> prompt_max, completion_max, request_max, image_max;

  bool operator==(const Policy&) const = default;
};

// How wayfare is to carry the call out. Nothing here is sent as it stands.
struct Route {
  std::string model; // in place of the body's own "model": naming it twice is an error
  std::vector<std::string>
      // tried in this order, or in the policy's: the next one where one fails before its first
      // delta. At most 32
      models;
  Policy policy;
  // of one model, after its first attempt; 0 to 10, else Options::retries
  std::optional<int> retries;
  // from submit to the last byte; else Options::deadline
  std::optional<std::chrono::milliseconds> deadline;
  // that the whole call may cost at most, attempts that failed included: by a bound that the
  // request is made to keep at OpenRouter, elsewhere by an estimate
  std::optional<Amount> max_cost;
  // the name of one of Options::keys; else Options::api_key
  std::string key;
};

// Whom the call is booked to. Each at most 128 bytes of UTF-8, at most 16 tags; kept in the ledger,
// never sent.
struct ChargeTo {
  std::string app;
  std::string agent;
  std::string user;
  std::string run;
  std::vector<std::string> tags;
};

struct Request {
  // The JSON body of a chat completion, any of it: it reaches the server byte for byte, neither
  // reordered nor re-encoded. What wayfare has to add ("model", "stream", …) is put in at the end
  // and named in Reply::added; a value of yours is never replaced. At most 64 MiB, 128 levels deep.
  std::string body;
  Route route;
  ChargeTo charge_to;
  // More headers for this call, such as {"X-OpenRouter-Cache", "true"}. Refused: Authorization,
  // those that wayfare writes itself, and CR, LF or NUL in any of them.
  std::vector<std::pair<std::string, std::string>> headers;
  // stored with the entry and given back; at most 128 bytes. Nothing is deduplicated by it.
  std::string request_id;
};

// {"messages":[{"role":"user","content":text}]}: the body of the simplest request. Text that is not
// UTF-8 is refused at submit.
std::string user_message(std::string_view text);

// The model of a request that names none.
inline constexpr std::string_view default_model = "openai/gpt-4o-mini";

} // namespace wayfare
