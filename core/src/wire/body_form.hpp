// Tells from the first bytes of an answer whether it is JSON or a stream of events. Servers and
// gateways put the wrong label on either. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "values/transfer.hpp"

namespace wayfare::wire {

enum class BodyForm : std::uint8_t { undecided, plain, stream };

// Undecided as long as more bytes may tell; never if `is_all`. The bytes count more than the
// Content-Type, which decides where they tell nothing. Without it, `streamed` decides: whether a
// stream was asked for. A refusal, by its status, is always plain.
BodyForm form_of(std::string_view beginning, bool is_all, const ResponseHead& head, bool streamed);

// Without a byte order mark at its beginning.
std::string_view without_mark(std::string_view text) noexcept;

} // namespace wayfare::wire
