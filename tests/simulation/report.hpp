// The table: what each policy costs, and how long its first tokens take, with and without affinity.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "simulation/client.hpp"

namespace wayfare::conversations {

// Every policy that there is.
std::vector<Sort> all_policies();

// Those that make a row of their own. With `fastest`, affinity changes nothing. `fixed` differs
// from `ordered` by its failures alone.
std::vector<Affinity> affinities_of(Sort policy);

// Holds so many conversations by these rules.
Outcome hold_all(std::uint64_t conversations, const Table& table, const Rules& rules);

// A row for each weather, policy and affinity, as a table of Markdown.
std::string report(std::uint64_t conversations, std::uint64_t seed, const Table& table,
                   const std::vector<Sort>& policies);

} // namespace wayfare::conversations
