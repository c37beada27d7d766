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
    return "check the model's name: the operation models lists them";
  if (cause.availability == "model_deprecated" || cause.availability == "free_variant_ended")
    return "the model is gone: take another one";
  if (cause.availability == "privacy_restricted" || has(cause.message, "data policy"))
    return "the account's privacy settings exclude every provider of the model: change them, or "
           "take another model";
  if (has(cause.message, "max price")) return "raise max_price, or take a cheaper model";
  return "check the model's name, the base URL, and the account's privacy and provider settings";
}

// Overflow of the context, in the words of OpenAI, Anthropic, Google, xAI, Mistral, Groq, Cohere,
// DeepSeek, Kimi, MiniMax, Zhipu, DashScope, Bedrock, Copilot, Poolside, llama.cpp, vLLM, SGLang,
// TGI and Ollama. Each line needs all of its parts.
bool tells_overflow(std::string_view words) {
  struct Phrase {
    std::string_view part, other = "";
  };
  constexpr std::array<Phrase, 32> phrases{{{"context_length_exceeded"},
                                            {"maximum context length"},
                                            {"context_window_exceeded"},
                                            {"exceed_context_size"},
                                            {"model_max_prompt_tokens_exceeded"},
                                            {"prompt is too long"},
                                            {"prompt too long"},
                                            {"prompt exceeds max"},
                                            {"input is too long"},
                                            {"input too long"},
                                            {"maximum prompt length"},
                                            {"maximum input length"},
                                            {"range of input length"},
                                            {"available context size"},
                                            {"exceeded model token limit"},
                                            {"reduce the length of the messages"},
                                            {"reduce the length of the input"},
                                            {"longer than the model's context"},
                                            {"max_model_len"},
                                            {"context window", "exceed"},
                                            {"context length", "exceed"},
                                            {"context length", "longer"},
                                            {"context limit", "exceed"},
                                            {"context size", "exceed"},
                                            {"context", "too large for model"},
                                            {"token count", "exceeds"},
                                            {"number of tokens", "exceeds"},
                                            {"number of tokens", "exceed "},
                                            {"input tokens", "exceed"},
                                            {"prompt tokens", "exceed"},
                                            {"too many tokens", "prompt"},
                                            {"`inputs`", "tokens"}}};
  return std::ranges::any_of(
      phrases, [&](const Phrase& p) { return has(words, p.part) && has(words, p.other); });
}

// Credit that is used up, which only a payment changes.
bool tells_no_credit(const Cause& cause) {
  constexpr std::array<std::string_view, 18> phrases{"insufficient_quota",
                                                     "exceeded_current_quota",
                                                     "insufficient_balance",
                                                     "insufficient balance",
                                                     "insufficient credit",
                                                     "insufficient_credit",
                                                     "insufficient funds",
                                                     "credit balance is too low",
                                                     "not enough credit",
                                                     "out of credits",
                                                     "run out of credit",
                                                     "used all available credits",
                                                     "no credits",
                                                     "billing_hard_limit",
                                                     "billing hard limit",
                                                     "exceeded your monthly included credits",
                                                     "arrearage",
                                                     "monthly spending limit"};
  // Google says this of a limit that passes, and then tells the wait.
  const bool is_quota = has(cause.all_words, "exceeded your current quota") && !cause.passes &&
                        !has(cause.all_words, "resource_exhausted");
  return is_quota || std::ranges::any_of(phrases, [&](std::string_view phrase) {
           return has(cause.all_words, phrase);
         });
}

bool tells_rate_limit(std::string_view words) {
  constexpr std::array<std::string_view, 11> phrases{
      "rate limit",        "rate_limit",          "ratelimit",       "too many requests",
      "too_many_requests", "resource_exhausted",  "throttl",         "requests per minute",
      "tokens per minute", "requests per second", "requests per day"};
  return std::ranges::any_of(phrases, [&](auto phrase) { return has(words, phrase); });
}

// The code that the words tell, of a refusal whose status says less.
Code code_of_words(Code code, const Cause& cause) {
  const bool is_vague =
      code == Code::bad_request || code == Code::server_error || code == Code::request_too_large;
  // A provider's account is not the caller's, unless the key is.
  const bool is_own = !cause.of_provider || cause.own_key;
  if ((is_vague || code == Code::forbidden || code == Code::rate_limited) && is_own &&
      tells_no_credit(cause))
    return Code::payment_required;
  if (is_vague && tells_overflow(cause.all_words)) return Code::context_exceeded;
  const bool may_be_limit = code == Code::bad_request || code == Code::forbidden;
  if ((may_be_limit || code == Code::server_error) && tells_rate_limit(cause.all_words))
    return Code::rate_limited;
  if (code == Code::server_error && has(cause.all_words, "overloaded")) return Code::overloaded;
  return code;
}

} // namespace

Code refined(Code code, const Cause& cause) {
  constexpr std::array<std::string_view, 4> too_long{
      "context_length_exceeded", "max_tokens_exceeded", "token_limit_exceeded", "string_too_long"};
  constexpr std::array<std::string_view, 2> flagged{"content_policy_violation", "invalid_prompt"};
  if (code == Code::bad_request) {
    if (is_one(cause.type, too_long)) return Code::context_exceeded;
    if (is_one(cause.type, flagged)) return Code::moderated;
    if (cause.availability == "model_not_found" || has(cause.message, "not a valid model"))
      return Code::not_found;
  }
  if (code == Code::forbidden && (is_one(cause.type, flagged) || cause.reason == "flagged"))
    return Code::moderated;
  return code_of_words(code, cause);
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
