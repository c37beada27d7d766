// The options, judged and completed from the environment.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <wayfare/options.hpp>

#include "config/keys.hpp"
#include "values/server.hpp"

namespace wayfare {

struct Settings {
  Options options; // as given; the keys are moved out
  Server server;
  std::string ledger; // absolute, ":memory:", or empty where there is no home
  std::string cache;  // the folder of what can be fetched again; empty where there is no home
  Keys keys;
  std::vector<std::pair<std::string, std::string>> app_headers;
};

// Errors are `invalid` and name the option or the variable.
Result<Settings> resolve(Options options);

} // namespace wayfare
