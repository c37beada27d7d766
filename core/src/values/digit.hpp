// A decimal digit of ASCII, whatever the locale.
#pragma once

namespace wayfare {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

} // namespace wayfare
