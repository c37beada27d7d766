#include "io/ca.hpp"

namespace wayfare::io {

Authorities authorities(const std::string& option, const std::string& built_in, const std::function<std::string(const char*)>& variable,
                        const std::function<bool(const std::string&)>& exists) {
  if (!option.empty()) return {.file = option, .folder = {}};
  for (const char* name : {"SSL_CERT_FILE", "CURL_CA_BUNDLE"}) // libcurl's own tool reads these, the library does not
    if (std::string file = variable(name); !file.empty()) return {.file = file, .folder = {}};
  if (std::string folder = variable("SSL_CERT_DIR"); !folder.empty()) return {.file = {}, .folder = folder};
  for (const std::string& file : {built_in, std::string("/etc/ssl/certs/ca-certificates.crt"), // Debian, Arch, Gentoo
                                  std::string("/etc/pki/tls/certs/ca-bundle.crt"),             // Fedora, RHEL
                                  std::string("/etc/ssl/ca-bundle.pem"),                       // SUSE
                                  std::string("/etc/ssl/cert.pem")})                           // Alpine, the BSDs, macOS
    if (!file.empty() && exists(file)) return {.file = file, .folder = {}};
  return {};
}

} // namespace wayfare::io
