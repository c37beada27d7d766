#include "wire/errors.hpp"

#include <charconv>

namespace wayfare::wire {

namespace {

constexpr std::size_t quoted_max = 300;

// What a server wrote, fit for one line: cut on a character's border, control characters made blanks, and bytes that are not UTF-8
// question marks.
std::string one_line(std::string_view text) {
  std::string line;
  while (!text.empty()) {
    std::size_t length = 1;
    while (length <= 4 && !json::is_utf8(text.substr(0, length))) ++length;
    std::string_view character = length <= 4 ? text.substr(0, length) : "?";
    if (static_cast<unsigned char>(character.front()) < 0x20 || character.front() == 0x7F) character = " ";
    if (line.size() + character.size() > quoted_max) return line + "…";
    line += character;
    text.remove_prefix(length <= 4 ? length : 1);
  }
  return line;
}

bool is_retryable(Code code) {
  switch (code) {
    case Code::request_timeout:
    case Code::rate_limited:
    case Code::server_error:
    case Code::provider_failed:
    case Code::overloaded:
    case Code::provider_timeout: return true;
    default: return false;
  }
}

std::string_view advice_of(Code code) {
  switch (code) {
    case Code::bad_request: return "check the request's model, messages and parameters";
    case Code::unauthorized: return "check the API key: missing, cut short, expired, disabled, or of another account";
    case Code::payment_required: return "add credits, raise the key's limit, or ask for fewer max_tokens";
    case Code::forbidden: return "check the key's permissions and the account's guardrails and budgets";
    case Code::not_found: return "check the model's name, the base URL, and the account's privacy and provider settings";
    case Code::request_too_large: return "send less";
    case Code::rate_limited: return "wait, then try again, or use another model";
    case Code::request_timeout:
    case Code::server_error:
    case Code::provider_failed:
    case Code::overloaded: return "try again, or use another model";
    case Code::provider_timeout: return "try again, or use another model; this attempt may be billed";
    default: return "";
  }
}

// The code in the body, an integer or a string that spells one; 0 where there is none.
int code_inside(json::Value error) {
  for (const char* key : {"code", "http_status"}) {
    const json::Value code = error[key];
    if (const auto number = code.integer(); number && *number >= 100 && *number <= 999) return static_cast<int>(*number);
    int spelled = 0;
    const auto text = code.string();
    std::from_chars(text.data(), text.data() + text.size(), spelled);
    if (spelled >= 100 && spelled <= 999) return spelled;
  }
  return 0;
}

Error describe(int status, std::string message) {
  Error error;
  error.status = status;
  error.code = code_of_status(status);
  error.retryable = is_retryable(error.code);
  error.advice = advice_of(error.code);
  error.message = "the server answered " + std::to_string(status) + (message.empty() ? "" : ": " + std::move(message));
  return error;
}

} // namespace

Code code_of_status(int status) noexcept {
  switch (status) {
    case 400:
    case 409:
    case 412:
    case 422: return Code::bad_request;
    case 401: return Code::unauthorized;
    case 402: return Code::payment_required;
    case 403: return Code::forbidden;
    case 404: return Code::not_found;
    case 408: return Code::request_timeout;
    case 413: return Code::request_too_large;
    case 429: return Code::rate_limited;
    case 502: return Code::provider_failed;
    case 503:
    case 529: return Code::overloaded;
    case 504:
    case 520:
    case 522:
    case 524: return Code::provider_timeout;
    default: break;
  }
  if (status >= 500) return Code::server_error;
  if (status >= 400) return Code::bad_request;
  if (status >= 300) return Code::not_found; // a redirect, which is not followed
  return Code::server_error;                 // an error inside a 200 that has no code
}

bool may_be_billed(int status) noexcept { return code_of_status(status) == Code::provider_timeout || status < 300; }

Error refusal(int status, json::Value body) {
  json::Value error = body["error"];
  if (error.is_string()) return describe(status, one_line(error.string()));
  const int inside = code_inside(error);
  if (status < 300) status = inside != 0 ? inside : status;

  std::string message = one_line(error["message"].string());
  const json::Value metadata = error["metadata"];
  // "Provider returned error" says nothing; what the provider itself said does.
  const auto raw = metadata["raw"].string();
  if (!raw.empty() && message.find(raw) == message.npos) message += (message.empty() ? "" : ": ") + one_line(raw);
  const auto provider = metadata["provider_name"].string();
  if (!provider.empty() && message.find(provider) == message.npos) message += " (" + one_line(provider) + ")";

  Error described = describe(status, std::move(message));
  if (status < 300) described.message = "the answer is an error: " + one_line(error["message"].string());
  // The one 402 that passes by itself.
  if (metadata["limit_source"].string() == "openrouter_in_flight_budget") described.retryable = true;
  return described;
}

Error refusal(int status, std::string_view body) { return describe(status, one_line(body)); }

} // namespace wayfare::wire
