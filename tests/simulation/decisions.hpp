// Drawn decisions and bills of the simulated server, for a test that holds them against the
// sandbox.
#pragma once

#include <cstdint>
#include <string>

#include "simulation/table.hpp"

namespace wayfare::conversations {

// A JSON object in a line: what was asked, the order of the endpoints, and what turns of one
// conversation at one of them read, wrote and cost in picodollars.
std::string decision(const Table& table, std::uint64_t seed, std::uint64_t number);

// The same for the turns of one conversation: who served each, and what was read and written. No
// endpoint fails.
std::string walk(const Table& table, std::uint64_t seed, std::uint64_t number);

} // namespace wayfare::conversations
