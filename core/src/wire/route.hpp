// Checks the route of a request. Pure.
#pragma once

#include <string>

#include <wayfare/request.hpp>

namespace wayfare::wire {

// Returns the fault of a route, such as "route.retries is not 0 to 10"; "" if there is none.
std::string fault_of_route(const Route& route);

} // namespace wayfare::wire
