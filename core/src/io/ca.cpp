#include "io/ca.hpp"

namespace wayfare::io {

namespace {

constexpr const char* files_of_systems[] = {
    "/etc/ssl/certs/ca-certificates.crt",                // Debian, Arch, Gentoo, Alpine
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // Fedora, RHEL
    "/etc/pki/tls/certs/ca-bundle.crt",                  // the same, before Fedora 43
    "/etc/ssl/ca-bundle.pem",                            // openSUSE
    "/var/lib/ca-certificates/ca-bundle.pem",            // openSUSE, where /etc is bare
    "/etc/ssl/cert.pem",                                 // Alpine without its ca-certificates
};
// Where only a folder with a link for each certificate is left.
constexpr const char* folders_of_systems[] = {"/etc/ssl/certs", "/etc/pki/tls/certs"};

} // namespace

Authorities authorities(const std::string& option, const Authorities& built_in,
                        const std::function<std::string(const char*)>& variable,
                        const std::function<bool(const std::string&)>& exists) {
  if (!option.empty()) return {.file = option, .folder = {}};
  // The tool curl reads these variables. The library libcurl does not.
  for (const char* name : {"SSL_CERT_FILE", "CURL_CA_BUNDLE"})
    if (std::string file = variable(name); !file.empty()) return {.file = file, .folder = {}};
  if (std::string folder = variable("SSL_CERT_DIR"); !folder.empty())
    return {.file = {}, .folder = folder};
  if (!built_in.file.empty() && exists(built_in.file)) return {.file = built_in.file, .folder = {}};
  for (const char* file : files_of_systems)
    if (exists(file)) return {.file = file, .folder = {}};
  if (!built_in.folder.empty()) return {};
  for (const char* folder : folders_of_systems)
    if (exists(folder)) return {.file = {}, .folder = folder};
  return {};
}

} // namespace wayfare::io
