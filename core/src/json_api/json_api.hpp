// The operations as JSON, for interfaces that pass text. Reads options and requests, and writes
// events and errors. capi/operations.md is the reference.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <wayfare/client.hpp>

namespace wayfare::json_api {

// Reads options from a JSON object; "" means no options. Errors: invalid. The message names the
// option.
Result<Options> options_of(std::string_view json);

// Submits a request and returns its id. An error in the request comes as the final event of the id,
// as for Client::submit.
std::int64_t submit(Client& client, std::string_view json);

// Return the events as a JSON array, and an error as a JSON object.
std::string to_json(std::int64_t id, const std::vector<Event>& events);
std::string to_json(const Error& error);

} // namespace wayfare::json_api
