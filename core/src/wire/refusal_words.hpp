// Finds the words of a refusal, whatever the shape of its body. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/json.hpp"

namespace wayfare::wire {

// Turns the server's text into one line of at most 300 bytes. Cuts between characters. Replaces
// control characters by blanks, and bytes that are not UTF-8 by question marks.
std::string one_line(std::string_view text);

// Whether the value of a member `error` says anything. A code of success, such as 0 or 200, says
// nothing.
bool says_anything(json::Value error);

// The object that tells the error: the member `error`, or else the body itself. Of an array, that
// of the first item.
json::Value error_of(json::Value body);

// The words for a reader, in one line; "" if there are none.
std::string words_of(json::Value body);

// All texts that tell the cause: codes, types and words, also those of the provider, unchanged.
std::string all_words_of(json::Value body);

} // namespace wayfare::wire
