// A notice in one line of English. Pure.
#pragma once

#include <string>

#include <wayfare/notice.hpp>

namespace wayfare::call {

// Characters that a terminal obeys are replaced in the names of a server.
std::string text_of(const Notice& notice);

} // namespace wayfare::call
