#include "io/ca.hpp"

namespace wayfare::io {

Authorities authorities(const std::string& option, const std::string& built_in,
                        const std::function<std::string(const char*)>& variable,
                        const std::function<bool(const std::string&)>& exists) {
  if (!option.empty()) return {.file = option, .folder = {}};
  // The tool curl reads these variables. The library libcurl does not.
  for (const char* name : {"SSL_CERT_FILE", "CURL_CA_BUNDLE"})
    if (std::string file = variable(name); !file.empty()) return {.file = file, .folder = {}};
  if (std::string folder = variable("SSL_CERT_DIR"); !folder.empty())
    return {.file = {}, .folder = folder};
  // Debian, Arch, Gentoo
  for (const std::string& file : {built_in, std::string("/etc/ssl/certs/ca-certificates.crt"),
                                  // Fedora, RHEL
                                  std::string("/etc/pki/tls/certs/ca-bundle.crt"),
                                  // SUSE
                                  std::string("/etc/ssl/ca-bundle.pem"),
                                  // Alpine, the BSDs, macOS
                                  std::string("/etc/ssl/cert.pem")})
    if (!file.empty() && exists(file)) return {.file = file, .folder = {}};
  return {};
}

} // namespace wayfare::io
