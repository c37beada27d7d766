// How long a fetched list is good for. Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace wayfare::select {

// Seconds that an answer with this Cache-Control may be used without asking again: its max-age,
// between a minute and a day; five minutes where it says nothing. Afterwards the list is asked for
// again in the background, and served meanwhile.
std::int64_t fresh_for(std::string_view cache_control);

// Whether it may be kept on the disk: not where the server says no-store.
bool may_keep(std::string_view cache_control);

// Seconds until the next try after so many that failed in a row: from half a minute, doubling, to
// an hour; of the second half of that a drawn part. `chance` is evenly drawn.
std::int64_t next_try(int failed, std::uint64_t chance);

} // namespace wayfare::select
