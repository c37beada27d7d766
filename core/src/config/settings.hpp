// The settings of a client: its options, checked and completed from the environment.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <wayfare/options.hpp>

#include "config/keys.hpp"
#include "values/server.hpp"

namespace wayfare {

struct Settings {
  Options options; // as the caller gave them, without the keys
  Server server;
  std::string ledger; // absolute, ":memory:", or empty without a home folder
  std::string cache;  // the folder for cached files; empty without a home folder
  Keys keys;
  std::vector<std::pair<std::string, std::string>> app_headers;
  std::vector<std::string> left_out; // settings that are not used, and why: one line each
};

// Errors: invalid. The message names the option or the variable.
Result<Settings> resolve(Options options);

} // namespace wayfare
