// SHA-256 (FIPS 180-4), for the fingerprint of a key. OpenRouter names keys by the same hash.
// Neither libcurl nor SQLite offers SHA-256.
#pragma once

#include <string>
#include <string_view>

namespace wayfare {

std::string sha256_hex(std::string_view text);

} // namespace wayfare
