// Tells what the data of an event of a stream is where it is not JSON. Pure.
#pragma once

#include <string_view>

namespace wayfare::wire {

// The text without the white space around it.
std::string_view trimmed(std::string_view text);

// Whether the data says that the stream is over: some gateways write it with small letters, or
// leave it behind a label.
bool is_end(std::string_view data);

// Whether the text was meant as JSON, unlike a word such as ping or [heartbeat].
bool begins_like_json(std::string_view text);

} // namespace wayfare::wire
