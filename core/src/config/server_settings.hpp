// The servers of a client: what its options and the environment tell about them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <wayfare/error.hpp>
#include <wayfare/options.hpp>

#include "config/keys.hpp"
#include "config/variables.hpp"
#include "values/server.hpp"

namespace wayfare {

// The server at the base URL. Keeps the default key from it, unless both are from places that trust
// each other. Errors: invalid. The message names the option or the variable.
Result<Server> default_server_of(const Options& options, const Variables& variables, Keys& keys);

// The servers of the option `servers`, in their order. Errors: invalid.
Result<std::vector<Server>> further_servers_of(const Options& options, const Keys& keys);

// Their names, for a message.
std::string names_of(const std::vector<Server>& servers);

// Whether a text has a character that a URL must not contain.
bool has_odd_character(std::string_view text);

} // namespace wayfare
