// Finds the cause of a TLS error.
#pragma once

#include <string_view>

#include "values/transfer.hpp"

namespace wayfare::io {

// Finds the cause in libcurl's error text, which contains the text of the TLS library. Each TLS
// library has its own texts. Returns `other` for an unknown text.
TlsFault tls_fault(std::string_view words);

} // namespace wayfare::io
