// Why a server could not be trusted.
#pragma once

#include <string_view>

#include "values/transfer.hpp"

namespace wayfare::io {

// What libcurl's words tell. It passes on those of the TLS library, each of which has its own; what
// none of them says is `other`.
TlsFault tls_fault(std::string_view words);

} // namespace wayfare::io
