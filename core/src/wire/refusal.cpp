#include "wire/refusal.hpp"

#include <charconv>
#include <chrono>
#include <optional>

#include "base/json_text.hpp"
#include "wire/advice.hpp"
#include "wire/retry_after.hpp"

namespace wayfare::wire {

namespace {

constexpr std::size_t quoted_max = 300;

// Turns the server's text into one line of at most quoted_max bytes. Cuts between characters.
// Replaces control characters by blanks, and bytes that are not UTF-8 by question marks.
std::string one_line(std::string_view text) {
  std::string line;
  while (!text.empty()) {
    std::size_t length = 1;
    while (length <= 4 && !json::is_utf8(text.substr(0, length))) ++length;
    std::string_view character = length <= 4 ? text.substr(0, length) : "?";
    if (static_cast<unsigned char>(character.front()) < 0x20 || character.front() == 0x7F)
      character = " ";
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

// The code in the body: an integer, or a string with an integer. 0 if there is none.
int code_inside(json::Value error) {
  for (const char* key : {"code", "http_status"}) {
    const json::Value code = error[key];
    if (const auto number = code.integer(); number && *number >= 100 && *number <= 999)
      return static_cast<int>(*number);
    int spelled = 0;
    const auto text = code.string();
    std::from_chars(text.data(), text.data() + text.size(), spelled);
    if (spelled >= 100 && spelled <= 999) return spelled;
  }
  return 0;
}

// The wait in the body: a number in `metadata` or `availability`, or else a header that the server
// copied into the body.
std::optional<std::chrono::milliseconds> wait_inside(json::Value error, std::int64_t now_s) {
  const json::Value metadata = error["metadata"], headers = metadata["headers"];
  for (const json::Value figure : {metadata["retry_after_seconds"],
                                   error["availability"]["retry_after"], headers["Retry-After"]})
    if (const auto wait = wait_of(figure.is_string() ? figure.string() : figure.number(), now_s))
      return wait;
  const json::Value reset = headers["X-RateLimit-Reset"];
  std::int64_t at = reset.integer().value_or(0);
  if (const auto text = reset.string(); !text.empty())
    std::from_chars(text.data(), text.data() + text.size(), at);
  return wait_until(at, now_s);
}

// The text of a refusal: the error's message, and the provider's text, which alone tells the cause
// if the message is only "Provider returned error". Bodies without `error` have the message in
// other members.
std::string words_of(json::Value body, json::Value error) {
  if (error.is_string()) return one_line(error.string());
  std::string words = one_line(error["message"].string());
  for (const char* key : {"message", "detail", "title"})
    if (words.empty() && !error.exists()) words = one_line(body[key].string());
  const auto raw = error["metadata"]["raw"].string();
  if (!raw.empty() && words.find(raw) == words.npos)
    words += (words.empty() ? "" : ": ") + one_line(raw);
  return words;
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
  if (status >= 300) return Code::not_found; // a redirect; redirects are not followed
  return Code::server_error; // an error without a code inside an answer with status 200
}

bool may_be_billed(int status) noexcept {
  return code_of_status(status) == Code::provider_timeout || status < 300;
}

bool is_refusal(Code code) noexcept {
  return code <= Code::bad_request && code >= Code::context_exceeded;
}

Error refusal(const ResponseHead& head, json::Value body) {
  const json::Value error = body["error"], metadata = error["metadata"];
  const int inside = code_inside(error);
  std::string words = words_of(body, error);
  const json::Value type =
      error["error_type"].is_string() ? error["error_type"] : metadata["error_type"];
  const json::Value availability = error["availability"];
  const Cause cause{
      .type = type.string(),
      .limit_source = metadata["limit_source"].string(),
      .reason = metadata["reasons"].size() != 0 ? "flagged" : metadata["reason"].string(),
      .availability = availability["code"].string(),
      .message = words,
      .own_key = metadata["is_byok"].is_true()};

  Error described;
  described.status = head.status < 300 && inside != 0 ? inside : head.status;
  described.code = refined(code_of_status(described.status), cause);
  described.provider = one_line(metadata["provider_name"].string());
  described.retryable = is_retryable(described.code);
  // The only 402 that may pass without action.
  if (cause.limit_source == "openrouter_in_flight_budget")
    described.retryable = cause.reason != "weight_exceeds_budget";
  if (availability["retryable"].kind() == json::Kind::boolean)
    described.retryable = availability["retryable"].is_true();
  described.limit = limit_of(described.code, cause, !described.provider.empty());
  described.retry_after = wait_inside(error, head.wall_s);
  if (!described.retry_after) described.retry_after = wait_of(head.retry_after, head.wall_s);
  described.advice = advice_of(described, cause);

  if (!described.provider.empty() && words.find(described.provider) == words.npos)
    words += " (" + described.provider + ")";
  described.message = described.status < 300
                          ? "the answer is an error: " + words
                          : "the server answered " + std::to_string(described.status) +
                                (words.empty() ? "" : ": " + words);
  return described;
}

Error refusal(const ResponseHead& head, std::string_view body) {
  Error described = refusal(head, json::Value());
  if (const std::string words = one_line(body); !words.empty()) described.message += ": " + words;
  return described;
}

} // namespace wayfare::wire
