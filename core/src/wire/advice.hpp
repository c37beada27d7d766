// What to do about a server's refusal, in one line. Pure.
#pragma once

#include <string>
#include <string_view>

#include <wayfare/error.hpp>

namespace wayfare::wire {

// What a refusal says of its cause, beside the status. Any of it may be empty.
struct Cause {
  std::string_view type;         // error_type, such as "context_length_exceeded"
  std::string_view limit_source; // such as "openrouter_key_limit"
  std::string_view reason;       // such as "in_flight_budget_exhausted"
  std::string_view availability; // availability.code, such as "model_not_found"
  std::string_view message;      // the server's and the provider's own words
  bool own_key = false;          // the provider was called with the account's own key for it
};

// The code, where the cause tells it better than the status does.
Code refined(Code code, const Cause& cause);

// Whose limit it was, in the words of Error::limit.
std::string limit_of(Code code, const Cause& cause, bool named_provider);

// The advice for an error whose code, limit and retry_after are known.
std::string advice_of(const Error& error, const Cause& cause);

} // namespace wayfare::wire
