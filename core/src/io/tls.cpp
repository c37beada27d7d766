#include "io/tls.hpp"

#include <algorithm>
#include <cctype>
#include <string>
#include <utility>

namespace wayfare::io {

Tls tls_fault(std::string_view words) {
  static constexpr std::pair<std::string_view, Tls> known[] = {
      {"setting certificate", Tls::no_authorities},
      {"has expired", Tls::expired}, // OpenSSL
      {"not yet valid", Tls::expired},
      {"certificate expired", Tls::expired}, // GnuTLS, Rustls
      {"expiration date", Tls::expired},     // GnuTLS
      {"not activated", Tls::expired},
      {"badcert_expired", Tls::expired}, // mbedTLS
      {"badcert_future", Tls::expired},
      {"match target host", Tls::wrong_host}, // OpenSSL, GnuTLS
      {"matches target host", Tls::wrong_host},
      {"hostname mismatch", Tls::wrong_host},
      {"address mismatch", Tls::wrong_host},
      {"badcert_cn_mismatch", Tls::wrong_host},      // mbedTLS
      {"common name do not match", Tls::wrong_host}, // wolfSSL
      {"not valid for name", Tls::wrong_host},       // Rustls
      {"issuer", Tls::unknown_authority},            // OpenSSL: "unable to get local issuer certificate"; GnuTLS, Rustls: "unknown issuer"
      {"self signed", Tls::unknown_authority},       // OpenSSL 1.1
      {"self-signed", Tls::unknown_authority},
      {"unable to verify", Tls::unknown_authority},
      {"ca signer", Tls::unknown_authority}, // wolfSSL
      {"badcert_not_trusted", Tls::unknown_authority},
  };
  std::string lower(words);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const auto& [part, fault] : known)
    if (lower.find(part) != lower.npos) return fault;
  return Tls::other;
}

} // namespace wayfare::io
