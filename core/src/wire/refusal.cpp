#include "wire/refusal.hpp"

#include <charconv>
#include <chrono>
#include <optional>

#include "wire/advice.hpp"
#include "wire/refusal_words.hpp"
#include "wire/retry_after.hpp"

namespace wayfare::wire {

namespace {

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

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
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

// The wait that Google tells in a list of details: "7.5s".
std::optional<std::chrono::milliseconds> retry_info_of(json::Value error, std::int64_t now_s) {
  const json::Value details = error["details"];
  for (json::Value one = details.first(); details.is_array() && one.exists(); one = one.next()) {
    auto delay = one["retryDelay"].string();
    if (!delay.ends_with('s')) continue;
    delay.remove_suffix(1);
    if (const auto wait = wait_of(delay, now_s)) return wait;
  }
  return std::nullopt;
}

// The wait in the body: a number in `metadata` or `availability`, or else a header that the server
// copied into the body, or what a provider told.
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
  if (const auto wait = wait_until(at, now_s)) return wait;
  if (const auto wait = retry_info_of(error, now_s)) return wait;
  json::Document provider; // what the provider sent, as a text
  const auto raw = metadata["raw"].string();
  if (raw.empty() || !provider.parse_beginning(raw)) return std::nullopt;
  return retry_info_of(error_of(provider.root()), now_s);
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

bool tells_error(json::Value body, bool is_named) {
  if (body.is_array()) {
    body = body.first();
    return body.is_object() && says_anything(body["error"]);
  }
  if (!body.is_object()) return false;
  if (says_anything(body["error"])) return true;
  if (body["choices"].size() > 0) return false;
  if (is_named || body["object"].string() == "error" || body["type"].string() == "error")
    return true;
  for (const char* key : {"detail", "errors"})
    if (says_anything(body[key])) return true;
  const json::Value status = body["base_resp"]["status_code"]; // MiniMax
  const bool has_code = says_anything(status) || says_anything(body["code"]);
  return has_code && !words_of(body).empty();
}

namespace {

// A redirect is not followed: the key is for the server that the caller named.
void tell_redirect(const ResponseHead& head, Error& described) {
  if (head.status < 300 || head.status >= 400 || head.location.empty()) return;
  described.message +=
      "; it points to " + one_line(head.location) + ", which wayfare does not follow";
  described.advice = "if you trust that address, make it the base URL";
}

Error described_by(const ResponseHead& head, json::Value body) {
  const std::string_view whole = body.raw();
  if (body.is_array()) body = body.first();
  const json::Value error = error_of(body), metadata = error["metadata"];
  int inside = code_inside(error);
  if (inside == 0) inside = code_inside(body);
  std::string words = words_of(body);
  if (words.empty()) words = one_line(whole);
  const std::string all_words = lower(all_words_of(body));
  const json::Value type =
      error["error_type"].is_string() ? error["error_type"] : metadata["error_type"];
  const json::Value availability = error["availability"];
  Error described;
  described.status = head.status < 300 && inside != 0 ? inside : head.status;
  described.provider = one_line(metadata["provider_name"].string());
  described.retry_after = wait_inside(error, head.wall_s);
  const Cause cause{
      .type = type.string(),
      .limit_source = metadata["limit_source"].string(),
      .reason = metadata["reasons"].size() != 0 ? "flagged" : metadata["reason"].string(),
      .availability = availability["code"].string(),
      .message = words,
      .all_words = all_words,
      .own_key = metadata["is_byok"].is_true(),
      .of_provider = !described.provider.empty(),
      .passes = described.retry_after.has_value()};

  described.code = refined(code_of_status(described.status), cause);
  described.retryable = is_retryable(described.code);
  // The only 402 that may pass without action.
  if (cause.limit_source == "openrouter_in_flight_budget")
    described.retryable = cause.reason != "weight_exceeds_budget";
  if (availability["retryable"].kind() == json::Kind::boolean)
    described.retryable = availability["retryable"].is_true();
  described.limit = limit_of(described.code, cause, !described.provider.empty());
  if (!described.retry_after) described.retry_after = wait_of(head);
  described.advice = advice_of(described, cause);

  if (!described.provider.empty() && words.find(described.provider) == words.npos)
    words += " (" + described.provider + ")";
  described.message = described.status < 300
                          ? "the answer is an error: " + words
                          : "the server answered " + std::to_string(described.status) +
                                (words.empty() ? "" : ": " + words);
  return described;
}

} // namespace

Error refusal(const ResponseHead& head, json::Value body) {
  Error described = described_by(head, body);
  tell_redirect(head, described);
  return described;
}

Error refusal(const ResponseHead& head, std::string_view body) {
  const std::string words = one_line(body);
  if (words.empty()) return refusal(head, json::Value());
  Error described = described_by(head, json::Value());
  const std::string all_words = lower(words);
  const Cause cause{.message = words, .all_words = all_words};
  described.code = refined(described.code, cause);
  described.retryable = is_retryable(described.code);
  described.advice = advice_of(described, cause);
  described.message += (described.message.ends_with(": ") ? "" : ": ") + words;
  tell_redirect(head, described);
  return described;
}

Error unreadable(const ResponseHead& head, const json::Document& body, bool whole) {
  Error described{.code = Code::malformed,
                  .message = "the answer is not JSON: " + body.error(),
                  .advice = "check the base URL",
                  .status = head.status,
                  .retry_after = wait_of(head)};
  const bool is_cut = body.is_cut_short();
  if (!whole) {
    described.code = Code::connection_lost;
    described.message = "the connection was lost in the middle of the answer";
    described.advice = "this attempt may be billed";
  } else if (is_cut || body.is_empty()) {
    described.message = is_cut ? "the answer is cut short: " + body.error() : "the answer is empty";
    described.advice = "try again; this attempt may be billed";
  }
  described.retryable = !whole || is_cut || body.is_empty();
  return described;
}

} // namespace wayfare::wire
