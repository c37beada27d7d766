// Where the certificates of authorities are.
#pragma once

#include <functional>
#include <string>

namespace wayfare::io {

// What servers are verified with: a PEM file, or a folder of them as OpenSSL keeps it (or several,
// with colons between). Never both: next to a folder libcurl reads the whole file anew for each
// connection.
struct Authorities {
  std::string file, folder;
};

// The option's file, else SSL_CERT_FILE's, else CURL_CA_BUNDLE's, else SSL_CERT_DIR's folder, each
// as it is; else the file that libcurl was built with, if it is there; else one where systems keep
// it, so that a library built on one system works on another. Nothing where there is none: libcurl
// then looks in its own folder. The arguments tell the environment ("" for what is not set) and
// whether a file is there.
Authorities authorities(const std::string& option, const std::string& built_in,
                        const std::function<std::string(const char*)>& variable,
                        const std::function<bool(const std::string&)>& exists);

} // namespace wayfare::io
