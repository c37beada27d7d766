// The operations as JSON, for faces that pass text: options and requests in, events and errors out.
// capi/operations.md is the reference; tests/golden/operations keeps it true.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <wayfare/client.hpp>

namespace wayfare::json_api {

// Options from a JSON object; "" stands for none. Errors are `invalid` and name the option.
Result<Options> options_of(std::string_view json);

// Hands a request over. What is wrong with it comes as the id's final event, as for Client::submit.
std::int64_t submit(Client& client, std::string_view json);

// A JSON array of the events; an error as a JSON object.
std::string to_json(std::int64_t id, const std::vector<Event>& events);
std::string to_json(const Error& error);

} // namespace wayfare::json_api
