// How long a fetched models list is fresh. Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace wayfare::select {

// The seconds for which an answer with this Cache-Control is fresh: its max-age, limited to between
// a minute and a day; five minutes without max-age. After that the list is fetched again in the
// background and still used meanwhile.
std::int64_t fresh_for(std::string_view cache_control);

// Whether the list may be cached on the disk: false if the server says no-store.
bool may_keep(std::string_view cache_control);

// The seconds until the next try after `failed` failures in a row. The delay doubles with each
// failure, from half a minute to an hour. The result is a random time between half of the delay and
// all of it. `chance` is a uniform random number.
std::int64_t next_try(int failed, std::uint64_t chance);

} // namespace wayfare::select
