#include "io/tls.hpp"

#include <algorithm>
#include <cctype>
#include <string>
#include <utility>

namespace wayfare::io {

TlsFault tls_fault(std::string_view words) {
  static constexpr std::pair<std::string_view, TlsFault> known[] = {
      {"setting certificate", TlsFault::no_authorities},
      {"has expired", TlsFault::expired}, // OpenSSL
      {"not yet valid", TlsFault::expired},
      {"certificate expired", TlsFault::expired}, // GnuTLS, Rustls
      {"expiration date", TlsFault::expired},     // GnuTLS
      {"not activated", TlsFault::expired},
      {"badcert_expired", TlsFault::expired}, // mbedTLS
      {"badcert_future", TlsFault::expired},
      {"match target", TlsFault::wrong_host}, // OpenSSL, GnuTLS: "host name" or "IPv4 address"
      {"matches target", TlsFault::wrong_host},
      {"hostname mismatch", TlsFault::wrong_host},
      {"address mismatch", TlsFault::wrong_host},
      {"badcert_cn_mismatch", TlsFault::wrong_host},      // mbedTLS
      {"common name do not match", TlsFault::wrong_host}, // wolfSSL
      {"not valid for name", TlsFault::wrong_host},       // Rustls
      // OpenSSL: "unable to get local issuer certificate"; GnuTLS, Rustls: "unknown issuer"
      {"issuer", TlsFault::unknown_authority},
      {"self signed", TlsFault::unknown_authority}, // OpenSSL 1.1
      {"self-signed", TlsFault::unknown_authority},
      {"unable to verify", TlsFault::unknown_authority},
      {"ca signer", TlsFault::unknown_authority}, // wolfSSL
      {"badcert_not_trusted", TlsFault::unknown_authority},
  };
  std::string lower(words);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const auto& [part, fault] : known)
    if (lower.find(part) != lower.npos) return fault;
  return TlsFault::other;
}

} // namespace wayfare::io
