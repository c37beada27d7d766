#include "wire/advice.hpp"

#include <algorithm>
#include <array>

namespace wayfare::wire {

namespace {

bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

template <std::size_t count>
bool is_one(std::string_view text, const std::array<std::string_view, count>& of) {
  return std::ranges::find(of, text) != of.end();
}

std::string about(const std::optional<std::chrono::milliseconds>& wait) {
  if (!wait) return "";
  const auto seconds = (wait->count() + 999) / 1000;
  if (seconds < 120) return " in " + std::to_string(seconds) + " s";
  return seconds < 7200 ? " in " + std::to_string((seconds + 59) / 60) + " min"
                        : " in " + std::to_string((seconds + 3599) / 3600) + " h";
}

std::string of_rate_limit(const Error& error, const Cause& cause) {
  const std::string when = about(error.retry_after);
  if (error.limit == "free tier")
    return "free models have limits per account, not per key: try again" +
           (when.empty() ? " in a minute, or after midnight UTC if the limit of the day is used up"
                         : when) +
           ", add credits to raise the limits, or use a paid model";
  if (cause.own_key)
    return "this is the limit of your own key at the provider: try again" +
           (when.empty() ? " later" : when) + ", or raise the limit there";
  if (error.limit == "provider")
    return "the provider is at its limit, not your account: try again" +
           (when.empty() ? " in a few seconds" : when) +
           ", name other models in route.models, or add your own key for the provider";
  if (error.limit == "key") return "raise this key's limit, or use another key";
  return "run fewer calls at once, try again" + (when.empty() ? " later" : when) +
         ", or name other models in route.models";
}

std::string of_payment(const Error& error, const Cause& cause) {
  if (cause.limit_source == "openrouter_in_flight_budget")
    return cause.reason == "weight_exceeds_budget"
               ? "ask for fewer max_tokens: this request alone exceeds the account's budget for "
                 "calls in flight"
               : "let running calls end, then try again" + about(error.retry_after);
  if (error.limit == "key") return "raise this key's limit, or use another key";
  if (has(cause.message, "max_tokens"))
    return "ask for fewer max_tokens, take a cheaper model, or add credits";
  return "add credits, raise the key's limit, or ask for fewer max_tokens";
}

std::string of_not_found(const Cause& cause) {
  if (cause.availability == "model_not_found" || has(cause.message, "not a valid model"))
    return "check the model's name: client.models() lists them";
  if (cause.availability == "model_deprecated" || cause.availability == "free_variant_ended")
    return "the model is gone: take another one";
  if (cause.availability == "privacy_restricted" || has(cause.message, "data policy"))
    return "the account's privacy settings exclude every provider of the model: change them, or "
           "take another model";
  if (has(cause.message, "max price")) return "raise max_price, or take a cheaper model";
  return "check the model's name, the base URL, and the account's privacy and provider settings";
}

} // namespace

Code refined(Code code, const Cause& cause) {
  constexpr std::array<std::string_view, 4> too_long{
      "context_length_exceeded", "max_tokens_exceeded", "token_limit_exceeded", "string_too_long"};
  constexpr std::array<std::string_view, 2> flagged{"content_policy_violation", "invalid_prompt"};
  if (code == Code::bad_request) {
    if (is_one(cause.type, too_long) || has(cause.message, "maximum context length") ||
        has(cause.message, "context_length_exceeded"))
      return Code::context_exceeded;
    if (is_one(cause.type, flagged)) return Code::moderated;
    if (cause.availability == "model_not_found" || has(cause.message, "not a valid model"))
      return Code::not_found;
  }
  if (code == Code::forbidden && (is_one(cause.type, flagged) || cause.reason == "flagged"))
    return Code::moderated;
  return code;
}

std::string limit_of(Code code, const Cause& cause, bool named_provider) {
  const auto source = [&](std::string_view part) { return has(cause.limit_source, part); };
  if (source("free_tier") || source("free_models") || has(cause.message, "free-models-per"))
    return "free tier";
  if (source("key_limit") || has(cause.message, "Key limit exceeded")) return "key";
  if (source("credits") || source("in_flight")) return "account";
  if (source("upstream") || source("provider")) return "provider";
  if (code != Code::rate_limited) return "";
  if (cause.availability == "capacity_exhausted") return "model";
  return named_provider ? "provider" : has(cause.message, "Rate limit exceeded") ? "account" : "";
}

std::string advice_of(const Error& error, const Cause& cause) {
  switch (error.code) {
    case Code::bad_request: return "check the request's model, messages and parameters";
    case Code::unauthorized:
      return "check, in order: that the key is whole, current and enabled "
             "(openrouter.ai/settings/keys), that it is not a management key, and that it belongs "
             "to this base URL";
    case Code::payment_required: return of_payment(error, cause);
    case Code::forbidden:
      return error.limit == "key"
                 ? "raise this key's limit, or use another key"
                 : "check the key's permissions and the account's guardrails, budgets and regions";
    case Code::moderated: return "change the input, or use a model that is not moderated";
    case Code::context_exceeded:
      return "send less, ask for fewer max_tokens, or use a model with a longer context";
    case Code::not_found: return of_not_found(cause);
    case Code::request_too_large: return "send less";
    case Code::rate_limited: return of_rate_limit(error, cause);
    case Code::request_timeout:
    case Code::server_error:
    case Code::provider_failed:
    case Code::overloaded:
      if (!error.retryable)
        return "name other models in route.models, or leave out features that only some providers "
               "support";
      return "try again" + about(error.retry_after) + ", or name other models in route.models";
    case Code::provider_timeout:
      return "try again, or name other models in route.models; this attempt may be billed";
    default: return "";
  }
}

} // namespace wayfare::wire
