// The data to store with a message in a database of the host. Pure.
#pragma once

#include <string>

#include <wayfare/reply.hpp>

namespace wayfare::wire {

// Makes Reply::metadata from the other fields of the reply.
std::string metadata_of(const Reply& reply);

} // namespace wayfare::wire
