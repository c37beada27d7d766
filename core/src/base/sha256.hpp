// SHA-256 (FIPS 180-4), for the fingerprint of a key: what OpenRouter itself names a key by.
// Neither libcurl nor SQLite offers one.
#pragma once

#include <string>
#include <string_view>

namespace wayfare {

std::string sha256_hex(std::string_view text);

} // namespace wayfare
