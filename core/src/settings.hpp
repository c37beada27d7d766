// The options, judged and completed from the environment.
#pragma once

#include <string>

#include <wayfare/client.hpp>

namespace wayfare {

struct Settings {
  Options options;      // as given; the key is moved out
  std::string base_url; // without a slash at the end
  std::string ledger;   // absolute, ":memory:", or empty where there is no home
  bool openrouter = false;
  std::string key;       // as found, not judged yet
  std::string key_place; // "the option api_key" or "OPENROUTER_API_KEY"
};

// Errors are `invalid` and name the option or the variable.
Result<Settings> settle(Options options);

// What is wrong with the key, for a call that is about to need it. Never quotes it.
std::optional<Error> fault_of_key(const Settings& settings);

} // namespace wayfare
