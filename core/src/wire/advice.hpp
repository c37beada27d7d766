// The advice for a refusal of the server, in one line. Pure.
#pragma once

#include <string>
#include <string_view>

#include <wayfare/error.hpp>

namespace wayfare::wire {

// The cause of a refusal, as the server tells it besides the status. Any field may be empty.
struct Cause {
  std::string_view type;         // error_type, such as "context_length_exceeded"
  std::string_view limit_source; // such as "openrouter_key_limit"
  std::string_view reason;       // such as "in_flight_budget_exhausted"
  std::string_view availability; // availability.code, such as "model_not_found"
  std::string_view message;      // the text of the server and the provider
  // all of the server's and the provider's codes, types and texts, in small letters
  std::string_view all_words;
  bool own_key = false;     // the provider was called with the account's own key (BYOK)
  bool of_provider = false; // the provider is named: the refusal is the provider's
  bool passes = false;      // the body tells how long to wait
};

// Returns a more exact code if the cause gives one, else `code`.
Code refined(Code code, const Cause& cause);

// Returns the owner of the exceeded limit, as in Error::limit.
std::string limit_of(Code code, const Cause& cause, bool named_provider);

// Returns the advice. The error must have its code, limit and retry_after.
std::string advice_of(const Error& error, const Cause& cause);

} // namespace wayfare::wire
