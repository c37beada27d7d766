// Reads what the server tells about a key: GET /key and GET /credits. Pure.
#pragma once

#include <string_view>

#include <wayfare/account.hpp>

namespace wayfare::wire {

// Reads the answer of GET /key. Returns false if it is no such answer.
bool read_key(std::string_view body, KeyInfo& info);

// Reads the answer of GET /credits. An answer of another form changes nothing.
void read_credits(std::string_view body, KeyInfo& info);

} // namespace wayfare::wire
