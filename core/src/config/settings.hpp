// The options, judged and completed from the environment.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <wayfare/options.hpp>

#include "config/keys.hpp"

namespace wayfare {

struct Settings {
  Options options;         // as given; the keys are moved out
  std::string base_url;    // without a slash at the end
  std::string ledger;      // absolute, ":memory:", or empty where there is no home
  std::string cache;       // the folder of what can be fetched again; empty where there is no home
  bool openrouter = false; // whether its rules are followed
  Keys::Server server = Keys::Server::other;
  Keys keys;
  std::vector<std::pair<std::string, std::string>> app_headers;
};

// Errors are `invalid` and name the option or the variable.
Result<Settings> resolve(Options options);

} // namespace wayfare
