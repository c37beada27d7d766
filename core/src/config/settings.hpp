// The settings of a client: its options, checked and completed from the environment.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <wayfare/options.hpp>

#include "config/keys.hpp"
#include "values/server.hpp"

namespace wayfare {

struct Settings {
  Options options;             // as the caller gave them, without the keys
  std::vector<Server> servers; // the default one, and those of the option `servers`
  std::string ledger;          // absolute, ":memory:", or empty without a home folder
  std::string cache;           // the folder for cached files; empty without a home folder
  Keys keys;
  std::vector<std::pair<std::string, std::string>> app_headers;
  std::vector<std::string> left_out; // settings that are not used, and why: one line each

  const Server& server() const { return servers.front(); }
  // The servers of a route, as indices of `servers`. Errors: invalid.
  Result<std::vector<std::size_t>> servers_of(const Route& route) const;
  // The key of a call at a server; null if none is sent. Errors: see Keys::choose().
  Result<const Key*> key_for(const Server& server, const Route& route) const;
};

// The key with which lists of a server are asked for; null where there is none.
const Key* key_for_lists(const Settings& settings, const Server& server);

// Errors: invalid. The message names the option or the variable.
Result<Settings> resolve(Options options);

} // namespace wayfare
