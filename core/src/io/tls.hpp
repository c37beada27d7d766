// Why a server could not be trusted.
#pragma once

#include <cstdint>
#include <string_view>

namespace wayfare::io {

enum class Tls : std::uint8_t {
  other,             // the handshake, or a reason that is not told
  expired,           // the certificate, or not valid yet
  wrong_host,        // the certificate is another's
  unknown_authority, // nobody we know has signed it
  no_authorities,    // the file or folder of those we know cannot be read
};

// What libcurl's words tell. It passes on those of the TLS library, each of which has its own; what none of them says is `other`.
Tls tls_fault(std::string_view words);

} // namespace wayfare::io
